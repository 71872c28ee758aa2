"""docker-compose.yml without an engine: it is valid, and each command in it starts here and becomes healthy.

Left out are nginx, the two official images' own start commands, and the building of the image.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from review.media import MEDIA_POLICY
from tests.tools.compose import FILE, Natively, compose
from tools.environment import ROOT, VENV
from tools.supervise.redis import redis_program
from tools.testing.servers import running_postgres
from tools.testing.spotter import free_port

WORKERS = ("worker-media", "worker-train", "worker-upkeep")
OURS = ("web", *WORKERS, "periodic")


def test_the_file_is_valid() -> None:
    command = [str(VENV / "bin" / "docker-compose"), "-f", str(FILE), "config", "--quiet"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_the_dockerfile_has_no_complaints() -> None:
    command = [str(VENV / "bin" / "hadolint"), "--no-color", str(ROOT / "docker" / "Dockerfile")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "")


def test_every_long_running_service_has_a_health_check() -> None:
    without = [name for name, service in compose()["services"].items() if "healthcheck" not in service]
    assert without == ["migrate"]


@pytest.mark.parametrize("name", ["migrate", *OURS])
def test_our_containers_run_as_nobody_special_on_a_read_only_disk(name: str) -> None:
    service = compose()["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "USER 10001:10001" in (ROOT / "docker" / "Dockerfile").read_text()


def test_no_secret_stands_in_the_file() -> None:
    for service in compose()["services"].values():
        for name, value in service.get("environment", {}).items():
            secret = any(word in name for word in ("PASSWORD", "SECRET"))
            assert not secret or (name.endswith("_FILE") and value.startswith("/run/secrets/"))


def test_every_queue_has_a_worker() -> None:
    words = {name: compose()["services"][name]["command"] for name in WORKERS}
    queues = {name: command[command.index("--queues") + 1] for name, command in words.items()}
    # Hours of decoding must not keep leases from running out, nor lost jobs from being found.
    assert queues == {"worker-media": "analysis", "worker-train": "training", "worker-upkeep": "upkeep"}


def test_nginx_hands_out_only_what_django_has_allowed() -> None:
    prefix = compose()["services"]["web"]["environment"]["MEDIA_ACCEL_PREFIX"]
    text = (ROOT / "docker" / "nginx.conf").read_text()
    location = text.partition(f"location {prefix} {{")[2].partition("}")[0]
    assert "internal;" in location
    assert "alias /data/media/;" in location
    # nginx keeps neither of Django's own: what strangers sent must not run in our origin here either.
    assert "add_header X-Content-Type-Options nosniff always;" in location
    assert f'add_header Content-Security-Policy "{MEDIA_POLICY}" always;' in location


@pytest.fixture(scope="module")
def natively(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Natively]:
    """PostgreSQL and Redis here, with the secrets and folders that the containers would mount."""
    folder = tmp_path_factory.mktemp("compose")
    for name in ("secrets", "data/uploads", "data/periodic", "redis"):
        (folder / name).mkdir(parents=True)
    (folder / "secrets" / "secret_key").write_text("a-secret-key-for-this-test-only-" * 2)
    (folder / "secrets" / "postgres_password").write_text("unused-because-the-socket-is-trusted")
    redis_port, web_port = free_port(), free_port()
    with running_postgres() as database:
        stands_for = {
            "postgres://spotter@postgres:5432/spotter": database,
            "redis://redis:6379/0": f"redis://127.0.0.1:{redis_port}/0",
            "/run/secrets": str(folder / "secrets"),
            "0.0.0.0:8000": f"127.0.0.1:{web_port}",
            "127.0.0.1:8000": f"127.0.0.1:{web_port}",
            "/data": str(folder / "data"),
        }
        redis = _start_redis(redis_port, folder / "redis")
        yield Natively(stands_for)
        end(redis)


def _start_redis(port: int, folder: Path) -> subprocess.Popen[bytes]:
    """With the options that the compose file gives to its own Redis."""
    _, *options = compose()["services"]["redis"]["command"]
    where = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
    return subprocess.Popen([redis_program(), *options, *where], stdout=subprocess.DEVNULL)


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def test_every_command_starts_and_becomes_healthy(natively: Natively, tmp_path: Path) -> None:
    services: dict[str, Any] = compose()["services"]
    migrated = natively.start(services["migrate"], tmp_path / "migrate.log")
    assert migrated.wait(timeout=120) == 0, (tmp_path / "migrate.log").read_text()[-3000:]
    running = {name: natively.start(services[name], tmp_path / f"{name}.log") for name in OURS}
    try:
        waiting = set(OURS)
        deadline = time.monotonic() + 120
        while waiting and time.monotonic() < deadline:
            waiting -= {name for name in waiting if natively.is_healthy(services[name])}
            ended = [name for name, process in running.items() if process.poll() is not None]
            assert not ended, {name: (tmp_path / f"{name}.log").read_text()[-2000:] for name in ended}
            time.sleep(0.5)
        logs = {name: (tmp_path / f"{name}.log").read_text()[-2000:] for name in waiting}
        assert not waiting, logs
        assert {name: process.poll() for name, process in running.items()} == dict.fromkeys(OURS)
    finally:
        for process in running.values():
            end(process)
