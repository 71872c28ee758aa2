"""Write a file so that readers see either all of it or none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path | str) -> Iterator[Path]:
    """Give a temporary path beside `path`; it takes `path`'s place when the block ends well.

    The suffix is kept: muxers choose the container by it.
    """
    final = Path(path)
    draft = final.with_name(f".{final.stem}.{os.getpid()}.tmp{final.suffix}")
    try:
        yield draft
        os.replace(draft, final)
    finally:
        draft.unlink(missing_ok=True)
