"""Is it well? `python -m tools.health web URL | worker NAME | periodic FOLDER`: exit code 0 when it is.

The containers' health checks. They load neither Django nor ml, for they run every few seconds.
"""

from __future__ import annotations

import os
import socket
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

# The clock writes its schedule down every three minutes.
PERIODIC_SILENCE_S = 400


def web_is_well(url: str) -> bool:
    """Any answer that is not the server's own fault."""
    request = urllib.request.Request(url, headers={"Host": "localhost"})
    try:
        with urllib.request.urlopen(request, timeout=8) as answer:
            return int(answer.status) < 500
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


def worker_is_well(name: str) -> bool:
    """The worker of that name on this host answers a ping through Redis."""
    from celery import Celery

    app = Celery(broker=os.environ.get("REDIS_URL", ""))
    node = f"{name}@{socket.gethostname()}"
    return bool(app.control.inspect(destination=[node], timeout=8).ping())


def periodic_is_well(folder: Path) -> bool:
    """Its schedule was written lately."""
    newest = max((file.stat().st_mtime for file in folder.iterdir()), default=0.0)
    return time.time() - newest < PERIODIC_SILENCE_S


def main(arguments: list[str]) -> int:
    """0 when well, 1 when not, 2 when the question is wrong."""
    match arguments:
        case ["web", url]:
            return 0 if web_is_well(url) else 1
        case ["worker", name]:
            return 0 if worker_is_well(name) else 1
        case ["periodic", folder]:
            return 0 if periodic_is_well(Path(folder)) else 1
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
