"""Rows written by an older Spotter come through its newer migrations."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps.registry import Apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests.factories import NOW

BEFORE, AFTER = "0002_two_tiers", "0004_bands_measured"


def migrated(name: str) -> Apps:
    executor = MigrationExecutor(connection)
    executor.migrate([("review", name)])
    return MigrationExecutor(connection).loader.project_state([("review", name)]).apps


def an_older_curve(apps: Apps) -> Any:
    """An analysis with one curve and its band, in a queue without a precision floor."""

    def made(model: str, **fields: object) -> Any:
        return apps.get_model("review", model).objects.create(**fields)

    made("Queue", name="Of before")
    group = made("SplitGroup", key="a", split="train", created_at=NOW)
    video = made("Video", sha256="a" * 64, size_bytes=1, split_group=group, created_at=NOW)
    policy = made("Policy", slug="of-before")
    kind = made("ViolationType", policy=policy, slug="fight-of-before", name="Fight")
    return made(
        "Curve",
        analysis=made("Analysis", video=video, queued_at=NOW),
        violation_type=kind,
        scores=b"\x01\x02",
        band_low=b"\x00\x01",
        band_high=b"\x02\x03",
        threshold=0.5,
        peak=0.1,
    )


@pytest.mark.django_db(transaction=True)
def test_queues_and_curves_of_before_get_a_floor_and_lose_bands_that_nobody_measured() -> None:
    try:
        older = an_older_curve(migrated(BEFORE))
        apps = migrated(AFTER)
        curve = apps.get_model("review", "Curve").objects.get(pk=older.pk)
        assert [bytes(curve.scores), bytes(curve.band_low), bytes(curve.band_high)] == [b"\x01\x02", b"", b""]
        assert apps.get_model("review", "Queue").objects.get(name="Of before").precision_floor == 0.7
        assert apps.get_model("review", "Analysis").objects.get().precision_floor == 0.7
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes("review"))
