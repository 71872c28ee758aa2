"""Supervised toys, for the supervisor's tests: `python -m tests.tools.toy_machine FOLDER [--inner]`.

Each toy has children of its own, one in another session, as gunicorn's and Celery's are: those are the ones
that would be left behind. Every process writes its id into FOLDER/pids.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tools.checks import Refusal
from tools.environment import ROOT
from tools.supervise.pair import INNER, run_pair
from tools.supervise.service import Service
from tools.supervise.supervisor import StopAsked, Supervisor

# A parent with a child in its session and one in a session of its own; only the parent obeys SIGTERM.
FAMILY = """
import os, signal, sys, time
folder, name = sys.argv[1:]
def note(who):
    with open(f"{folder}/pids/{who}-{os.getpid()}", "w"): pass
for own_session in (False, True):
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if own_session: os.setsid()
        note(f"{name}-child")
        time.sleep(600)
note(name)
print(name, "is up", flush=True)
def stop(number, frame):
    with open(f"{folder}/stopped", "a") as handle: handle.write(name + "\\n")
    os._exit(0)
signal.signal(signal.SIGTERM, stop)
time.sleep(600)
"""


def toy(folder: Path, name: str, program: str = FAMILY) -> Service:
    command = (sys.executable, "-c", program, str(folder), name)
    return Service(name, command, dict(os.environ), ROOT, ready_line="is up")


def run_toys(folder: Path) -> int:
    supervisor = Supervisor()
    supervisor.listen()
    (folder / "inner").write_text(str(os.getpid()))
    try:
        first = supervisor.start(toy(folder, "first"))
        second = supervisor.start(toy(folder, "second"))
        if (folder / "broken").exists():
            supervisor.start(toy(folder, "broken", "print('I cannot'); raise SystemExit(3)"))
        supervisor.wait_up(first, second, seconds=20)
        supervisor.terminal.say("spotter", "all up")
        supervisor.wait_until(lambda: False)
    except StopAsked:
        return 0
    except Refusal as refusal:
        supervisor.terminal.announce(str(refusal))
        return 2
    finally:
        supervisor.stop_all()
    return 0


if __name__ == "__main__":
    inside = INNER in sys.argv
    sys.exit(run_toys(Path(sys.argv[1])) if inside else run_pair("tests.tools.toy_machine", sys.argv[1:]))
