"""Each factory makes rows that the database accepts."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from django.apps import apps
from factory.django import DjangoModelFactory

from review import models
from tests import factories

FACTORIES: list[Any] = [
    value
    for value in vars(factories).values()
    if inspect.isclass(value) and issubclass(value, DjangoModelFactory) and value is not DjangoModelFactory
]


@pytest.mark.django_db
@pytest.mark.parametrize("factory_class", FACTORIES, ids=lambda value: value.__name__)
def test_two_plain_rows_live_side_by_side(factory_class: Any) -> None:
    # Only one training run may be open at a time, so the first one here is over.
    over = {"state": "done"} if factory_class is factories.TrainingRunFactory else {}
    assert factory_class(**over).pk != factory_class().pk


def test_every_model_has_a_factory() -> None:
    made = {value._meta.model for value in FACTORIES}
    single = {models.WeightsReport, models.Defaults}  # one row each, written by a service alone
    assert made | single == set(apps.get_app_config("review").get_models())
