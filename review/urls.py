"""Pages at the root and media under /media/. Names are those the templates use."""

from django.urls import URLPattern, path, register_converter

from review.pages import learning, people, playback, policies, preferences, session, videos, work


class MediaKind:
    regex = "video|thumbnails|waveform|frames|cuts"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(MediaKind, "media_kind")

urlpatterns: list[URLPattern] = [
    path("", work.queues, name="queue"),
    path("favicon.ico", session.favicon, name="favicon"),
    path("login/", session.login_page, name="login"),
    path("logout/", session.logout_page, name="logout"),
    path("tour/done/", session.tour_done, name="tour-done"),
    path("invitations/<str:secret>/", session.invitation_page, name="invitation"),
    path("queues/<int:queue_id>/start/", work.queue_start, name="queue-start"),
    path("queues/<int:queue_id>/edit/", policies.queue_change, name="queue-edit"),
    path("reviews/<int:review_id>/", work.workbench, name="review"),
    path("reviews/<int:review_id>/reopen/", work.reopen, name="review-reopen"),
    path("history/", work.history, name="history"),
    path("insights/", work.insights, name="insights"),
    path("videos/", videos.videos, name="videos"),
    path("videos/<uuid:public_id>/", videos.video, name="video"),
    path("videos/<uuid:public_id>/retry/<int:analysis_id>/", videos.retry, name="video-retry"),
    path("bundles/", learning.bundles, name="bundles"),
    path("bundles/<int:bundle_id>/", learning.bundle, name="bundle"),
    path("training-runs/new/", learning.retrain, name="retrain"),
    path("training-runs/<int:run_id>/cancel/", learning.training_stop, name="training-cancel"),
    path("policies/", policies.policies, name="policies"),
    path("policies/new/", policies.policy_new, name="policy-new"),
    path("policies/<int:policy_id>/edit/", policies.policy_change, name="policy-edit"),
    path("policies/<int:policy_id>/types/new/", policies.type_new, name="type-new"),
    path("types/<int:type_id>/edit/", policies.type_change, name="type-edit"),
    path("people/", people.people, name="people"),
    path("people/defaults/", preferences.defaults, name="defaults"),
    path("preferences/", preferences.preferences, name="preferences"),
    path("people/<int:person_id>/role/", people.person_role, name="person-role"),
    path("people/<int:person_id>/deactivate/", people.person_close, name="person-deactivate"),
    path("people/<int:person_id>/activate/", people.person_open, name="person-activate"),
    path(
        "people/invitations/<int:invitation_id>/revoke/", people.invitation_withdraw, name="invitation-revoke"
    ),
    path("tokens/", people.tokens, name="tokens"),
    path("tokens/<int:token_id>/revoke/", people.token_stop, name="token-revoke"),
    path("media/reviews/<int:review_id>/<media_kind:kind>", playback.review_media, name="review-media"),
    path("media/submissions/<uuid:public_id>/video", playback.submission_video, name="submission-video"),
]
