"""A claimed row's signs of life: a heartbeat beside the work, and progress not written too often."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from types import TracebackType

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection

logger = logging.getLogger(__name__)


class Heartbeat:
    """Calls `beat` every few seconds in a thread of its own, so that long computations stay alive on the row.

    `beat` answers False when the row is no longer ours; then `lost()` is true and the work should stop. A
    database that is away for a moment is no reason to stop: the fence decides at the next write.
    """

    def __init__(self, beat: Callable[[], bool], *, every_s: float | None = None) -> None:
        self._beat = beat
        self._every_s = settings.HEARTBEAT_SECONDS if every_s is None else every_s
        self._stop = threading.Event()
        self._lost = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def lost(self) -> bool:
        """Whether the row was given back to others."""
        return self._lost.is_set()

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._lost.is_set() and not self._stop.wait(self._every_s):
                self._once()
        finally:
            # The connection belongs to this thread; nobody else would ever close it.
            connection.close()

    def _once(self) -> None:
        try:
            if not self._beat():
                self._lost.set()
        except DatabaseError as error:
            logger.warning("heartbeat missed: %s", error)
            connection.close()


class Throttle:
    """Lets something through at most once per `every_s`, for writes nobody reads faster than that."""

    def __init__(self, every_s: float = 1.0) -> None:
        self._every_s = every_s
        self._last = float("-inf")

    def ready(self) -> bool:
        now = time.monotonic()
        if now - self._last < self._every_s:
            return False
        self._last = now
        return True
