"""Django's admin, for what no page covers. What must never change by hand is read-only here too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from review import models
from review.services.policies import UnableToChangePolicy, arm_mix_check

admin.site.site_header = "Spotter administration"
admin.site.site_title = "Spotter"
# Roles are a field of the person; groups would be a second answer to "may I".
admin.site.unregister(Group)


if TYPE_CHECKING:
    AnyAdmin = admin.ModelAdmin[Any]
    QueueForm = forms.ModelForm[models.Queue]
else:  # Generic for the type checker alone.
    AnyAdmin = admin.ModelAdmin
    QueueForm = forms.ModelForm


class ReadOnlyAdmin(AnyAdmin):
    """Rows that services write, or that are a record: to look at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(models.User)
class UserAdmin(ReadOnlyAdmin):
    """Roles, invitations and closing accounts are on the people page, where they are audited."""

    list_display = ["username", "role", "kind", "is_active", "is_demo", "last_login"]
    list_filter = ["role", "kind", "is_active", "is_demo"]
    search_fields = ["username", "email"]
    exclude = ["password", "groups", "user_permissions"]


@admin.register(models.Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    list_display = ["email", "role", "invited_by", "invited_at", "expires_at", "accepted_at", "revoked_at"]
    list_select_related = ["invited_by"]
    exclude = ["secret_hash"]


@admin.register(models.ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    list_display = ["name", "owner", "created_at", "last_used_at", "revoked_at"]
    list_select_related = ["owner"]
    exclude = ["secret_hash"]


@admin.register(models.Policy)
class PolicyAdmin(ReadOnlyAdmin):
    list_display = ["slug", "is_active", "is_demo"]


@admin.register(models.PolicyVersion)
class PolicyVersionAdmin(ReadOnlyAdmin):
    list_display = ["policy", "number", "name", "severity", "enforcement", "created_by", "created_at"]
    list_select_related = ["policy", "created_by"]


@admin.register(models.ViolationType)
class ViolationTypeAdmin(ReadOnlyAdmin):
    list_display = ["slug", "name", "policy", "modality", "key", "is_active"]
    list_select_related = ["policy"]


class QueueAdminForm(QueueForm):
    """Holds the rules that the policies page holds: a mix that is none would break every claim."""

    def clean_arm_mix(self) -> dict[str, float]:
        mix = self.cleaned_data["arm_mix"]
        try:
            arm_mix_check(mix)
        except (UnableToChangePolicy, TypeError) as error:
            raise forms.ValidationError(
                'Write shares that add up to 1, such as {"blind": 0.1, "level1": 0.1, "level2": 0.8}.'
            ) from error
        checked: dict[str, float] = mix
        return checked


@admin.register(models.Queue)
class QueueAdmin(AnyAdmin):
    """New queues are made here; the policies page edits what a queue covers."""

    form = QueueAdminForm
    list_display = ["name", "overlap", "lease_seconds", "golden_rate", "is_active", "is_default", "is_demo"]
    filter_horizontal = ["violation_types"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(models.Video)
class VideoAdmin(ReadOnlyAdmin):
    list_display = ["sha256", "size_bytes", "duration_ms", "split_group", "created_at"]
    list_select_related = ["split_group"]
    search_fields = ["sha256"]


@admin.register(models.SplitGroup)
class SplitGroupAdmin(ReadOnlyAdmin):
    list_display = ["key", "split", "created_at"]
    list_filter = ["split"]
    search_fields = ["key"]


@admin.register(models.Submission)
class SubmissionAdmin(ReadOnlyAdmin):
    list_display = ["title", "uploader", "source", "origin", "created_at", "is_demo"]
    list_filter = ["origin", "is_demo"]
    search_fields = ["title", "uploader", "source", "external_id"]


@admin.register(models.Task)
class TaskAdmin(ReadOnlyAdmin):
    list_display = ["id", "submission", "queue", "state", "overlap", "priority", "is_golden"]
    list_filter = ["state", "queue", "is_golden"]
    list_select_related = ["submission", "queue"]


@admin.register(models.Review)
class ReviewAdmin(ReadOnlyAdmin):
    list_display = ["id", "task", "reviewer", "state", "source", "arm", "hintless_reason", "verdict"]
    list_filter = ["state", "source", "arm", "verdict"]
    list_select_related = ["task", "reviewer"]


@admin.register(models.Settlement)
class SettlementAdmin(ReadOnlyAdmin):
    list_display = ["task", "kind", "verdict", "agreement", "settled_at", "withdrawn_at"]
    list_select_related = ["task"]


@admin.register(models.Segment)
class SegmentAdmin(ReadOnlyAdmin):
    list_display = ["review", "violation_type", "start_ms", "end_ms", "origin"]
    list_select_related = ["review", "violation_type"]


@admin.register(models.SegmentHint)
class SegmentHintAdmin(ReadOnlyAdmin):
    list_display = ["segment", "hint", "place"]
    list_select_related = ["segment", "hint"]


@admin.register(models.HintOutcome)
class HintOutcomeAdmin(ReadOnlyAdmin):
    list_display = ["review", "hint", "outcome", "played", "start_shift_ms", "end_shift_ms"]
    list_filter = ["outcome"]
    list_select_related = ["review", "hint"]


@admin.register(models.WatchedRange)
class WatchedRangeAdmin(ReadOnlyAdmin):
    list_display = ["review", "start_ms", "end_ms", "speed", "muted", "blurred"]
    list_select_related = ["review"]


@admin.register(models.Analysis)
class AnalysisAdmin(ReadOnlyAdmin):
    list_display = ["id", "video", "bundle", "state", "attempts", "queued_at", "finished_at", "sentence"]
    list_filter = ["state"]
    list_select_related = ["video", "bundle"]


@admin.register(models.AnalysisStage)
class AnalysisStageAdmin(ReadOnlyAdmin):
    list_display = ["analysis", "name", "state", "attempts", "duration_ms", "skipped"]
    list_filter = ["name", "state"]
    list_select_related = ["analysis"]


@admin.register(models.Curve)
class CurveAdmin(ReadOnlyAdmin):
    list_display = ["analysis", "violation_type", "threshold", "peak"]
    list_select_related = ["analysis", "violation_type"]
    exclude = ["scores", "band_low", "band_high"]


@admin.register(models.Hint)
class HintAdmin(ReadOnlyAdmin):
    list_display = ["analysis", "violation_type", "start_ms", "end_ms", "score", "rank", "group", "capped"]
    list_select_related = ["analysis", "violation_type"]


@admin.register(models.Bundle)
class BundleAdmin(ReadOnlyAdmin):
    list_display = ["name", "state", "feature_tier", "created_at", "promoted_at", "is_demo"]
    list_filter = ["state", "feature_tier"]


@admin.register(models.Promotion)
class PromotionAdmin(ReadOnlyAdmin):
    list_display = ["bundle", "previous", "promoted_by", "reason", "promoted_at"]
    list_select_related = ["bundle", "previous", "promoted_by"]


@admin.register(models.TrainingRun)
class TrainingRunAdmin(ReadOnlyAdmin):
    list_display = ["id", "state", "trigger", "progress", "message", "queued_at", "finished_at", "bundle"]
    list_filter = ["state", "trigger"]
    list_select_related = ["bundle"]


@admin.register(models.Snapshot)
class SnapshotAdmin(ReadOnlyAdmin):
    list_display = ["sha256", "counts", "created_at"]


@admin.register(models.HoldoutLook)
class HoldoutLookAdmin(ReadOnlyAdmin):
    list_display = ["training_run", "candidate", "live", "looked_at"]
    list_select_related = ["training_run", "candidate", "live"]


@admin.register(models.AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ["at", "actor", "verb", "object_type", "object_id"]
    list_filter = ["verb", "object_type"]
    list_select_related = ["actor"]
    search_fields = ["verb", "object_id"]


@admin.register(models.AuditPayload)
class AuditPayloadAdmin(ReadOnlyAdmin):
    list_display = ["id", "content"]


@admin.register(models.WeightsReport)
class WeightsReportAdmin(ReadOnlyAdmin):
    list_display = ["state", "extractor_version", "sentence", "changed_at"]
