"""The first file that runs on a bare machine: `python3 -m tools.bootstrap [run|setup|exec COMMAND...]`.

Only the standard library is here, and nothing newer than Python 3.8 understands may stand in this file: an
old Python must get as far as the sentence that says it is old.
"""

import os
import shutil
import sys

OLDEST_PYTHON = (3, 11)
NEWER_PYTHONS = ("python3.11", "python3.12", "python3.13", "python3.14")


def main() -> int:
    """Check the Python, then hand over to the parts that need it."""
    if sys.version_info < OLDEST_PYTHON:
        return start_newer_python()
    from tools.start import start

    return start(sys.argv[1:])


def start_newer_python() -> int:
    """Begin again with a newer Python of this machine, or say that there is none."""
    for name in NEWER_PYTHONS:
        path = shutil.which(name)
        if path:
            os.execv(path, [path, "-m", "tools.bootstrap", *sys.argv[1:]])
    found = ".".join(str(part) for part in sys.version_info[:3])
    sys.stderr.write(
        f"Spotter needs Python 3.11 or newer; {sys.executable} is Python {found}. "
        "Install a newer one, or name it: make run PYTHON=/path/to/python3.11\n"
    )
    return 2


if __name__ == "__main__":
    sys.exit(main())
