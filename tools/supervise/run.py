"""The inner process: the order in which one machine's Spotter comes up, and what the person is told."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import replace

from tools.checks import Refusal, check_port, take_home
from tools.environment import Wishes, load_dotenv, read_wishes
from tools.supervise import plan
from tools.supervise.redis import redis_service, redis_url, socket_path
from tools.supervise.supervisor import StopAsked, Supervisor

READY_MARK = "SPOTTER-READY"


def run_inner() -> int:
    """Bring everything up, keep it up, stop it in order. The exit code: 0 when asked to stop, else 1 or 2."""
    supervisor = Supervisor()
    supervisor.listen()
    try:
        load_dotenv()
        wishes = read_wishes(os.environ)
        take_home(wishes.home)
        check_port(wishes.host, wishes.port)
        _bring_up(supervisor, wishes)
        return 0
    except StopAsked:
        supervisor.terminal.say("spotter", "Stopping; press Ctrl-C again to stop at once.")
        return 0
    except Refusal as refusal:
        supervisor.terminal.announce(str(refusal))
        return 2
    finally:
        supervisor.stop_all()
        supervisor.terminal.say("spotter", "Everything is stopped.")


def _bring_up(supervisor: Supervisor, wishes: Wishes) -> None:
    """Redis, database, first administrator, services, demo; then go on until somebody asks to stop."""
    began = time.monotonic()
    env = _with_redis(supervisor, wishes)
    supervisor.run_once(
        plan.manage("migrate", env, "migrate", "--no-input", "--verbosity", "0"),
        failure="The database could not be brought up to date; the lines above say why.",
    )
    if not wishes.demo:
        _first_administrator(supervisor, env)
    worker = supervisor.start(plan.worker(wishes, env))
    upkeep = supervisor.start(plan.upkeep(env))
    supervisor.start(plan.periodic(wishes, env))
    web = supervisor.start(plan.web(wishes, env))
    supervisor.wait_up(web, worker, upkeep, seconds=90)
    address = plan.shown_address(wishes)
    supervisor.terminal.announce(
        f"Spotter answers at {address} after {time.monotonic() - began:.0f} s. Ctrl-C stops it.",
        *(["The demo comes next; its logins follow once there is something to review."] * wishes.demo),
    )
    if wishes.demo:
        _make_demo(supervisor, env, address)
    supervisor.wait_until(lambda: False)


def _with_redis(supervisor: Supervisor, wishes: Wishes) -> dict[str, str]:
    """The services' environment, once there is a Redis: the person's own, or one started here."""
    if wishes.redis_url:
        return plan.child_environment(wishes, wishes.redis_url)
    folder = wishes.home / "redis"
    env = plan.child_environment(wishes, redis_url(socket_path(folder)))
    supervisor.wait_up(supervisor.start(redis_service(folder, env)), seconds=30)
    # A command typed by hand in another terminal finds the same Redis here.
    (folder / "url").write_text(env["REDIS_URL"] + "\n", encoding="utf-8")
    return env


def _first_administrator(supervisor: Supervisor, env: Mapping[str, str]) -> None:
    """Ask for the first administrator at the terminal. A password from the environment goes in by a pipe."""
    password = _password_from_environment()
    if password is None:
        command = plan.manage("admin", env, "first_admin")
    else:
        name = os.environ.get("SPOTTER_ADMIN_USERNAME", "")
        command = plan.manage("admin", env, "first_admin", "--username", name, "--password-stdin")
    supervisor.run_once(
        replace(command, at_terminal=True, given=password),
        failure="Spotter was not started: it needs a first administrator.",
    )


def _password_from_environment() -> str | None:
    file = os.environ.get("SPOTTER_ADMIN_PASSWORD_FILE", "")
    if not file:
        return os.environ.get("SPOTTER_ADMIN_PASSWORD") or None
    try:
        with open(file, encoding="utf-8") as handle:
            return handle.read().strip()
    except OSError as error:
        raise Refusal(f"SPOTTER_ADMIN_PASSWORD_FILE points to {file}: {error.strerror}.") from None


def _make_demo(supervisor: Supervisor, env: Mapping[str, str], address: str) -> None:
    """Let the demo be made beside the running services, and tell as soon as a queue can be worked through."""

    def on_line(line: str) -> bool:
        if not line.startswith(READY_MARK):
            return False
        supervisor.terminal.announce(*ready_lines(address, line.removeprefix(READY_MARK)))
        return True

    command = plan.manage("demo", env, "demo", "--if-empty")
    demo = supervisor.start(replace(command, on_line=on_line, stop=((signal.SIGTERM, 2.0),)))
    supervisor.wait_until(lambda: demo.exit_code is not None)
    if demo.exit_code:
        supervisor.terminal.say(
            "spotter",
            "The demo was not finished (its lines above say why); Spotter runs on without the rest.",
        )


def ready_lines(address: str, said: str) -> list[str]:
    """The demo's ready line, which is JSON, for people: {"reviewable": 8, "logins": [{"username": …}, …]}."""
    facts = json.loads(said)
    rows = [(login["username"], login["password"], login["role"]) for login in facts["logins"]]
    count = facts["reviewable"]
    videos = (
        f"{count} demo video{'' if count == 1 else 's'} to review"
        if count
        else "no demo video left to review"
    )
    log_in = "Log in as" if rows else "Log in as before; the demo's logins were changed."
    return [
        f"Ready: {address} has {videos}. {log_in}",
        *(f"  {name:<12} password {password}   ({role})" for name, password, role in rows),
    ]
