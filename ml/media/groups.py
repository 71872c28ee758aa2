"""Group frames by time: at each tick the frame on screen, and those on screen a little before it. Pure.

Pushed one frame at a time, so that many consumers can share one pass of decoding: each has a grouper of its
own and feeds it the same frames.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Image = TypeVar("Image")

SLACK_S = 0.001  # containers round times to milliseconds: a frame due this soon is on screen


@dataclass(frozen=True)
class FrameGroup(Generic[Image]):
    """The frames on screen at one tick and at offsets from it; the same object where it is the same frame."""

    time_s: float  # the tick
    times_s: tuple[float, ...]  # since when each image is on screen: divide motion by their differences
    images: tuple[Image, ...]  # in the order of the offsets


class FrameGrouper(Generic[Image]):
    """Collects groups at first_s, first_s + 1/rate_hz, ... from frames pushed in rising time.

    scale turns a decoded frame into what groups hold, and is called at most once a frame, for frames that a
    group needs. Of decoded frames only the last is held. Before the first frame there are no ticks; an offset
    that reaches behind it gives the first frame. Feed each stretch of film to a grouper of its own.
    """

    def __init__(
        self,
        *,
        rate_hz: float,
        scale: Callable[[Any], Image],
        offsets_s: Sequence[float] = (0.0,),
        first_s: float = 0.0,
    ) -> None:
        """offsets_s are seconds after the tick, none positive: (0, -1/12, -2/12, -4/12). Else ValueError."""
        if rate_hz <= 0 or not offsets_s or max(offsets_s) > 0:
            raise ValueError("A frame grouper needs a rate above 0 and offsets of 0 or less.")
        self.rate_hz, self.scale, self.first_s = rate_hz, scale, first_s
        self.offsets_s = tuple(offsets_s)
        self._earliest_first = sorted(range(len(self.offsets_s)), key=lambda i: self.offsets_s[i])
        self._ticks = [0] * len(self.offsets_s)  # the next tick of each offset
        self._open: dict[
            int, dict[int, tuple[float, Image]]
        ] = {}  # tick -> offset's place -> (time_s, image)
        self._shown: tuple[float, Any] | None = None
        self._scaled: Image | None = None  # of the frame shown, once somebody needed it

    def add(self, time_s: float, frame: Any) -> list[FrameGroup[Image]]:
        """Take the frame on screen from time_s on; return the groups that are complete by it, in order.

        Raises ValueError when time does not rise.
        """
        groups: list[FrameGroup[Image]] = []
        if self._shown is None:
            first = max(0, math.ceil((time_s - SLACK_S - self.first_s) * self.rate_hz))
            self._ticks = [first] * len(self.offsets_s)
        elif time_s <= self._shown[0]:
            raise ValueError(f"Frames must come in rising time: {time_s} after {self._shown[0]}.")
        else:
            groups = self._until(time_s - SLACK_S)
        self._shown, self._scaled = (time_s, frame), None
        return groups

    def finish(self, end_s: float | None = None) -> list[FrameGroup[Image]]:
        """Return the groups up to the last frame's time, or before end_s when that is later."""
        if self._shown is None:
            return []
        # Beyond the last frame's time by slack alone: its own tick belongs in.
        last_s = self._shown[0] + SLACK_S
        return self._until(last_s if end_s is None else max(last_s, end_s))

    def _until(self, time_s: float) -> list[FrameGroup[Image]]:
        """Give the frame shown to every moment before time_s that waits for one."""
        groups = []
        for slot in self._earliest_first:
            while self._moment(slot) < time_s:
                tick, self._ticks[slot] = self._ticks[slot], self._ticks[slot] + 1
                got = self._open.setdefault(tick, {})
                got[slot] = self._picture()
                if len(got) == len(self.offsets_s):
                    groups.append(self._group(tick, self._open.pop(tick)))
        return groups

    def _moment(self, slot: int) -> float:
        return self.first_s + self._ticks[slot] / self.rate_hz + self.offsets_s[slot]

    def _picture(self) -> tuple[float, Image]:
        assert self._shown is not None
        if self._scaled is None:
            self._scaled = self.scale(self._shown[1])
        return self._shown[0], self._scaled

    def _group(self, tick: int, got: dict[int, tuple[float, Image]]) -> FrameGroup[Image]:
        pictures = [got[slot] for slot in range(len(self.offsets_s))]
        return FrameGroup(
            time_s=self.first_s + tick / self.rate_hz,
            times_s=tuple(time_s for time_s, _ in pictures),
            images=tuple(image for _, image in pictures),
        )
