"""The real servers that tests get: they answer, keep what they should, and go with their starter."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import psycopg
import redis

from tools.supervise.processes import children_of, spawn
from tools.supervise.redis import redis_service, socket_path
from tools.testing.counts import Counts, read_counts
from tools.testing.servers import running_postgres, running_redis


def test_postgres_answers_and_is_gone_afterwards() -> None:
    before = set(children_of(os.getpid()))
    with running_postgres() as url, psycopg.connect(url) as connection:
        row = connection.execute("select version()").fetchone()
        assert row is not None
        assert row[0].startswith("PostgreSQL")
    assert set(children_of(os.getpid())) == before


def test_redis_keeps_messages_through_sigkill(tmp_path: Path) -> None:
    service = redis_service(tmp_path / "redis", dict(os.environ))
    path = str(socket_path(tmp_path / "redis"))
    for start in range(2):
        process = spawn(service.command, env=service.env, cwd=service.cwd)
        wait_until_ready(service.ready or bool)
        client = redis.Redis(unix_socket_path=path)
        if start == 0:
            for number in range(500):
                client.rpush("queue", number)
            time.sleep(1.2)  # Redis writes each second's messages down
        assert client.llen("queue") == 500
        client.close()
        process.send_signal(signal.SIGKILL)
        process.wait()


def wait_until_ready(ready: object) -> None:
    assert callable(ready)
    deadline = time.monotonic() + 10
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_socket_path_that_is_too_long_moves_to_a_private_folder(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    sock = socket_path(deep)
    try:
        assert len(os.fsencode(sock)) <= 100
        assert sock.parent.stat().st_mode & 0o777 == 0o700
        assert socket_path(deep) == sock
        with running_redis(deep) as url:
            assert str(sock) in url
    finally:
        sock.unlink(missing_ok=True)
        sock.parent.rmdir()


def test_counts_are_read_from_both_kinds_of_report(tmp_path: Path) -> None:
    xml = '<testsuites><testsuite tests="7" failures="1" errors="1" skipped="2"/></testsuites>'
    (tmp_path / "report.xml").write_text(xml)
    (tmp_path / "report.json").write_text('{"numPassedTests": 5, "numFailedTests": 0, "numPendingTests": 1}')
    total = read_counts(tmp_path / "report.xml") + read_counts(tmp_path / "report.json")
    assert total == Counts(passed=8, failed=2, skipped=3)
    assert str(total) == "8 passed, 2 failed, 3 skipped"


def test_a_report_that_was_never_written_counts_as_nothing(tmp_path: Path) -> None:
    assert read_counts(tmp_path / "report.xml") == Counts()
