"""Who may: Alice owns it, Bob is another reviewer, Charlie is a stranger, Dora is a senior."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from review import access
from review.models import Review, User
from review.problems import NotAllowed, NotFound, NotSignedIn
from tests.factories import NOW, QueueFactory, SubmissionFactory, UserFactory, make_scene
from tests.review.helpers import claim, person, submit

pytestmark = pytest.mark.django_db
CHARLIE = AnonymousUser()


def test_a_review_is_its_reviewers_alone() -> None:
    alice, bob, dora = person("alice"), person("bob"), person("dora", senior=True)
    review = claim(make_scene(), alice)
    assert access.review_own(alice, review.pk, now=NOW) == review
    for other in (bob, dora):
        with pytest.raises(NotFound):
            access.review_own(other, review.pk, now=NOW)
    with pytest.raises(NotSignedIn):
        access.review_own(CHARLIE, review.pk, now=NOW)


def test_a_closed_account_is_a_stranger() -> None:
    alice = UserFactory(is_active=False)
    with pytest.raises(NotSignedIn):
        access.person_required(alice)


@pytest.mark.parametrize(
    ("state", "may"),
    [("leased", True), ("reserved", True), ("submitted", True), ("skipped", False), ("expired", False)],
)
def test_media_is_for_the_holder_while_held_or_submitted(state: str, may: bool) -> None:
    alice = person("alice")
    review = claim(make_scene(), alice)
    submit(review)
    Review.objects.filter(pk=review.pk).update(state=state)
    if may:
        assert access.review_with_media(alice, review.pk, now=NOW) == review
    else:
        with pytest.raises(NotFound):
            access.review_with_media(alice, review.pk, now=NOW)


def test_media_is_not_for_other_reviewers_and_strangers_but_for_seniors() -> None:
    review = claim(make_scene(), person("alice"))
    with pytest.raises(NotFound):
        access.review_with_media(person("bob"), review.pk, now=NOW)
    with pytest.raises(NotSignedIn):
        access.review_with_media(CHARLIE, review.pk, now=NOW)
    assert access.review_with_media(person("dora", senior=True), review.pk, now=NOW) == review


def test_a_submission_is_for_its_sender_and_seniors() -> None:
    alice = person("alice")
    submission = SubmissionFactory(submitted_by=alice)
    assert access.submission_readable(alice, submission.public_id) == submission
    assert access.submission_readable(person(senior=True), submission.public_id) == submission
    with pytest.raises(NotFound):
        access.submission_readable(person("bob"), submission.public_id)
    with pytest.raises(NotSignedIn):
        access.submission_readable(CHARLIE, submission.public_id)


def test_a_closed_queue_gives_no_work() -> None:
    queue, closed = QueueFactory(), QueueFactory(is_active=False)
    assert access.queue_for_work(person(), queue.pk) == queue
    with pytest.raises(NotFound):
        access.queue_for_work(person(), closed.pk)
    with pytest.raises(NotSignedIn):
        access.queue_for_work(CHARLIE, queue.pk)


@pytest.mark.parametrize(
    ("role", "senior", "administrator"),
    [("reviewer", False, False), ("senior", True, False), ("administrator", True, True)],
)
def test_roles_open_what_they_should(role: str, senior: bool, administrator: bool) -> None:
    who: User = UserFactory(role=role)
    for required, may in ((access.senior_required, senior), (access.administrator_required, administrator)):
        if may:
            assert required(who) == who
        else:
            with pytest.raises(NotAllowed):
                required(who)
