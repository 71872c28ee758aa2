"""`manage.py first_admin`: asks for the first administrator, and is silent once there is one."""

from __future__ import annotations

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from review.models import Role, User
from review.problems import Problem
from review.services.people import user_create_administrator


class Command(BaseCommand):
    help = "Make the first administrator, when there is none yet."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--username", default="", help="The name; asked for when left out.")
        parser.add_argument("--password-stdin", action="store_true", help="Read the password from the input.")

    def handle(self, *, username: str, password_stdin: bool, **options: Any) -> None:
        if User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).exists():
            return
        if password_stdin:
            self._make(username, sys.stdin.readline().rstrip("\n"))
        elif sys.stdin.isatty():
            self._ask_until_made(username)
        else:
            raise CommandError(
                "There is no administrator yet, and nobody to ask: set SPOTTER_ADMIN_USERNAME and "
                "SPOTTER_ADMIN_PASSWORD (or SPOTTER_ADMIN_PASSWORD_FILE), or start at a terminal."
            )

    def _make(self, username: str, password: str) -> None:
        """From what was given; what is wrong with it ends the command."""
        try:
            user_create_administrator(username=username, password=password, now=timezone.now())
        except Problem as problem:
            raise CommandError(f"The administrator was not made: {problem.sentence}") from problem
        self.stdout.write(f"Administrator {username.strip()} was made.")

    def _ask_until_made(self, username: str) -> None:
        """At the terminal; a name or password that is refused is asked for again."""
        self.stdout.write("There is no administrator yet. Choose a name and a password for the first one.")
        while True:
            name = username or input("Username: ")
            password = getpass.getpass("Password: ")
            if password != getpass.getpass("Password again: "):
                self.stdout.write("The two passwords differ.")
                continue
            try:
                return self._make(name, password)
            except CommandError as refused:
                self.stdout.write(str(refused))
                username = ""
