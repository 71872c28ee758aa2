"""A child that misbehaves in the way its request names."""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import time
from pathlib import Path


def main() -> int:
    request = json.loads(Path(sys.argv[-1]).read_text())
    _say(json.dumps({"event": "stage_started", "stage": "probe"}))
    match request["way"]:
        case "crash":
            os.abort()
        case "hang":
            time.sleep(600)
        case "babble":
            _say("not JSON")
        case "spin":
            resource.setrlimit(resource.RLIMIT_CPU, (1, 5))
            while True:
                pass
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "fail":
            failed = {
                "event": "failed",
                "stage": "features",
                "code": "altered_weights",
                "sentence": "Altered.",
            }
            _say(json.dumps(failed))
        case "tell":
            _say(json.dumps({"environment": sorted(os.environ)}))
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
