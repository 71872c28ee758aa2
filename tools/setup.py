"""Set-up: virtual environment, Python packages and built pages, each only when its sources changed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tools import environment
from tools.checks import OnlyOne, Refusal, check_disk, check_node
from tools.environment import FRONTEND, ROOT, VENV, VENV_PYTHON, Wishes
from tools.stamps import hash_files, hash_folder, is_fresh
from tools.steps import Chain, Command, run_chains

# PyTorch's own index of CPU builds: the default index would bring several gigabytes of CUDA along.
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
LOCK = ROOT / "requirements.lock"
DEV_LOCK = ROOT / "requirements-dev.lock"
NODE_STAMP = FRONTEND / "node_modules" / ".spotter-stamp"
PAGES_STAMP = FRONTEND / "dist" / ".spotter-stamp"
_PIP_INSTALL = (
    *(str(VENV_PYTHON), "-m", "pip", "install"),
    *("--disable-pip-version-check", "--no-input", "--progress-bar", "off"),
)


def set_up(wishes: Wishes, *, dev: bool) -> None:
    """Bring everything up to date; returns at once when it is. `dev` adds what tests and linters need."""
    check_node()
    chains = _due(wishes, dev=dev)
    if not chains:
        return
    lock = OnlyOne(VENV.parent / ".set-up.lock")
    if not lock.take():
        raise Refusal("Another set-up is running in this folder: wait until it is done, then start again.")
    try:
        check_disk(ROOT, set_up=not VENV_PYTHON.exists())
        print("Setting up; the first time takes a few minutes.", file=sys.stderr, flush=True)
        run_chains(chains)
    finally:
        lock.release()


def set_up_python(wishes: Wishes) -> None:
    """The packages that running needs and nothing else: the container image builds its pages elsewhere."""
    chain = _python_chain(wishes, dev=False)
    if chain.commands:
        run_chains([chain])


def _due(wishes: Wishes, *, dev: bool) -> list[Chain]:
    chains = [_python_chain(wishes, dev=dev), _pages_chain()]
    return [chain for chain in chains if chain.commands]


def _logs() -> Path:
    return ROOT / "var" / "logs"


def _python_chain(wishes: Wishes, *, dev: bool) -> Chain:
    """The packages of requirements.lock, and with `dev` those of requirements-dev.lock."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    build = "cuda" if wishes.torch_cuda else "cpu"
    run_stamp = (VENV / ".spotter-run", hash_files([LOCK], version, build))
    dev_stamp = (VENV / ".spotter-dev", hash_files([LOCK, DEV_LOCK], version, build))
    commands: list[Command] = []
    if not is_fresh(*run_stamp):
        commands += [*_install_torch(wishes), _pip("-r", str(LOCK), stamp=run_stamp)]
    if dev and not is_fresh(*dev_stamp):
        commands.append(_pip("-r", str(DEV_LOCK), stamp=dev_stamp))
    if commands:
        commands = _make_venv(version) + commands
    return Chain("Python packages", commands, _logs() / "set-up-python.log")


def _make_venv(version: str) -> list[Command]:
    """Made again after a change of Python, and when a first try broke off; what is installed inside stays."""
    stamp = (VENV / ".spotter-venv", version)
    if VENV_PYTHON.exists() and is_fresh(*stamp):
        return []
    return [Command((sys.executable, "-m", "venv", str(VENV)), ROOT, stamp)]


def _pip(*arguments: str, stamp: tuple[Path, str] | None = None) -> Command:
    return Command((*_PIP_INSTALL, *arguments), ROOT, stamp)


def _install_torch(wishes: Wishes) -> list[Command]:
    """PyTorch first and by itself, so that only these two packages are looked for in the extra index.

    Without a way to that index pip uses what its own configuration offers, hence no retries and a short wait.
    """
    if wishes.torch_cuda:
        return []
    pinned = [line.split(";")[0].strip() for line in LOCK.read_text(encoding="utf-8").splitlines()]
    wanted = [line for line in pinned if line.startswith(("torch==", "torchaudio=="))]
    index = ("--extra-index-url", TORCH_CPU_INDEX, "--retries", "0", "--timeout", "15")
    return [_pip("--no-deps", *index, *wanted)] if wanted else []


def _pages_chain() -> Chain:
    """npm's packages when the lock file changed, the built pages when any source did."""
    packages = (NODE_STAMP, hash_files([FRONTEND / "package-lock.json"]))
    pages = (PAGES_STAMP, hash_folder(FRONTEND))
    commands: list[Command] = []
    if not is_fresh(*packages):
        npm_ci = ("npm", "ci", "--no-audit", "--no-fund", "--loglevel", "error")
        commands.append(Command(npm_ci, FRONTEND, stamp=packages))
    if commands or not is_fresh(*pages):
        commands.append(Command(("npm", "run", "--silent", "build"), FRONTEND, stamp=pages))
    return Chain("Pages", commands, _logs() / "set-up-pages.log")


def run_in_venv(module: str, arguments: list[str]) -> None:
    """Become `python -m module` of the virtual environment; does not return."""
    os.chdir(environment.ROOT)
    os.execv(VENV_PYTHON, [str(VENV_PYTHON), "-m", module, *arguments])
