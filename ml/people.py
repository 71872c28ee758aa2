"""The step table's annotators: what each said, how each leans, and what their band is worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ml.bands import BandEvidence, band_edges, band_evidence, disagreement, no_band
from ml.errors import TrainingDataError
from ml.folds import HoldOutPlan
from ml.models.fit import USUAL_L2, spread_of
from ml.models.fusion import TypeFusion, fuse
from ml.models.heads import ANNOTATORS, Annotators, ReviewModel
from ml.models.panel import MOST_STEPS, HeldOutLeans, Opinions, fit_panel
from ml.models.separate import fit_separate
from ml.table import StepTable
from ml.types import FloatArray

ANNOTATORS_RANK = (
    8  # ways in which people may differ; the panel's penalty uses as many as the labels bear out
)
PANEL_SIZE = 32  # annotators whose spread makes the band: those with the most labels
ALONE = "Only one annotator labelled these videos: there is nobody to differ from."


@dataclass(frozen=True)
class People:
    """Who forms the band, and how they lean where that can be checked; or why there is no band."""

    panel: tuple[int, ...]
    leans: HeldOutLeans | None
    held: dict[str, FloatArray]  # (N, K) held-out logits of the consensus by head
    no_band: str = ""


def panel_of(table: StepTable) -> tuple[int, ...]:
    """Numbers of the annotators with the most labels; nobody where there is only one."""
    if len(table.annotators) < 2:
        return ()
    most = np.argsort(-table.labels_of, kind="stable")[:PANEL_SIZE]
    return tuple(int(number) for number in np.sort(most))


def check_annotators(annotators: str) -> None:
    """Refuse an unknown way of learning annotators, naming those there are."""
    if annotators not in ANNOTATORS:
        raise TrainingDataError(
            "unknown_annotators",
            f'There is no way "{annotators}" of learning annotators. Choose one of {", ".join(ANNOTATORS)}.',
        )


def hardened(table: StepTable) -> StepTable:
    """The table after a vote: a step's label is what the (weighted) majority said; a tie counts as marked."""
    return replace(table, label=(table.label >= 0.5).astype(np.float32))


def learn_people(
    annotators: Annotators,
    model: ReviewModel,
    inputs: dict[str, Tensor],  # (N, D) h by head
    held: dict[str, FloatArray],  # (N, K) held-out logits of the shared consensus by head
    columns: Mapping[str, Sequence[int]],  # the table's violation types each head scores
    ok: Mapping[str, Tensor],  # (N,) rows where the head may look
    l2: Mapping[str, Sequence[float]],  # that the consensus chose, by head and type
    plan: HoldOutPlan,
    places: Mapping[str, Sequence[int]],  # the same types' places in the plan
    table: StepTable,
    seed: int,
) -> People:
    """Fit how annotators score, in place. Heads of their own replace the consensus by their mean."""
    if annotators == "majority":
        return People((), None, held, "It was learned from a majority vote, which knows no annotators.")
    panel = panel_of(table)
    opinions = opinions_of(table, columns, ok)
    if annotators == "low-rank":
        if not panel:
            return People((), None, held, ALONE)
        leans = fit_panel(model, inputs, opinions, panel, seed=seed)
        return People(
            panel, leans, held, "" if leans else "Too few split groups were labelled to measure it."
        )
    leans, held = _apart(model, inputs, opinions, panel, l2, plan, places, table)
    return People(panel, leans if panel else None, held, "" if panel else ALONE)


def _apart(
    model: ReviewModel,
    inputs: dict[str, Tensor],
    opinions: Opinions,
    panel: tuple[int, ...],
    l2: Mapping[str, Sequence[float]],
    plan: HoldOutPlan,
    places: Mapping[str, Sequence[int]],
    table: StepTable,
) -> tuple[HeldOutLeans, dict[str, FloatArray]]:
    """Fit every annotator of every head and type by themselves; the leans, and the consensus, held out."""
    steps, voices = torch.unique(opinions.step, return_counts=True)
    asked = steps[voices >= 2]
    asked = asked[:: max(1, -(-len(asked) // MOST_STEPS))]
    members, leans, held = panel, {}, {}
    for name, h in inputs.items():
        head = model.heads()[name]
        if head.separate is None or not len(places[name]):
            held[name] = np.zeros((len(h), 0), np.float32)
            continue
        spread, found = spread_of(h[~torch.from_numpy(table.validation)]), []
        for number, place in enumerate(places[name]):
            found.append(
                fit_separate(
                    head.separate,
                    number,
                    h,
                    opinions.step,
                    opinions.annotator,
                    opinions.label[name][:, number],
                    opinions.weight[name][:, number],
                    torch.from_numpy(plan.fold[:, place]),
                    apart=plan.by[place] == "validation",
                    l2=l2[name][number] if l2[name] else USUAL_L2,
                    spread=spread,
                    members=members,
                    asked=asked,
                )
            )
        agreed = torch.stack([one.consensus for one in found], dim=1)
        never = torch.tensor([plan.by[place] == "own training data" for place in places[name]])
        agreed = torch.where(never, head.consensus(h).detach(), agreed)
        held[name] = agreed.numpy()
        each = torch.stack([one.members for one in found], dim=2)
        leans[name] = (each - agreed[asked][:, None, :]).nan_to_num()
    return HeldOutLeans(asked, leans), held


def opinions_of(table: StepTable, columns: Mapping[str, Sequence[int]], ok: Mapping[str, Tensor]) -> Opinions:
    """The table's opinions by head, where the head can see or hear what they are about."""
    step = torch.from_numpy(table.opinion_step)
    label, weight = torch.from_numpy(table.opinion_label), torch.from_numpy(table.opinion_weight)
    return Opinions(
        step=step,
        annotator=torch.from_numpy(table.opinion_annotator),
        group=torch.from_numpy(table.group[table.opinion_step]),
        label={name: label[:, own] for name, own in columns.items()},
        weight={name: weight[:, own] * ok[name][step][:, None] for name, own in columns.items()},
        labels_of=torch.from_numpy(table.labels_of),
    )


def band_of(
    people: People,
    table: StepTable,
    k: int,  # the type's column in the table
    fusion: TypeFusion,
    consensus: Mapping[str, FloatArray],  # (N,) logits of the type by head
    places: Mapping[str, int],  # the type's place among the head's outputs
    seed: int,
) -> BandEvidence:
    """Does the type's band, predicted without a split group, follow how far people differed there?"""
    if people.leans is None:
        return no_band(people.no_band)
    differs, voices = disagreement(
        table.opinion_step, table.opinion_label[:, k], table.opinion_weight[:, k] > 0, len(table.label)
    )
    step = people.leans.step.numpy()
    judged = voices[step] >= 2
    step = step[judged]
    logits = {
        name: consensus[name][step][:, None] + _with_consensus(lean[:, :, places[name]].numpy()[judged])
        for name, lean in people.leans.lean.items()
        if name in consensus
    }
    alone = {name: z[step][:, None] for name, z in consensus.items() if name not in logits}
    p = fuse(fusion, logits | alone, table.picture_ok[step][:, None], table.sound_ok[step][:, None])
    low, high = band_edges(np.broadcast_to(p, (len(step), 1 + len(people.panel))))
    return band_evidence(high - low, differs[step], table.group[step], seed=seed)


def _with_consensus(lean: FloatArray) -> FloatArray:
    """(S, P) -> (S, 1 + P): the consensus leans nowhere."""
    return np.concatenate([np.zeros((len(lean), 1), np.float32), lean], axis=1)
