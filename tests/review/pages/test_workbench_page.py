"""The workbench's page: what it asks for before any script runs."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from review.queries.workbench import workbench_get
from tests.factories import make_scene
from tests.review.helpers import claim

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("arm", ["blind", "level1", "level2"])
def test_the_page_asks_early_for_just_what_its_scripts_will_want(arm: str, client: Client) -> None:
    review = claim(make_scene(arm=arm))
    client.force_login(review.reviewer)
    curves = workbench_get(review_id=review.pk).curves
    wanted = [f"/api/reviews/{review.pk}"] + ([curves.url] if curves else [])
    page = client.get(f"/reviews/{review.pk}/").content.decode()
    assert re.findall(r'<link rel="preload" href="([^"]+)" as="fetch" crossorigin>', page) == wanted
