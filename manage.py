#!/usr/bin/env python
"""Django's entry: `python manage.py help` lists the commands."""

import os
import sys

from tools.checks import Refusal
from tools.environment import load_dotenv


def main() -> None:
    try:
        load_dotenv()  # as `make run` does, so that a command typed by hand works on the same data
    except Refusal as refusal:
        sys.exit(str(refusal))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
