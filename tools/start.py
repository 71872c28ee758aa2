"""The verbs behind the Makefile: `run`, `setup`, `exec MODULE …`; and `python`, for the container image."""

from __future__ import annotations

import os
import sys

from tools.checks import Refusal, check_disk, check_port, take_home
from tools.environment import Wishes, load_dotenv, read_wishes
from tools.setup import run_in_venv, set_up, set_up_python
from tools.weights import look_for_weights

USAGE = "python3 -m tools.bootstrap run | setup | python | exec MODULE [ARGUMENT…]\n"


def start(arguments: list[str]) -> int:
    """Carry out one verb; a Refusal becomes its sentence and exit code 2."""
    try:
        return _carry_out(arguments)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped. What is set up already is kept.", file=sys.stderr)
        return 130


def _carry_out(arguments: list[str]) -> int:
    load_dotenv()
    wishes = read_wishes(os.environ)
    match arguments:
        case ["run"]:
            _check_before_run(wishes)
            set_up(wishes, dev=False)
            look_for_weights(wishes)
            run_in_venv("tools.supervise", [])
        case ["setup"]:
            set_up(wishes, dev=True)
            print("Everything is up to date.", file=sys.stderr)
        case ["python"]:
            set_up_python(wishes)
        case ["exec", module, *rest]:
            set_up(wishes, dev=True)
            run_in_venv(module, rest)
        case _:
            print(USAGE, end="", file=sys.stderr)
            return 2
    return 0


def _check_before_run(wishes: Wishes) -> None:
    """What would stop a start is said before minutes are spent on the set-up."""
    take_home(wishes.home).release()  # the supervisor takes it for good
    check_port(wishes.host, wishes.port)
    check_disk(wishes.home, set_up=False)
