"""Rendering films in processes of their own. They start without Django, so nothing here may import it."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from simulation.films import FilmPlan, FilmSettings, render_film

RENDERERS = 2
# More violations than real life has: a dozen films must show each type several times to teach it.
SETTINGS = FilmSettings(violating_share=0.75, max_s=45.0)
PR_SET_PDEATHSIG = 1


def renderers() -> ProcessPoolExecutor:
    """Processes to render in. Spawned, not forked: a child must not share our database connection."""
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(RENDERERS, mp_context=context, initializer=_begin)


def _begin() -> None:
    """Behind people and analyses in line for the processor, and gone when the demo is."""
    os.nice(5)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def render(plan: FilmPlan, folder: Path) -> Path:
    """The film as a file in the folder."""
    path = folder / f"{plan.name}.mp4"
    render_film(plan, path, settings=SETTINGS)
    return path
