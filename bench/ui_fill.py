"""`python -m bench.ui_fill PLAN FACTS`: fills a running, empty Spotter with the bench's reviews.

Through the services: submissions, published analyses, a claimed review, a saved draft. Only what an analysis
would have written about the file is put on the video's row by hand, for no worker decodes ten hours here.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import django
import numpy as np

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.contrib.auth.hashers import make_password  # noqa: E402
from django.utils import timezone  # noqa: E402

from bench.ui_made import facts_of  # noqa: E402
from ml.media.cuts import write_cuts  # noqa: E402
from ml.media.frame_index import frame_times, write_frame_times  # noqa: E402
from ml.media.probe import probe  # noqa: E402
from review.media import media_path, video_folder  # noqa: E402
from review.models import (  # noqa: E402
    Bundle,
    Hint,
    Policy,
    Queue,
    Review,
    Split,
    SubmissionOrigin,
    User,
    Video,
)
from review.services.analyses import analysis_claim  # noqa: E402
from review.services.bundles import BundleFacts, bundle_register  # noqa: E402
from review.services.drafts import Draft, draft_save  # noqa: E402
from review.services.policies import (  # noqa: E402
    PolicyWords,
    TypeWords,
    policy_create,
    violation_type_create,
)
from review.services.publishing import CurveDraft, HintDraft, analysis_publish  # noqa: E402
from review.services.queues import queue_claim_next  # noqa: E402
from review.services.submissions import (  # noqa: E402
    SubmissionResult,
    SubmissionWords,
    submission_create,
)

PASSWORD = "correct horse battery"
REVIEWERS = ("tess", "flo", "kay")
TITLE = (
    "Ten hours from a camera at the corner of the night market, street side, without a break – part 3 of 12"
)


def main(plan: Path, report: Path) -> None:
    """`plan` names the generated folders and the films; `report` gets the ids that the bench needs."""
    wanted = json.loads(plan.read_text(encoding="utf-8"))
    long, short = Path(wanted["ten_hours"]), Path(wanted["minute"])
    types_make(facts_of(long)["types"])
    people_make()
    bundle = bundle_make(facts_of(long)["types"])
    queues = {name: queue_make(name) for name in ("Ten hours", "Minutes")}
    film_submit(Path(wanted["long_film"]), long, bundle=bundle, queue=queues["Ten hours"], title=TITLE)
    for number, film in enumerate(wanted["short_films"], start=1):
        title = f"Market, minute {number}"
        film_submit(Path(film), short, bundle=bundle, queue=queues["Minutes"], title=title)
    review = review_begin(queues["Ten hours"], facts_of(long))
    facts = {"review": review.pk, "queues": {name: queue.pk for name, queue in queues.items()}}
    report.write_text(json.dumps(facts), encoding="utf-8")


def types_make(types: list[dict[str, Any]]) -> None:
    now = timezone.now()
    for kind in types:
        policy = Policy.objects.filter(slug=kind["policy_slug"]).first()
        if policy is None:
            said = PolicyWords(kind["policy_name"], kind["severity"], "", kind["colour"], "label")
            policy = policy_create(actor=None, slug=kind["policy_slug"], words=said, now=now)
        names = ("name", "modality", "guideline", "colour", "key")
        words = TypeWords(**{name: kind[name] for name in names}, is_active=True)
        violation_type_create(actor=None, policy=policy, slug=kind["slug"], words=words, now=now)


def people_make() -> None:
    now, password = timezone.now(), make_password(PASSWORD)
    for name in REVIEWERS:
        User.objects.create(username=name, password=password, tour_done_at=now)


def bundle_make(types: list[dict[str, Any]]) -> Bundle:
    """Whose name the generated hints carry; never live, so no upkeep scores anything again."""
    slugs = [kind["slug"] for kind in types]
    facts = BundleFacts(
        name="bench-ui",
        path="bench-ui",
        sha256="0" * 64,
        extractor_version="bench-ui",
        feature_tier="embedded",
        weights=[],
        violation_slugs=slugs,
        thresholds=dict.fromkeys(slugs, 0.5),
        metrics={},
    )
    return bundle_register(facts=facts, snapshot=None, gate={}, is_demo=False, now=timezone.now())  # type: ignore[arg-type]


def queue_make(name: str) -> Queue:
    return Queue.objects.create(
        name=name, arm_mix={"level2": 1.0}, overlap=len(REVIEWERS), lease_seconds=3600
    )


def film_submit(film: Path, made: Path, *, bundle: Bundle, queue: Queue, title: str) -> None:
    """Submit, and publish the generated curves and hints before a worker hears of the analysis."""
    submission_create(
        content=film,
        words=SubmissionWords(file_name=film.name, title=title, description="Generated for a measurement."),
        origin=SubmissionOrigin.COMMAND,
        queue=queue,
        split=Split.TRAIN,
        now=timezone.now(),
        along=lambda result: publish(result, made, bundle),
    )


def publish(result: SubmissionResult, made: Path, bundle: Bundle) -> None:
    facts = facts_of(made)
    analysis = analysis_claim(analysis_id=result.analysis.pk, now=timezone.now())
    assert analysis is not None
    video_describe(analysis.video, made, facts)
    size = facts["size"]
    analysis_publish(
        analysis=analysis,
        now=timezone.now(),
        bundle=bundle,
        step_ms=size["step_ms"],
        step_count=-(-size["duration_ms"] // size["step_ms"]),
        curves=curves_of(made, facts),
        hints=[hint_of(each) for each in facts["hints"]],
    )


def video_describe(video: Video, made: Path, facts: dict[str, Any]) -> None:
    """What its stages would have left: the probe, the frames' own times, cuts, the waveform."""
    folder = video_folder(video.sha256)
    size = facts["size"]
    facts_found = probe(media_path(video.path))
    found = frame_times(media_path(video.path), facts_found)
    assert found is not None
    write_frame_times(found, media_path(folder / "frames.bin"))
    cuts = np.sort(np.random.default_rng(5).choice(found.times_us // 1000, size["hints"], replace=False))
    write_cuts(cuts, media_path(folder / "cuts.bin"))
    waveform = (made / "waveform.bin").read_bytes()
    media_path(folder / "waveform.bin").write_bytes(waveform)
    is_long = size["duration_ms"] > 3_600_000
    Video.objects.filter(pk=video.pk).update(
        duration_ms=size["duration_ms"],
        width=64 if is_long else 640,
        height=36 if is_long else 360,
        average_fps=1 if is_long else 25,
        has_picture=True,
        has_sound=True,
        probe={"container": "mov,mp4", "video_codec": "h264"},
        probed_at=timezone.now(),
        frames={"path": str(folder / "frames.bin"), "count": len(found.times_us)},
        cuts={"path": str(folder / "cuts.bin"), "count": len(cuts)},
        waveform={
            "path": str(folder / "waveform.bin"),
            "step_ms": facts["waveform_step_ms"],
            "count": len(waveform),
        },
    )


def curves_of(made: Path, facts: dict[str, Any]) -> list[CurveDraft]:
    data, types = (made / "curves.bin").read_bytes(), facts["types"]
    count = len(data) // len(types) // 3
    parts = [data[at : at + count] for at in range(0, len(data), count)]
    return [
        CurveDraft(
            violation=kind["slug"],
            scores=parts[3 * n],
            band_low=parts[3 * n + 1],
            band_high=parts[3 * n + 2],
            threshold=0.5,
            peak=max(parts[3 * n]) / 255,
        )
        for n, kind in enumerate(types)
    ]


def hint_of(each: dict[str, Any]) -> HintDraft:
    names = ("start_ms", "end_ms", "score", "rank", "group", "capped")
    return HintDraft(violation=each["violation_type"], **{name: each[name] for name in names})


def review_begin(queue: Queue, facts: dict[str, Any]) -> Review:
    """The ten hours in work, with all their segments in the draft."""
    reviewer, now = User.objects.get(username=REVIEWERS[0]), timezone.now()
    review = queue_claim_next(reviewer=reviewer, queue=queue, now=now)
    assert review is not None
    ids = dict(Hint.objects.filter(analysis=review.analysis_id).values_list("rank", "pk"))
    segments = [{**each, "hint_ids": [ids[rank] for rank in each["hint_ids"]]} for each in facts["segments"]]
    shown = [ids[each["rank"]] for each in facts["hints"] if not each["capped"]]
    draft_save(
        review_id=review.pk,
        reviewer=reviewer,
        lease_token=review.lease_token,
        version=0,
        draft=Draft.model_validate({"segments": segments, "shown": shown, "active_ms": 1_000}),
        now=now,
    )
    return review


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
