"""Fixtures of the job tests: a migrated database once, a house a test."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.worker.house import House


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with all tables, to be copied: migrating takes seconds, copying none."""
    home = tmp_path_factory.mktemp("migrated")
    House(home, "").manage("migrate", "--verbosity", "0")
    return home / "db.sqlite3"


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[House]:
    """An empty Spotter with Redis and no worker yet, on the kind of database this test run is about."""
    # A short name: the path of a Unix socket may have 107 characters.
    home = tmp_path_factory.mktemp("house")
    server = os.environ.get("DATABASE_URL", "")
    if server.startswith("postgres"):
        database = f"jobs_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {database}")
        made = House(home, server.rpartition("/")[0] + f"/{database}")
        made.manage("migrate", "--verbosity", "0")
    else:
        shutil.copy(request.getfixturevalue("migrated"), home / "db.sqlite3")
        made, database = House(home, ""), ""
    try:
        made.start_redis()
        yield made
    finally:
        made.close()
        if database:
            with psycopg.connect(server, autocommit=True) as connection:
                connection.execute(f"DROP DATABASE {database} WITH (FORCE)")
