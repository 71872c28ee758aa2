"""The life of an analysis: claimed once, fenced, given back, published whole."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from pytest_django.fixtures import Settings

from review.models import Analysis, AnalysisStage, Hint, Task
from review.services.analyses import (
    ClaimLost,
    UnableToRetry,
    analyses_give_back,
    analyses_rescore,
    analyses_resend,
    analysis_claim,
    analysis_heartbeat,
    analysis_retry,
    analysis_stumble,
    precision_floor_for,
    stage_done,
    stage_start,
)
from review.services.publishing import CurveDraft, HintDraft, analysis_publish
from tests.factories import (
    NOW,
    AnalysisFactory,
    BundleFactory,
    QueueFactory,
    SubmissionFactory,
    TaskFactory,
    ViolationTypeFactory,
)

pytestmark = pytest.mark.django_db
LATER_BY = timedelta(minutes=5)
LATER = NOW + LATER_BY


def queued() -> Analysis:
    analysis: Analysis = AnalysisFactory(state="queued", bundle=None)
    return analysis


def claimed(analysis: Analysis | None = None) -> Analysis:
    row = analysis_claim(analysis_id=(analysis or queued()).pk, now=NOW)
    assert row is not None
    return row


def test_an_analysis_is_claimed_by_one_worker_only() -> None:
    analysis = queued()
    assert claimed(analysis).claim == 1
    assert analysis_claim(analysis_id=analysis.pk, now=NOW) is None


def test_a_worker_whose_row_was_given_back_can_write_nothing() -> None:
    old = claimed()
    assert analyses_give_back(now=LATER) == 1
    new = claimed(old)
    assert new.claim == 2
    assert not analysis_heartbeat(analysis=old, now=LATER)
    for write in (
        lambda: stage_start(analysis=old, name="probe", now=LATER),
        lambda: analysis_publish(analysis=old, now=LATER),
        lambda: analysis_stumble(analysis=old, code="x", sentence="x", now=LATER),
    ):
        with pytest.raises(ClaimLost):
            write()
    assert not AnalysisStage.objects.exists()


def test_a_beating_analysis_is_not_given_back() -> None:
    analysis = claimed()
    analysis_heartbeat(analysis=analysis, now=LATER)
    assert analyses_give_back(now=LATER) == 0


def test_after_its_attempts_a_stumbling_analysis_fails_with_its_sentence(settings: Settings) -> None:
    settings.ANALYSIS_MAX_ATTEMPTS = 2
    analysis = queued()
    for expected in ("queued", "failed"):
        analysis_stumble(analysis=claimed(analysis), code="child_crashed", sentence="It broke.", now=NOW)
        analysis.refresh_from_db()
        assert analysis.state == expected
    assert (analysis.sentence, analysis.refusal_code) == ("It broke.", "child_crashed")


def test_retrying_a_failed_analysis_gives_it_all_its_attempts_again() -> None:
    failed = AnalysisFactory(state="failed", attempts=3)
    assert analysis_retry(analysis_id=failed.pk, now=NOW).attempts == 0
    with pytest.raises(UnableToRetry):
        analysis_retry(analysis_id=failed.pk, now=NOW)


def test_a_stage_begun_again_counts_its_attempts() -> None:
    analysis = claimed()
    for _ in range(2):
        stage_start(analysis=analysis, name="features", now=NOW)
    stage_done(
        analysis=analysis, name="features", duration_ms=7, video_fields={"features_path": "f"}, now=NOW
    )
    stage = AnalysisStage.objects.get()
    assert (stage.attempts, stage.state, stage.progress) == (2, "done", 1.0)
    analysis.video.refresh_from_db()
    assert analysis.video.features_path == "f"


def test_publishing_writes_curves_hints_and_priority_and_skips_unknown_types() -> None:
    analysis, kind = claimed(), ViolationTypeFactory(policy__version__severity=2.0)
    off = ViolationTypeFactory(is_active=False)
    task = TaskFactory(submission=SubmissionFactory(video=analysis.video))
    drafts = [
        CurveDraft(slug, b"\x01\x02", b"\x00\x01", b"\x02\x03", 0.5, 0.9) for slug in (kind.slug, off.slug)
    ]
    hints = [
        HintDraft("nobody-knows", 0, 500, 0.9, 1, 1, capped=False),
        HintDraft(kind.slug, 0, 3000, 0.5, 2, 2, capped=False),
        HintDraft(kind.slug, 4000, 9000, 0.4, 3, 3, capped=True),
    ]
    bundle = BundleFactory(state="live")
    analysis_publish(analysis=analysis, bundle=bundle, step_count=2, curves=drafts, hints=hints, now=NOW)
    analysis.refresh_from_db()
    assert (analysis.state, analysis.bundle) == ("done", bundle)
    assert [bytes(curve.scores) for curve in analysis.curves.all()] == [b"\x01\x02"]
    assert list(Hint.objects.values_list("rank", "capped")) == [(1, False), (2, True)]
    assert Task.objects.get(pk=task.pk).priority == pytest.approx(0.5 * 2.0 * 3)


def test_waiting_tasks_of_an_older_bundle_are_scored_again_once() -> None:
    BundleFactory(state="live")
    outdated = TaskFactory(submission__video=AnalysisFactory().video)
    settled = TaskFactory(submission__video=AnalysisFactory().video, state="settled")
    no_model_yet = TaskFactory(submission__video=AnalysisFactory(bundle=None).video)
    failed = TaskFactory(submission__video=AnalysisFactory(state="failed").video)
    assert analyses_rescore(now=NOW) == 2
    assert analyses_rescore(now=NOW) == 0
    assert [task.submission.video.analyses.count() for task in (outdated, settled, no_model_yet, failed)] == [
        2,
        1,
        2,
        1,
    ]


def test_an_analysis_aims_at_the_least_demanding_queue_that_the_video_waits_in() -> None:
    video = AnalysisFactory().video
    assert precision_floor_for(video) == 0.7
    for floor, state in ((0.9, "waiting"), (0.8, "in_review"), (0.5, "settled")):
        queue = QueueFactory(precision_floor=floor)
        TaskFactory(submission=SubmissionFactory(video=video), queue=queue, state=state)
    assert precision_floor_for(video) == 0.8


def test_waiting_tasks_whose_queue_wants_another_precision_are_scored_again_once() -> None:
    live = BundleFactory(state="live")
    strict, usual = QueueFactory(precision_floor=0.9), QueueFactory()
    tasks = [
        TaskFactory(submission__video=AnalysisFactory(bundle=live).video, queue=queue)
        for queue in (strict, usual)
    ]
    assert analyses_rescore(now=NOW) == 1
    assert [task.submission.video.analyses.count() for task in tasks] == [2, 1]
    again = analysis_claim(analysis_id=Analysis.objects.latest("pk").pk, now=NOW)
    assert again is not None
    analysis_publish(analysis=again, bundle=live, precision_floor=0.9, now=NOW)
    assert analyses_rescore(now=NOW) == 0


def test_a_failed_scoring_gets_another_chance_with_the_next_bundle() -> None:
    BundleFactory(state="live", promoted_at=LATER)
    of = {"before": (NOW, "f"), "after": (LATER + LATER_BY, "f"), "never decoded": (NOW, "")}
    tasks = [
        TaskFactory(
            submission__video=AnalysisFactory(state="failed", queued_at=at, video__features_path=path).video
        )
        for at, path in of.values()
    ]
    assert analyses_rescore(now=LATER) == 1
    assert [task.submission.video.analyses.count() for task in tasks] == [2, 1, 1]


@pytest.mark.django_db(transaction=True)
def test_two_workers_scoring_again_at_once_make_one_analysis_a_video() -> None:
    BundleFactory(state="live")
    for _ in range(20):
        TaskFactory(submission__video=AnalysisFactory().video)
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: _in_thread(lambda: analyses_rescore(now=NOW)), range(4)))
    assert sum(made) == Analysis.objects.filter(state="queued").count() == 20


@pytest.mark.django_db(transaction=True)
def test_two_failed_analyses_of_one_video_retried_at_once_make_one_of_them_run() -> None:
    first = AnalysisFactory(state="failed")
    second = AnalysisFactory(state="failed", video=first.video)

    def retried(analysis: Analysis) -> bool:
        try:
            return bool(analysis_retry(analysis_id=analysis.pk, now=NOW))
        except UnableToRetry:
            return False

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda each: _in_thread(lambda: retried(each)), [first, second]))
    assert sorted(done) == [False, True]


def _in_thread(call: Callable[[], int]) -> int:
    try:
        return call()
    finally:
        connections.close_all()


def test_only_messages_that_may_be_lost_are_sent_again() -> None:
    AnalysisFactory(state="queued", queued_at=NOW, sent_at=NOW - timedelta(minutes=1))
    AnalysisFactory(state="queued", queued_at=NOW, sent_at=NOW)
    AnalysisFactory(state="queued", queued_at=NOW - timedelta(seconds=6), sent_at=None)
    AnalysisFactory(state="queued", queued_at=NOW, sent_at=None)
    assert analyses_resend(now=NOW, sent_before=NOW - timedelta(seconds=30)) == 2
