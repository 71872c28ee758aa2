"""Queues, starting a review, history, insights and bundles as people see them."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from review.models import (
    Bundle,
    BundleState,
    Outcome,
    Queue,
    Review,
    ReviewState,
    TrainingRun,
    TrainingState,
    User,
    Verdict,
    ViolationType,
    WeightsState,
)
from review.services.features import weights_report
from tests.factories import (
    NOW,
    BundleFactory,
    HintOutcomeFactory,
    ReviewFactory,
    SegmentFactory,
    SnapshotFactory,
    TrainingRunFactory,
    UserFactory,
    VideoFactory,
    make_scene,
)
from tests.review.pages.conftest import SignIn

pytestmark = pytest.mark.django_db
BADGE = '<span class="badge badge--demo">demo</span>'


def submitted(**values: object) -> Review:
    made: Review = ReviewFactory(
        state=ReviewState.SUBMITTED, verdict=Verdict.CLEAN, submitted_at=NOW, **values
    )
    return made


def test_an_empty_house_says_what_to_do_first(sign_in: SignIn, alice: User, administrator: User) -> None:
    assert "There is no queue yet" in sign_in(alice).get("/").content.decode()
    assert "Write policies" in sign_in(administrator).get("/").content.decode()


def test_starting_takes_a_task_and_coming_back_continues_it(sign_in: SignIn, alice: User) -> None:
    queue = make_scene().queue
    client = sign_in(alice)
    assert "Start reviewing" in client.get("/").content.decode()
    started = client.post(reverse("queue-start", args=[queue.pk]))
    review = Review.objects.get(reviewer=alice)
    assert started.headers["Location"] == reverse("review", args=[review.pk])
    assert f'href="/reviews/{review.pk}/" data-start>Continue' in client.get("/").content.decode()


def test_without_violation_types_a_review_is_not_opened_and_the_page_says_why(
    sign_in: SignIn, alice: User
) -> None:
    queue = make_scene().queue
    queue.violation_types.clear()
    ViolationType.objects.update(is_active=False)
    client = sign_in(alice)
    page = client.post(reverse("queue-start", args=[queue.pk]), follow=True).content.decode()
    assert "No violation type is in use yet. An administrator adds one under Policies." in page
    answer = client.post(f"/api/queues/{queue.pk}/next")
    assert (answer.status_code, answer.json()["code"]) == (409, "no_violation_types")


def test_nothing_waiting_is_said_and_no_error(sign_in: SignIn, alice: User, bob: User) -> None:
    queue = make_scene().queue
    sign_in(alice).post(reverse("queue-start", args=[queue.pk]))
    page = sign_in(bob).post(reverse("queue-start", args=[queue.pk]), follow=True).content.decode()
    assert "Nothing is waiting for you" in page


def test_a_login_in_between_leads_to_the_queues_and_takes_nothing(sign_in: SignIn, alice: User) -> None:
    queue = make_scene().queue
    answer = sign_in(alice).get(reverse("queue-start", args=[queue.pk]))
    assert (answer.status_code, answer["Location"]) == (302, reverse("queue"))
    assert not Review.objects.exists()


def test_an_unknown_queue_is_not_found(sign_in: SignIn, alice: User) -> None:
    assert sign_in(alice).post(reverse("queue-start", args=[99])).status_code == 404


def test_ones_history_holds_ones_own_reviews(sign_in: SignIn, alice: User, bob: User) -> None:
    mine, theirs = submitted(reviewer=alice), submitted(reviewer=bob)
    page = sign_in(alice).get(reverse("history")).content.decode()
    assert mine.task.submission.title in page
    assert theirs.task.submission.title not in page


def test_ones_history_sums_up_what_became_of_hints(sign_in: SignIn, alice: User) -> None:
    scene = make_scene()
    review = submitted(reviewer=alice, task=scene.task)
    HintOutcomeFactory(review=review, hint=scene.hints[0], outcome=Outcome.REJECTED)
    HintOutcomeFactory(review=review, hint=scene.hints[1], outcome=Outcome.UNSEEN)
    [row] = sign_in(alice).get(reverse("history")).context["shown"].rows
    assert row.outcomes == [("rejected", 1)]


def test_reopening_leads_to_the_workbench_and_only_ones_own(sign_in: SignIn, alice: User, bob: User) -> None:
    review = submitted(reviewer=alice, task=make_scene().task)
    address = reverse("review-reopen", args=[review.pk])
    sign_in(bob).post(address)
    assert Review.objects.get().state == ReviewState.SUBMITTED
    assert sign_in(alice).post(address).headers["Location"] == reverse("review", args=[review.pk])
    assert Review.objects.get().state == ReviewState.LEASED


def test_history_pages_back_and_asks_the_same_for_any_number(
    sign_in: SignIn, alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(51):
        submitted(reviewer=alice)
    client = sign_in(alice)
    with django_assert_num_queries(6):
        first = client.get(reverse("history")).context["shown"]
    assert len(first.rows) == 50
    second = client.get(reverse("history"), {"before": str(first.older)}).context["shown"]
    assert (len(second.rows), second.older) == (1, None)


def test_insights_say_when_there_is_nothing_or_little(sign_in: SignIn, alice: User) -> None:
    client = sign_in(alice)
    assert "Nothing to count yet" in client.get(reverse("insights")).content.decode()
    submitted(reviewer=alice)
    page = client.get(reverse("insights")).content.decode()
    assert "Only 1 review so far" in page
    assert "No submitted review has shown a hint yet" in page


def test_nothing_is_called_zero_per_cent_model_created_before_a_hint_was_shown(
    sign_in: SignIn, alice: User
) -> None:
    review = submitted(reviewer=alice, arm="blind")
    SegmentFactory(review=review)
    client = sign_in(alice)
    page = client.get(reverse("insights")).content.decode()
    assert "no shown hints yet" in page
    assert "0\N{NO-BREAK SPACE}%" not in page
    scene = make_scene()
    hinted = submitted(reviewer=alice, task=scene.task, analysis=scene.analysis)
    HintOutcomeFactory(review=hinted, hint=scene.hints[0], outcome=Outcome.REJECTED)
    page = client.get(reverse("insights")).content.decode()
    assert "no shown hints yet" not in page
    assert "0 of 1 segments" in page


def test_demo_queues_and_demo_bundles_wear_their_badge(sign_in: SignIn, alice: User) -> None:
    scene = make_scene()
    client = sign_in(alice)
    submitted(reviewer=alice, task=scene.task, analysis=scene.analysis)
    assert BADGE not in client.get(reverse("queue")).content.decode()
    assert BADGE not in client.get(reverse("insights")).content.decode()
    Queue.objects.update(is_demo=True)
    Bundle.objects.update(is_demo=True)
    assert BADGE in client.get(reverse("queue")).content.decode()
    assert BADGE in client.get(reverse("insights")).content.decode()


@pytest.fixture
def ada(sign_in: SignIn, administrator: User) -> Client:
    return sign_in(administrator)


def test_a_training_is_asked_for_once_at_a_time_and_can_be_cancelled(
    ada: Client, administrator: User
) -> None:
    ada.post(reverse("retrain"))
    run = TrainingRun.objects.get()
    assert run.requested_by == administrator
    assert "already under way" in ada.post(reverse("retrain"), follow=True).content.decode()
    ada.post(reverse("training-cancel", args=[run.pk]))
    run.refresh_from_db()
    assert run.state == TrainingState.CANCELLED


def test_a_running_training_shows_its_progress(ada: Client) -> None:
    TrainingRunFactory(state=TrainingState.RUNNING, progress=0.4, message="reading features")
    page = ada.get(reverse("bundles")).content.decode()
    assert 'value="0.400"' in page
    assert "reading features" in page


def test_a_promotion_needs_a_reason_and_keeps_it(ada: Client) -> None:
    live = BundleFactory(state=BundleState.LIVE, promoted_at=NOW)
    refused = BundleFactory(
        state=BundleState.REFUSED,
        gate={"verdict": "refuse", "reasons": ["The candidate is worse."], "numbers": {"videos": 4}},
    )
    address = reverse("bundle", args=[refused.pk])
    assert "The candidate is worse." in ada.get(address).content.decode()
    assert "Write a reason" in ada.post(address, {"reason": " "}).content.decode()
    ada.post(address, {"reason": "Holdout is too small to tell."})
    live.refresh_from_db()
    refused.refresh_from_db()
    assert (live.state, refused.state) == (BundleState.RETIRED, BundleState.LIVE)
    assert "Holdout is too small to tell." in ada.get(address).content.decode()


def test_a_bundle_of_embedded_features_is_called_basic(ada: Client) -> None:
    assert "Basic." in ada.get(reverse("bundle", args=[BundleFactory().pk])).content.decode()


def test_a_bundle_says_which_types_have_a_band_and_why_others_have_none(ada: Client) -> None:
    bands = {
        "fight": {"shown": True, "reason": "It follows real disagreement."},
        "gunfire": {"shown": False, "reason": "Only one annotator labelled these videos."},
    }
    bundle = BundleFactory(violation_slugs=["fight", "gunfire"], metrics={"bands": bands})
    page = ada.get(reverse("bundle", args=[bundle.pk])).content.decode()
    assert page.index("It follows real disagreement.") < page.index(
        "Only one annotator labelled these videos."
    )
    assert "not shown" in page
    without = ada.get(reverse("bundle", args=[BundleFactory().pk])).content.decode()
    assert "A band around a curve" not in without


def test_a_pretrained_bundle_names_its_networks_and_their_licences(ada: Client) -> None:
    networks = [{"name": "ears.onnx", "sha256": "a1b2", "what": "Hears screams", "licence": "MIT"}]
    left_out = {"training": {"without_features": ["c3" * 32]}}
    bundle = BundleFactory(
        state=BundleState.LIVE,
        promoted_at=NOW,
        feature_tier="pretrained",
        extractor_version="pretrained-1-abc",
        weights=networks,
        metrics=left_out,
    )
    page = ada.get(reverse("bundle", args=[bundle.pk])).content.decode()
    for words in (
        "Hears screams.",
        "Licence: MIT",
        "ears.onnx",
        "a1b2",
        "1 labelled video without current features",
    ):
        assert words in page
    assert "Basic." not in page
    assert "pretrained features" in ada.get(reverse("bundles")).content.decode()


def test_the_bundles_page_tells_how_far_pretrained_features_are_and_what_is_wrong(ada: Client) -> None:
    VideoFactory(features_path="a", extractor_version="pretrained-1-abc", feature_tier="pretrained")
    VideoFactory(features_path="b", extractor_version="embedded-1", feature_tier="embedded")
    VideoFactory()
    weights_report(state=WeightsState.PRESENT, extractor_version="pretrained-1-abc", sentence="", now=NOW)
    page = ada.get(reverse("bundles")).content.decode()
    assert '1 <span class="muted small">of 2</span>' in page
    assert "the others follow behind new uploads" in page
    BundleFactory(
        state=BundleState.LIVE,
        promoted_at=NOW,
        feature_tier="pretrained",
        extractor_version="pretrained-1-abc",
    )
    assert "without hints" not in ada.get(reverse("bundles")).content.decode()
    for state, sentence, said in (
        (WeightsState.MISSING, "", "Its networks are not in the weights folder"),
        (WeightsState.ALTERED, "ears.onnx is not as published.", "ears.onnx is not as published."),
    ):
        weights_report(state=state, extractor_version="embedded-1", sentence=sentence, now=NOW)
        page = ada.get(reverse("bundles")).content.decode()
        assert "new videos are reviewed without hints" in page
        assert said in page


def test_promoting_a_pretrained_bundle_without_its_networks_is_warned_of(ada: Client) -> None:
    reads = {"feature_tier": "pretrained", "extractor_version": "pretrained-1-abc"}
    address = reverse("bundle", args=[BundleFactory(**reads).pk])
    basic = reverse("bundle", args=[BundleFactory().pk])
    warning = "once live, new videos are reviewed without hints"
    assert warning not in ada.get(address).content.decode()
    for state, version, sentence, said in (
        (WeightsState.MISSING, "embedded-1", "", "manage.py weights fetch brings them back."),
        (WeightsState.ALTERED, "embedded-1", "ears.onnx is not as published.", "ears.onnx is not as pub"),
        (WeightsState.PRESENT, "pretrained-1-def", "", "Other networks lie in the weights folder"),
    ):
        weights_report(state=state, extractor_version=version, sentence=sentence, now=NOW)
        page = ada.get(address).content.decode()
        assert (page.count(warning), page.count(said)) == (2, 2), "in the form and in its dialog"
        assert warning not in ada.get(basic).content.decode()
    weights_report(state=WeightsState.PRESENT, extractor_version="pretrained-1-abc", sentence="", now=NOW)
    assert warning not in ada.get(address).content.decode()


def test_a_note_says_that_it_comes_from_the_training_also_beside_figures_on_holdout(ada: Client) -> None:
    figures = {"auc": 0.9, "held_out_by": "cross-validation", "notes": ["No threshold reaches 0.7."]}
    metrics = {"training": {"violations": {"a": figures}}, "holdout": {"violations": {"a": {"auc": 0.8}}}}
    bundle = BundleFactory(violation_slugs=["a"], metrics=metrics)
    page = ada.get(reverse("bundle", args=[bundle.pk])).content.decode()
    assert "Measured on blind holdout." in page
    assert "From cross-validation, like the threshold: No threshold reaches 0.7." in page


def test_figures_that_a_bundle_lacks_are_dashes(ada: Client) -> None:
    metrics = {"training": {"violations": {"a": {"auc": 0.91234}}}}
    bundle = BundleFactory(violation_slugs=["a", "b"], metrics=metrics)
    page = ada.get(reverse("bundle", args=[bundle.pk])).content.decode()
    assert "0.912" in page


def test_all_types_as_one_class_are_a_row_and_chance_stands_beside(ada: Client) -> None:
    chance = {"ap": 0.0411, "event_f1_50": 0.0322, "hint_recall_5": 0.0533}
    anything = {"auc": 0.8765, "event_f1_50": 0.5, "chance": chance}
    holdout = {"violations": {"a": {"auc": 0.8}}, "any_violation": anything}
    new = BundleFactory(violation_slugs=["a"], metrics={"holdout": holdout})
    old = BundleFactory(violation_slugs=["a"], metrics={"holdout": {"violations": {"a": {"auc": 0.8}}}})
    page = ada.get(reverse("bundle", args=[new.pk])).content.decode()
    assert "Any of them" in page
    assert "0.876" in page or "0.877" in page
    assert "By chance: AP 0.041, event F1 0.032, hint recall 0.053." in page
    assert "Any of them" not in ada.get(reverse("bundle", args=[old.pk])).content.decode()


def test_a_type_says_which_share_of_right_hints_its_training_could_keep(ada: Client) -> None:
    training = {"violations": {"a": {"auc": 0.9, "floors_reached": [0.5, 0.6]}, "b": {"auc": 0.9}}}
    holdout = {"violations": {"a": {"auc": 0.8}}}
    new = BundleFactory(violation_slugs=["a", "b"], metrics={"training": training, "holdout": holdout})
    page = ada.get(reverse("bundle", args=[new.pk])).content.decode()
    assert page.count("right hints could be kept") == 1
    assert "up to 60\N{NO-BREAK SPACE}% right hints" in page


def test_figures_on_blind_holdout_go_before_those_of_the_training(ada: Client) -> None:
    training = {"macro_auc": 0.99, "violations": {"a": {"auc": 0.99}, "b": {"auc": 0.71}}}
    holdout = {"macro_auc": 0.84, "violations": {"a": {"auc": 0.84}, "b": {"auc": None}}}
    bundle = BundleFactory(violation_slugs=["a", "b"], metrics={"training": training, "holdout": holdout})
    page = ada.get(reverse("bundle", args=[bundle.pk])).content.decode()
    assert ("0.840" in page, "0.990" in page, "0.710" in page) == (True, False, True)
    assert "0.840" in ada.get(reverse("bundles")).content.decode()


def test_a_reviewer_neither_trains_nor_promotes(sign_in: SignIn, alice: User, charlie: Client) -> None:
    bundle = BundleFactory()
    for address in (reverse("retrain"), reverse("bundle", args=[bundle.pk])):
        assert sign_in(alice).post(address, {"reason": "I like it."}).status_code == 403
        assert charlie.post(address, {"reason": "I like it."}).status_code == 302
    bundle.refresh_from_db()
    assert bundle.state == BundleState.CANDIDATE
    assert not TrainingRun.objects.exists()


def test_the_bundles_page_asks_the_same_for_two_or_twenty(
    ada: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for bundle in BundleFactory.create_batch(20):
        TrainingRunFactory(state=TrainingState.DONE, bundle=bundle, requested_by=UserFactory())
    with django_assert_num_queries(10):
        ada.get(reverse("bundles"))


def test_a_bundle_for_which_holdout_was_lacking_says_how_to_get_more(
    sign_in: SignIn, administrator: User
) -> None:
    gate = {"verdict": "not_enough_holdout", "reasons": ["Too few."], "numbers": {"groups": 1, "odd_one": 2}}
    bundle = BundleFactory(gate=gate, snapshot=SnapshotFactory(counts={"videos": 3, "demo_videos": 1}))
    page = sign_in(administrator).get(reverse("bundle", args=[bundle.pk])).content.decode()
    for words in ("let people review holdout videos blind", "Split groups of these videos", "Odd one"):
        assert words in page
    assert "part demo" in page
    assert "part demo" in sign_in(administrator).get(reverse("bundles")).content.decode()


def test_the_large_share_of_model_created_segments_is_that_of_reviews_with_hints(
    sign_in: SignIn, alice: User
) -> None:
    hinted, blind = submitted(arm="level2"), submitted(arm="blind")
    SegmentFactory(review=hinted, origin="hint")
    SegmentFactory.create_batch(3, review=blind, origin="human")
    page = sign_in(alice).get(reverse("insights")).content.decode()
    assert "1 of 1 segments where hints were shown" in page
    assert "25\N{NO-BREAK SPACE}% of all 4 segments" in page
