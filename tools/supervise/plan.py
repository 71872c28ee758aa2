"""The processes of one machine: what each is started with. The Procfile says it for other supervisors."""

from __future__ import annotations

import http.client
import os
import secrets
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from tools.environment import ROOT, Wishes
from tools.supervise.service import Service

# Celery: TERM waits for running jobs, QUIT gives them back to the queue, then comes SIGKILL. A job that is
# killed is not lost either: its row goes stale and is claimed again.
_WORKER_STOP = ((signal.SIGTERM, 4.0), (signal.SIGQUIT, 4.0))
# On a machine of one's own root may run this: the one thing that opens strangers' files is caged anyway.
_ROOT_WARNING = "You're running the worker with superuser privileges"
_CELERY = ("-W", f"ignore:{_ROOT_WARNING}", "-m", "celery", "--quiet", "--app", "config", "worker")


def child_environment(wishes: Wishes, redis_url: str) -> dict[str, str]:
    """The environment of every service: the person's own, completed by what was found or made here."""
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SPOTTER_HOME": str(wishes.home),
        "REDIS_URL": redis_url,
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": str(ROOT),
    }
    if not env.get("SECRET_KEY") and not env.get("SECRET_KEY_FILE"):
        env["SECRET_KEY_FILE"] = str(secret_key_file(wishes.home))
    return env


def secret_key_file(home: Path) -> Path:
    """The secret that signs sessions: made once, readable by its owner only."""
    file = home / "secret_key"
    if not file.is_file() or not file.stat().st_size:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
            handle.write(secrets.token_urlsafe(64) + "\n")
    return file


def manage(name: str, env: Mapping[str, str], *arguments: str) -> Service:
    """One of Django's commands, run to its end."""
    return Service(name, (sys.executable, "manage.py", *arguments), env, ROOT, once=True)


def web(wishes: Wishes, env: Mapping[str, str]) -> Service:
    """Pages, the API and media. Threads, because a video being watched holds a connection."""
    (wishes.home / "static").mkdir(exist_ok=True)  # WhiteNoise complains about a folder that is not there
    host = f"[{wishes.host}]" if ":" in wishes.host else wishes.host
    command = (
        *(sys.executable, "-m", "gunicorn", "config.wsgi:application", "--bind", f"{host}:{wishes.port}"),
        *("--worker-class", "gthread", "--workers", "2", "--threads", "8"),
        *("--timeout", "60", "--graceful-timeout", "5", "--keep-alive", "5"),
        *("--no-control-socket", "--log-level", "warning"),
    )
    stop = ((signal.SIGTERM, 7.0),)
    return Service("web", command, env, ROOT, stop=stop, ready=lambda: web_answers(wishes.host, wishes.port))


def worker(wishes: Wishes, env: Mapping[str, str]) -> Service:
    """The long jobs. Each process computes with its share of the cores."""
    threads = max(1, (os.cpu_count() or 1) // wishes.worker_processes)
    command = (
        *(sys.executable, *_CELERY, "--hostname", "worker@%h", "--queues", "analysis,training"),
        *("--concurrency", str(wishes.worker_processes)),
        *("--loglevel", "INFO", "--without-gossip", "--without-mingle"),
    )
    env = {"OMP_NUM_THREADS": str(threads), **env}
    return Service(
        "worker", command, env, ROOT, ready_line=" ready.", stop=_WORKER_STOP, on_line=is_mere_upkeep
    )


def upkeep(env: Mapping[str, str]) -> Service:
    """The short jobs, in a process of their own: leases and lost jobs cannot wait for long videos."""
    command = (
        *(sys.executable, *_CELERY, "--hostname", "upkeep@%h", "--queues", "upkeep", "--pool", "solo"),
        *("--loglevel", "INFO", "--without-gossip", "--without-mingle"),
    )
    env = {"OMP_NUM_THREADS": "1", **env}
    return Service(
        "upkeep", command, env, ROOT, ready_line=" ready.", stop=_WORKER_STOP, on_line=is_mere_upkeep
    )


def is_mere_upkeep(line: str) -> bool:
    """A job of upkeep says something every few seconds; it is worth reading only when it fails."""
    if "Discarding revoked task: worker.upkeep_" in line:
        return True  # it was not needed any more by the time somebody could have done it
    return "Task worker.upkeep_" in line and ("received" in line or "succeeded" in line)


def periodic(wishes: Wishes, env: Mapping[str, str]) -> Service:
    """The clock: it names jobs that are due, and runs none."""
    folder = wishes.home / "periodic"
    folder.mkdir(parents=True, exist_ok=True)
    command = (
        *(sys.executable, "-m", "celery", "--quiet", "--app", "config", "beat"),
        *("--schedule", str(folder / "schedule"), "--pidfile", "", "--loglevel", "WARNING"),
    )
    return Service("periodic", command, env, ROOT)


def web_answers(host: str, port: int) -> bool:
    """Whether the login page comes: the database answers and the templates are there."""
    connection = http.client.HTTPConnection(_own_address(host), port, timeout=10)
    try:
        connection.request("GET", "/", headers={"Host": "localhost"})
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _own_address(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


def shown_address(wishes: Wishes) -> str:
    """What the person types into the browser."""
    host = _own_address(wishes.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{wishes.port}/"
