"""openapi.json is the contract: up to date, and every name in it means one thing."""

from __future__ import annotations

import inspect
import json
from collections import defaultdict
from collections.abc import Iterator
from enum import Enum
from io import StringIO
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from pydantic import BaseModel

from review.api import api, openapi_schema


def test_openapi_json_is_up_to_date() -> None:
    call_command("openapi", check=True)


def test_a_stale_openapi_json_fails_the_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "BASE_DIR", tmp_path)
    with pytest.raises(CommandError, match="openapi --write"):
        call_command("openapi", check=True)
    call_command("openapi", write=True)
    printed = StringIO()
    call_command("openapi", stdout=printed)
    assert printed.getvalue() == (tmp_path / "openapi.json").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def wire() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(openapi_schema(), default=str))
    return found


def operations(wire: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in wire["paths"].values():
        yield from methods.values()


def test_operation_ids_are_unique(wire: dict[str, Any]) -> None:
    ids = [operation["operationId"] for operation in operations(wire)]
    assert len(ids) == len(set(ids))


def test_every_operation_says_what_its_problems_look_like(wire: dict[str, Any]) -> None:
    for operation in operations(wire):
        assert "401" in operation["responses"], operation["operationId"]


def test_every_schema_and_enum_name_means_one_class() -> None:
    """Two classes of one name would share one OpenAPI component, and the last would win silently."""
    named: dict[str, set[type]] = defaultdict(set)
    for found in _classes_on_the_wire():
        named[found.__name__].add(found)
    twice = {name: classes for name, classes in named.items() if len(classes) > 1}
    assert not twice
    assert {"Workbench", "Draft", "Verdict", "Insights"} <= set(named)


def _classes_on_the_wire() -> set[type]:
    found: set[type] = set()
    for _, router in api._routers:
        for view in router.path_operations.values():
            for operation in view.operations:
                _collect(operation.view_func, found)
                for model in operation.response_models.values():
                    _collect(model, found)
    return found


def _collect(hinted: Any, found: set[type]) -> None:
    """Every schema, dataclass and enum that the type hints of a view, schema or dataclass reach."""
    if hinted is None or not (inspect.isfunction(hinted) or inspect.isclass(hinted)):
        return
    for hint in get_type_hints(hinted).values():
        for part in _parts(hint):
            if part not in found and _is_component(part):
                found.add(part)
                _collect(part, found)


def _parts(hint: Any) -> Iterator[Any]:
    if inspect.isclass(hint) and not get_args(hint):
        yield hint
    for part in get_args(hint):
        yield from _parts(part)


def _is_component(part: type) -> bool:
    return issubclass(part, BaseModel | Enum) or hasattr(part, "__dataclass_fields__")


def test_the_wire_names_no_host(wire: dict[str, Any]) -> None:
    assert not wire.get("servers")
    assert "http://" not in json.dumps(wire)
