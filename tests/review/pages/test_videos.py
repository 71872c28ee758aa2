"""The videos pages: list, search, one submission, retry."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from review.models import (
    AnalysisState,
    Outcome,
    ReviewState,
    StageName,
    StageState,
    User,
    Verdict,
)
from tests.factories import (
    NOW,
    AnalysisFactory,
    AnalysisStageFactory,
    HintOutcomeFactory,
    ReviewFactory,
    SubmissionFactory,
    TaskFactory,
    make_scene,
)
from tests.review.pages.conftest import SignIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def sam(sign_in: SignIn, senior: User) -> Client:
    return sign_in(senior)


def test_a_running_analysis_shows_its_stage_and_how_far_it_is(sam: Client) -> None:
    submission = SubmissionFactory()
    analysis = AnalysisFactory(video=submission.video, bundle=None, state=AnalysisState.RUNNING)
    AnalysisStageFactory(analysis=analysis, name=StageName.PROBE, state=StageState.DONE)
    AnalysisStageFactory(analysis=analysis, name=StageName.FEATURES, state=StageState.RUNNING, progress=0.5)
    [row] = sam.get(reverse("videos")).context["shown"].rows
    assert (row.analysis.stage, row.analysis.progress) == ("features", 0.235)


def test_a_hostile_title_is_shown_and_not_run(sam: Client) -> None:
    SubmissionFactory(title='"><script>alert(1)</script> 🎬')
    page = sam.get(reverse("videos")).content.decode()
    assert "&quot;&gt;&lt;script&gt;" in page
    assert "<script>alert" not in page


def test_demo_films_are_marked(sam: Client) -> None:
    submission = SubmissionFactory(is_demo=True)
    assert "badge--demo" in sam.get(reverse("videos")).content.decode()
    assert "badge--demo" in sam.get(reverse("video", args=[submission.public_id])).content.decode()


def test_words_and_states_narrow_the_list(sam: Client) -> None:
    SubmissionFactory(title="Quiet lake")
    loud = SubmissionFactory(title="Loud street", source="cam-7")
    AnalysisFactory(video=loud.video, state=AnalysisState.DONE)
    AnalysisFactory(video=loud.video, state=AnalysisState.FAILED)

    def titles(**query: str) -> list[str]:
        return [row.title for row in sam.get(reverse("videos"), query).context["shown"].rows]

    assert titles(q="CAM-7") == ["Loud street"]
    assert titles(q=loud.video.sha256) == ["Loud street"]
    assert titles(state="failed") == ["Loud street"]
    assert titles(state="done") == []
    assert titles(state="nonsense") == ["Loud street", "Quiet lake"]


def test_the_state_of_the_task_narrows_the_list(sam: Client) -> None:
    TaskFactory(submission__title="Odd", state="escalated")
    TaskFactory(submission__title="New")
    page = sam.get(reverse("videos"), {"task": "escalated"})
    assert [row.title for row in page.context["shown"].rows] == ["Odd"]
    assert '<option value="escalated" selected>' in page.content.decode()


def test_seniors_read_the_notes_of_reviews(sam: Client) -> None:
    review = ReviewFactory(
        state=ReviewState.SUBMITTED, submitted_at=NOW, verdict="escalated", notes="Is it <b>staged?"
    )
    page = sam.get(reverse("video", args=[review.task.submission.public_id])).content.decode()
    assert "Is it &lt;b&gt;staged?" in page


@pytest.mark.parametrize(
    ("asked", "given"), [("2", 2), ("99", 2), ("0", 1), ("x", 1), ("9" * 400, 1), ("²", 1)]
)
def test_a_page_that_does_not_exist_is_the_nearest_one(sam: Client, asked: str, given: int) -> None:
    SubmissionFactory.create_batch(51)
    assert sam.get(reverse("videos"), {"page": asked}).context["shown"].number == given


def test_the_list_asks_the_database_the_same_for_two_or_thirty(
    sam: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for task in TaskFactory.create_batch(30):
        AnalysisStageFactory(analysis__video=task.submission.video)
    with django_assert_num_queries(7):
        sam.get(reverse("videos"))


def test_a_submissions_page_tells_stages_reviews_and_outcomes(
    sam: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    scene = make_scene(overlap=5)
    AnalysisStageFactory(analysis=scene.analysis, duration_ms=2400)
    for slot in range(3):
        review = ReviewFactory(
            task=scene.task, slot=slot, state=ReviewState.SUBMITTED, verdict=Verdict.CLEAN, submitted_at=NOW
        )
        HintOutcomeFactory(review=review, hint=scene.hints[0], outcome=Outcome.REJECTED)
    address = reverse("video", args=[scene.task.submission.public_id])
    with django_assert_num_queries(13):
        page = sam.get(address).content.decode()
    assert "2.4 s" in page
    assert "1 rejected" in page


@pytest.mark.parametrize(
    ("arm", "state", "told"),
    [
        ("blind", "leased", False),
        ("level1", "leased", False),
        ("level2", "leased", True),
        ("blind", "reserved", False),
        ("blind", "expired", False),
        ("blind", "skipped", True),
    ],
)
def test_a_senior_who_reviews_without_hints_reads_nothing_of_what_others_did(
    sam: Client, senior: User, arm: str, state: str, told: bool
) -> None:
    scene = make_scene(overlap=2)
    bob = ReviewFactory(
        task=scene.task, state="submitted", verdict="violating", submitted_at=NOW, reviewer__username="bob"
    )
    HintOutcomeFactory(review=bob, hint=scene.hints[0])
    ReviewFactory(task=scene.task, reviewer=senior, slot=1, arm=arm, state=state)
    AnalysisStageFactory(analysis=scene.analysis, name="curves")
    page = sam.get(reverse("video", args=[scene.task.submission.public_id])).content.decode()
    assert ("1 accepted" in page) == told
    assert ("reviewing this video without hints" in page) != told
    assert scene.analysis.bundle is not None
    assert (f"{scene.analysis.bundle.name}:" in page) == told


def test_a_failure_shows_its_sentence_and_can_be_retried(sam: Client) -> None:
    submission = SubmissionFactory()
    analysis = AnalysisFactory(
        video=submission.video, bundle=None, state=AnalysisState.FAILED, sentence="The disk was full."
    )
    address = reverse("video", args=[submission.public_id])
    assert "The disk was full." in sam.get(address).content.decode()
    retry = reverse("video-retry", args=[submission.public_id, analysis.pk])
    assert "is queued again" in sam.post(retry, follow=True).content.decode()
    analysis.refresh_from_db()
    assert analysis.state == AnalysisState.QUEUED
    assert "did not fail" in sam.post(retry, follow=True).content.decode()


def test_a_submission_is_for_seniors(sign_in: SignIn, alice: User, charlie: Client) -> None:
    address = reverse("video", args=[SubmissionFactory(submitted_by=alice).public_id])
    assert sign_in(alice).get(address).status_code == 403
    assert charlie.get(address).status_code == 302


def test_a_damaged_file_is_said_to_be_one(sam: Client) -> None:
    submission = SubmissionFactory(video__probed_at=NOW)
    decoded = AnalysisFactory(video=submission.video)
    counts = {"broken_packets": 1, "untimed_frames": 2, "backward_frames": 1, "non_finite": 0}
    AnalysisStageFactory(analysis=decoded, name=StageName.FEATURES, result=counts)
    why = {"path": "proxy.mp4", "reason": "it is damaged, and browsers stop at the damage"}
    AnalysisStageFactory(analysis=decoded, name=StageName.PROXY, result=why)
    scored_again = AnalysisFactory(video=submission.video)
    AnalysisStageFactory(analysis=scored_again, name=StageName.CURVES)
    page = sam.get(reverse("video", args=[submission.public_id])).content.decode()
    for words in (
        "The file is damaged: 1 packet could not be decoded.",
        "3 pictures with missing or backward times were left out.",
        "What plays here is a copy of the file, because it is damaged",
    ):
        assert words in page
    assert "not finite" not in page


def test_a_whole_file_is_not_called_damaged(sam: Client) -> None:
    submission = SubmissionFactory(video__probed_at=NOW)
    analysis = AnalysisFactory(video=submission.video)
    AnalysisStageFactory(analysis=analysis, name=StageName.FEATURES, result={"broken_packets": 0})
    AnalysisStageFactory(analysis=analysis, name=StageName.PROXY, result=None)
    page = sam.get(reverse("video", args=[submission.public_id])).content.decode()
    assert "damaged" not in page
    assert "a copy of the file" not in page


def test_the_curves_name_their_bundle_and_its_tier_beside_features_of_another(sam: Client) -> None:
    submission = SubmissionFactory()
    analysis = AnalysisFactory(
        video=submission.video, bundle__name="bundle-7", bundle__feature_tier="embedded"
    )
    result = {"tier": "pretrained", "version": "pretrained-1-abc"}
    AnalysisStageFactory(analysis=analysis, name=StageName.FEATURES, result=result)
    AnalysisStageFactory(analysis=analysis, name=StageName.CURVES)
    page = sam.get(reverse("video", args=[submission.public_id])).content.decode()
    assert ">pretrained</span>" in page
    assert ">bundle-7: basic</span>" in page
