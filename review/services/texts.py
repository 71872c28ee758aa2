"""Pure: texts from outside, without what no database stores."""

from __future__ import annotations

from typing import Any


def text_storable(text: str) -> str:
    """Without NUL, and without halves of a character that a browser or a file system cut in two."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")


def json_storable(value: Any) -> Any:
    """The same for every text in a JSON value, names included."""
    if isinstance(value, str):
        return text_storable(value)
    if isinstance(value, list):
        return [json_storable(item) for item in value]
    if isinstance(value, dict):
        return {text_storable(name): json_storable(item) for name, item in value.items()}
    return value
