"""Policies, violation types and what queues cover. An edit of a policy makes its next version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max, QuerySet

from review.models import Arm, Policy, PolicyVersion, Queue, User, ViolationType
from review.models.queues import LEAST_FLOOR, MOST_FLOOR
from review.problems import Problem
from review.services.analyses import analyses_rescore
from review.services.audit import audit_write


class UnableToChangePolicy(Problem):
    """`extra["field"]` names the form field it is about, when there is one."""

    status = 409
    code = "policy_change_refused"
    title = "This change was refused"


def types_in_use() -> QuerySet[ViolationType]:
    """The violation types that people label: neither they nor their policy were switched off."""
    return ViolationType.objects.filter(is_active=True, policy__is_active=True)


def queue_types(queue: Queue) -> QuerySet[ViolationType]:
    """What a queue covers: of the types chosen for it those in use; with none chosen all, later ones too."""
    chosen = queue.violation_types.all()
    return types_in_use().filter(pk__in=chosen) if chosen.exists() else types_in_use()


@dataclass(frozen=True)
class PolicyWords:
    """What one version of a policy says."""

    name: str
    severity: float
    guideline: str
    colour: str
    enforcement: str


@dataclass(frozen=True)
class TypeWords:
    """What a violation type says of itself; its slug is its identity and never changes."""

    name: str
    modality: str
    guideline: str
    colour: str
    key: str
    is_active: bool


@dataclass(frozen=True)
class QueueRules:
    """How a queue works. A change counts from the next task and the next lease on.

    A new precision floor has waiting videos scored again.
    """

    name: str
    violation_types: Sequence[ViolationType]
    overlap: int
    lease_seconds: int
    arm_mix: dict[str, float]
    precision_floor: float
    is_active: bool


@transaction.atomic
def policy_create(
    *, actor: User | None, slug: str, words: PolicyWords, now: datetime, is_demo: bool = False
) -> Policy:
    """A new policy with its first version."""
    if Policy.objects.filter(slug=slug).exists():
        raise UnableToChangePolicy(f"There is a policy {slug} already. Choose another.", field="slug")
    policy = Policy.objects.create(slug=slug, is_demo=is_demo)
    _version_add(actor=actor, policy=policy, words=words, now=now)
    return policy


@transaction.atomic
def policy_edit(*, actor: User, policy: Policy, words: PolicyWords, is_active: bool, now: datetime) -> Policy:
    """Say something else from now on. Labels made until now keep the version they were made under."""
    policy = Policy.objects.select_for_update().get(pk=policy.pk)
    if policy.is_active != is_active:
        policy.is_active = is_active
        policy.save(update_fields=["is_active"])
        verb = "policy.activated" if is_active else "policy.deactivated"
        audit_write(actor=actor, verb=verb, target=policy, payload={}, now=now)
    newest = policy.versions.first()
    if newest is None or policy_words(newest) != words:
        _version_add(actor=actor, policy=policy, words=words, now=now)
    return policy


def policy_words(version: PolicyVersion) -> PolicyWords:
    """What this version says, to compare or to fill a form with."""
    return PolicyWords(
        name=version.name,
        severity=version.severity,
        guideline=version.guideline,
        colour=version.colour,
        enforcement=version.enforcement,
    )


def _version_add(*, actor: User | None, policy: Policy, words: PolicyWords, now: datetime) -> PolicyVersion:
    newest: int = policy.versions.aggregate(newest=Max("number"))["newest"] or 0
    version = PolicyVersion.objects.create(
        policy=policy, number=newest + 1, created_by=actor, created_at=now, **vars(words)
    )
    payload = {"number": version.number, **vars(words)}
    audit_write(actor=actor, verb="policy.version_created", target=policy, payload=payload, now=now)
    return version


@transaction.atomic
def violation_type_create(
    *, actor: User | None, policy: Policy, slug: str, words: TypeWords, now: datetime
) -> ViolationType:
    """A new violation type. Queues with no types chosen cover it at once, others once it is chosen."""
    if ViolationType.objects.filter(slug=slug).exists():
        raise UnableToChangePolicy(f"There is a violation type {slug} already. Choose another.", field="slug")
    _check_key(words, besides=None)
    made = ViolationType.objects.create(policy=policy, slug=slug, **vars(words))
    audit_write(actor=actor, verb="violation_type.created", target=made, payload=vars(words), now=now)
    return made


@transaction.atomic
def violation_type_edit(
    *, actor: User, violation_type: ViolationType, words: TypeWords, now: datetime
) -> ViolationType:
    """Change a type's words, colour, key or whether it is in use."""
    _check_key(words, besides=violation_type)
    for name, value in vars(words).items():
        setattr(violation_type, name, value)
    violation_type.save(update_fields=list(vars(words)))
    audit_write(
        actor=actor, verb="violation_type.edited", target=violation_type, payload=vars(words), now=now
    )
    return violation_type


def _check_key(words: TypeWords, *, besides: ViolationType | None) -> None:
    """A digit labels one type at a time, or the keyboard would lie."""
    if not words.key or not words.is_active:
        return
    holders = ViolationType.objects.filter(key=words.key, is_active=True)
    if besides:
        holders = holders.exclude(pk=besides.pk)
    holder = holders.first()
    if holder:
        raise UnableToChangePolicy(f"Key {words.key} belongs to {holder.name}. Choose another.", field="key")


@transaction.atomic
def queue_edit(*, actor: User, queue: Queue, rules: QueueRules, now: datetime) -> Queue:
    """Change what a queue covers and how it hands out work. Open reviews keep what they began with."""
    arm_mix_check(rules.arm_mix)
    _check_floor(rules.precision_floor)
    if Queue.objects.filter(name=rules.name).exclude(pk=queue.pk).exists():
        raise UnableToChangePolicy(f"There is a queue named {rules.name} already.", field="name")
    if queue.is_default and not rules.is_active:
        raise UnableToChangePolicy("New videos come to this queue, so it stays in use.", field="is_active")
    payload = {**vars(rules), "violation_types": sorted(each.slug for each in rules.violation_types)}
    plain = {name: value for name, value in vars(rules).items() if name != "violation_types"}
    for name, value in plain.items():
        setattr(queue, name, value)
    queue.save(update_fields=list(plain))
    queue.violation_types.set(rules.violation_types)
    audit_write(actor=actor, verb="queue.edited", target=queue, payload=payload, now=now)
    analyses_rescore(now=now)
    return queue


def _check_floor(floor: float) -> None:
    if not LEAST_FLOOR <= floor <= MOST_FLOOR:
        raise UnableToChangePolicy(
            f"The share of right hints lies between {LEAST_FLOOR:.0%} and {MOST_FLOOR:.0%}.",
            field="precision",
        )


def arm_mix_check(mix: dict[str, float]) -> None:
    """Each arm has a share, and together they are all reviews."""
    if set(mix) != set(Arm.values) or any(not 0 <= share <= 1 for share in mix.values()):
        raise UnableToChangePolicy("Give each arm a share from 0 to 100 %.", field="level2")
    if abs(sum(mix.values()) - 1) > 0.001:
        raise UnableToChangePolicy("The shares of the three arms must add up to 100 %.", field="level2")
