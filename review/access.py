"""Who may. Each function takes a person and an id and gives the object, or raises NotFound or NotAllowed.

What a person may not even know about is NotFound; what they know but may not do is NotAllowed.
"""

from __future__ import annotations

from datetime import datetime
from typing import TypeGuard
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.utils.translation import gettext as _

from review.models import Queue, Review, ReviewState, Submission, User
from review.problems import NotAllowed, NotFound, NotSignedIn

Person = User | AnonymousUser


def _is_known(person: Person) -> TypeGuard[User]:
    return person.is_authenticated and person.is_active


def person_required(person: Person) -> User:
    """Whoever is signed in with an open account."""
    if not _is_known(person):
        raise NotSignedIn(_("Log in first."))
    return person


def senior_required(person: Person) -> User:
    """Seniors and administrators: they adjudicate, upload and see all videos."""
    user = person_required(person)
    if not user.is_senior:
        raise NotAllowed(_("Only senior reviewers and administrators may do this. Ask one of them."))
    return user


def administrator_required(person: Person) -> User:
    """Administrators: people, policies, queues, bundles, training."""
    user = person_required(person)
    if not user.is_administrator:
        raise NotAllowed(_("Only administrators may do this. Ask one of them."))
    return user


def queue_for_work(person: Person, queue_id: int) -> Queue:
    """A queue this person may take tasks from."""
    person_required(person)
    queue = Queue.objects.filter(pk=queue_id, is_active=True).first()
    if queue is None:
        raise NotFound(_("There is no such queue, or it is closed."))
    return queue


def review_own(person: Person, review_id: int, *, now: datetime) -> Review:
    """One's own review, in whatever state; a reserved one while it is kept. Nobody reads another's here.

    Its draft, which may hold thousands of segments, is read only if asked for.
    """
    user = person_required(person)
    reviews = Review.objects.defer("draft").filter(pk=review_id, reviewer=user)
    review = reviews.exclude(_ran_out(now)).first()
    if review is None:
        raise NotFound(_("There is no such review among yours."))
    return review


def _ran_out(now: datetime) -> Q:
    """A reservation past its time, whether or not it was ended already."""
    return Q(state=ReviewState.RESERVED, lease_expires_at__lt=now)


def review_with_media(person: Person, review_id: int, *, now: datetime) -> Review:
    """A review whose video this person may watch: theirs, while held or once submitted; a senior any one.

    A skipped or expired review shows nothing: nobody should watch more than their work needs.
    """
    user = person_required(person)
    reviews = Review.objects.defer("draft").select_related("task__submission__video").filter(pk=review_id)
    if not user.is_senior:
        watching = [ReviewState.RESERVED, ReviewState.LEASED, ReviewState.SUBMITTED]
        reviews = reviews.filter(reviewer=user, state__in=watching).exclude(_ran_out(now))
    review = reviews.first()
    if review is None:
        raise NotFound(_("There is no such video among those you may watch now."))
    return review


def submission_readable(person: Person, public_id: UUID) -> Submission:
    """A submission: for whoever sent it, and for seniors."""
    user = person_required(person)
    submissions = Submission.objects.select_related("video", "task").filter(public_id=public_id)
    if not user.is_senior:
        submissions = submissions.filter(submitted_by=user)
    submission = submissions.first()
    if submission is None:
        raise NotFound(_("There is no such submission among yours."))
    return submission
