"""The step table's annotators: what each said, how each leans, and what their band is worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ml.bands import BandEvidence, band_edges, band_evidence, disagreement, no_band
from ml.models.fusion import TypeFusion, fuse
from ml.models.heads import ReviewModel
from ml.models.panel import HeldOutLeans, Opinions, fit_panel
from ml.table import StepTable
from ml.types import FloatArray

PANEL_SIZE = 32  # annotators whose spread makes the band: those with the most labels


@dataclass(frozen=True)
class People:
    """Who forms the band, and how they lean where that can be checked; or why there is no band."""

    panel: tuple[int, ...]
    leans: HeldOutLeans | None
    no_band: str = ""


def panel_of(table: StepTable) -> tuple[int, ...]:
    """Numbers of the annotators with the most labels; nobody where there is only one."""
    if len(table.annotators) < 2:
        return ()
    most = np.argsort(-table.labels_of, kind="stable")[:PANEL_SIZE]
    return tuple(int(number) for number in np.sort(most))


def learn_people(
    model: ReviewModel,
    inputs: dict[str, Tensor],  # (N, D) h by head
    columns: Mapping[str, Sequence[int]],  # the table's violation types each head scores
    ok: Mapping[str, Tensor],  # (N,) rows where the head may look
    table: StepTable,
    seed: int,
) -> People:
    """Fit how annotators lean, in place."""
    panel = panel_of(table)
    if not panel:
        return People((), None, "Only one annotator labelled these videos: there is nobody to differ from.")
    opinions = opinions_of(table, columns, ok)
    leans = fit_panel(model, inputs, opinions, panel, seed=seed)
    return People(panel, leans, "" if leans else "Too few split groups were labelled to measure any band.")


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
