"""Where CPU time goes: functions of a running program measured by name, each without what it calls."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any


class Stopwatch:
    """Adds up CPU seconds under names; a measured function inside another stops the outer one's clock."""

    def __init__(self, clock: Callable[[], float] = time.process_time) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._clock, self._names, self._since = clock, [""], clock()

    def function(self, owner: Any, attribute: str, name: str) -> None:
        """Measure owner.attribute from now on under `name`."""
        plain = getattr(owner, attribute)

        @wraps(plain)
        def measured(*values: Any, **named: Any) -> Any:
            self._enter(name)
            try:
                return plain(*values, **named)
            finally:
                self._leave()

        setattr(owner, attribute, measured)

    def iterator(self, owner: Any, attribute: str, name: str) -> None:
        """Measure what the iterator that owner.attribute returns does for each of its items."""
        plain = getattr(owner, attribute)

        @wraps(plain)
        def measured(*values: Any, **named: Any) -> Iterator[Any]:
            items = iter(plain(*values, **named))
            while True:
                self._enter(name)
                try:
                    item = next(items)
                except StopIteration:
                    return
                finally:
                    self._leave()
                yield item

        setattr(owner, attribute, measured)

    def _enter(self, name: str) -> None:
        self._count()
        self._names.append(name)

    def _leave(self) -> None:
        self._count()
        self._names.pop()

    def _count(self) -> None:
        now = self._clock()
        if self._names[-1]:
            self.seconds[self._names[-1]] += now - self._since
        self._since = now
