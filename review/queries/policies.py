"""Policies with the version in force, violation types and queues."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Prefetch, Q, QuerySet

from review.models import Policy, PolicyVersion, Queue, TaskState, ViolationType


@dataclass(frozen=True)
class PolicyRow:
    """A policy, what it says now, how often that changed, and the types it splits into."""

    policy: Policy
    version: PolicyVersion | None
    version_count: int
    violation_types: list[ViolationType]


def policies_list() -> list[PolicyRow]:
    """Every policy, those in use first."""
    newest_first = PolicyVersion.objects.order_by("-number").select_related("created_by")
    policies = Policy.objects.order_by("-is_active", "slug").prefetch_related(
        Prefetch("versions", newest_first),
        Prefetch("violation_types", ViolationType.objects.order_by("slug")),
    )
    return [_policy_row(policy) for policy in policies]


def _policy_row(policy: Policy) -> PolicyRow:
    versions = list(policy.versions.all())
    return PolicyRow(
        policy, versions[0] if versions else None, len(versions), list(policy.violation_types.all())
    )


def policy_versions(policy: Policy) -> QuerySet[PolicyVersion]:
    """Everything the policy ever said, newest first."""
    return policy.versions.select_related("created_by").order_by("-number")


def queues_overview() -> QuerySet[Queue]:
    """Every queue with the types chosen for it and `waiting`, the tasks that still want a review."""
    waiting = Count("tasks", filter=Q(tasks__state=TaskState.WAITING))
    return Queue.objects.annotate(waiting=waiting).prefetch_related(
        Prefetch("violation_types", ViolationType.objects.select_related("policy"))
    )
