"""What the demo stands on: logins, policies, a queue, and which film plays which part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from review.models import Policy, Queue, Role, Split, User, ViolationType
from review.services.policies import PolicyWords, TypeWords, policy_create, violation_type_create
from simulation.catalogue import POLICIES, CataloguePolicy, CatalogueType
from simulation.films import FilmPlan, plan_films
from worker.rendering import SETTINGS

SEED = 2
QUEUE_NAME = "Demo queue"
PASSWORD = "spotter-demo"
LOGINS: tuple[tuple[str, Role], ...] = (
    ("admin", Role.ADMINISTRATOR),
    ("senior", Role.SENIOR),
    ("reviewer", Role.REVIEWER),
)
# A newcomer's first video shows what Spotter is; the holdout films still come blind.
ARM_MIX = {"blind": 0.0, "level1": 0.0, "level2": 1.0}
OVERLAP = 5  # every reviewed film is seen by all five simulated reviewers


class UnableToMakeDemo(Exception):
    """`str(error)` says why, and what to do."""


@dataclass(frozen=True)
class DemoFilm:
    """A film and its part: reviewed ones teach the first bundle, the others wait for people."""

    plan: FilmPlan
    split: Split
    is_reviewed: bool


def logins_make() -> User:
    """The people to log in as; gives the administrator. Nobody who is not of the demo is touched."""
    users = [_login(username, role) for username, role in LOGINS]
    return users[0]


def _login(username: str, role: Role) -> User:
    known = User.objects.filter(username=username).first()
    if known is not None:
        if not known.is_demo:
            raise UnableToMakeDemo(
                f'There is a user "{username}" already. Make the demo in an empty database.'
            )
        return known
    is_administrator = role == Role.ADMINISTRATOR
    user = User(
        username=username,
        role=role,
        is_demo=True,
        is_staff=is_administrator,
        is_superuser=is_administrator,
    )
    user.set_password(PASSWORD)
    user.save()
    return user


def queue_make(*, now: datetime) -> Queue:
    """The demo's policies and violation types, and the queue that covers them."""
    kinds = [_violation_type(policy, kind, now) for policy in POLICIES for kind in policy.violation_types]
    has_default = Queue.objects.filter(is_default=True).exists()
    queue, is_new = Queue.objects.get_or_create(
        name=QUEUE_NAME, defaults={"is_demo": True, "is_default": not has_default, "arm_mix": ARM_MIX}
    )
    if is_new:
        queue.violation_types.set(kinds)
    return queue


def _violation_type(policy: CataloguePolicy, kind: CatalogueType, now: datetime) -> ViolationType:
    known = ViolationType.objects.filter(slug=kind.slug).first()
    if known is not None:
        return known
    key_taken = ViolationType.objects.filter(key=kind.key, is_active=True).exists()
    words = TypeWords(
        name=kind.name,
        modality=kind.modality,
        guideline=kind.guideline,
        colour=kind.colour,
        key="" if key_taken else kind.key,
        is_active=True,
    )
    return violation_type_create(
        actor=None, policy=_policy(policy, now), slug=kind.slug, words=words, now=now
    )


def _policy(policy: CataloguePolicy, now: datetime) -> Policy:
    known = Policy.objects.filter(slug=policy.slug).first()
    words = PolicyWords(policy.name, policy.severity, policy.guideline, policy.colour, policy.enforcement)
    return known or policy_create(actor=None, slug=policy.slug, words=words, is_demo=True, now=now)


# --- Films ------------------------------------------------------------------------------------------------


def films_plan(count: int) -> list[DemoFilm]:
    """The first half is reviewed, the second waits. Splits are chosen: a dozen films are too few for luck."""
    plans = plan_films(seed=SEED, count=count, settings=SETTINGS)
    half = count // 2
    reviewed = splits_choose([{event.violation for event in plan.events} for plan in plans[:half]])
    # Two waiting films measure, so that the gate soon has enough; the others show hints from the first on.
    waiting = {half: Split.HOLDOUT, half + 1: Split.HOLDOUT}
    return [
        DemoFilm(plan, reviewed.get(n, waiting.get(n, Split.TRAIN)), n < half) for n, plan in enumerate(plans)
    ]


def splits_choose(kinds: Sequence[set[str]]) -> Mapping[int, Split]:
    """Number of each film -> split: what teaches sees each type often, what measures sees each type once."""
    numbers, measuring = range(len(kinds)), max(1, len(kinds) // 4)
    best: tuple[float, dict[int, Split]] = (-1.0, {})
    for holdout in combinations(numbers, measuring):
        rest = [n for n in numbers if n not in holdout]
        for validation in rest:
            train = [n for n in rest if n != validation]
            value = (
                10 * _cover(kinds, train, often=4) + 6 * _cover(kinds, holdout) + _cover(kinds, [validation])
            )
            if value > best[0]:
                splits = dict.fromkeys(train, Split.TRAIN) | {validation: Split.VALIDATION}
                best = (value, splits | dict.fromkeys(holdout, Split.HOLDOUT))
    return best[1]


def _cover(kinds: Sequence[set[str]], numbers: Sequence[int], *, often: int = 1) -> float:
    """How far each type occurs `often` times, the rarest counting double, and a little for a clean film."""
    each = [kind for n in numbers for kind in kinds[n]]
    counts = [min(each.count(kind), often) for kind in set().union(*kinds)]
    has_clean = any(not kinds[n] for n in numbers)
    return sum(counts) + min(counts, default=0) + 0.3 * has_clean
