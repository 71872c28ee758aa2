"""Fixtures of the job tests: a migrated database once, a house a test."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from celery import current_app
from pytest_django.fixtures import Settings

from tests.worker.house import House
from tools.testing.servers import running_postgres


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with all tables, to be copied: migrating takes seconds, copying none."""
    home = tmp_path_factory.mktemp("migrated")
    House(home, "").manage("migrate", "--verbosity", "0")
    return home / "db.sqlite3"


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[House]:
    """An empty Spotter with Redis and no worker yet, on the kind of database this test run is about."""
    server = os.environ.get("DATABASE_URL", "")
    if server.startswith("postgres"):
        with _house_on_postgres(tmp_path_factory, server) as made:
            yield made
        return
    # A short name: the path of a Unix socket may have 107 characters.
    home = tmp_path_factory.mktemp("house")
    shutil.copy(request.getfixturevalue("migrated"), home / "db.sqlite3")
    with _with_redis(House(home, "")) as made:
        yield made


@pytest.fixture
def house_on_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The same on a PostgreSQL of its own, whatever this test run is about."""
    with running_postgres() as server, _house_on_postgres(tmp_path_factory, server) as made:
        yield made


@pytest.fixture
def home(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of this test's own for a worker whose jobs are run by hand."""
    settings.MEDIA_ROOT, settings.BUNDLES_ROOT = tmp_path / "media", tmp_path / "bundles"
    settings.SNAPSHOTS_ROOT, settings.SPOTTER_WEIGHTS = tmp_path / "snapshots", tmp_path / "weights"
    # No message may reach a Redis that happens to run on this machine.
    monkeypatch.setattr(current_app.conf, "broker_url", "memory://")
    return tmp_path


@contextmanager
def _house_on_postgres(tmp_path_factory: pytest.TempPathFactory, server: str) -> Iterator[House]:
    database = f"jobs_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {database}")
    made = House(tmp_path_factory.mktemp("house"), server.rpartition("/")[0] + f"/{database}")
    try:
        made.manage("migrate", "--verbosity", "0")
        with _with_redis(made):
            yield made
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {database} WITH (FORCE)")


@contextmanager
def _with_redis(made: House) -> Iterator[House]:
    try:
        made.start_redis()
        yield made
    finally:
        made.close()
