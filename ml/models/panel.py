"""How each annotator leans away from the consensus: low rank, and shrunk to it as far as the labels ask for.

    logit(annotator a) = consensus + e_a . (U h) + b_a

A squared penalty on both e and U is a penalty on the singular values of all leans together (Srebro, Rennie
and Jaakkola 2004): ways to differ that the opinions do not bear out vanish, and many annotators with few
labels each share the few that are left. How strong it is, is chosen on split groups the panel was not fitted
on; where people only differ by carelessness the strongest wins and everyone is the consensus but for a bias.

What is constant over annotators is no lean: the consensus' scale and offset are fitted beside, leans are
given in its units, and their mean over judgements is taken off. So the panel moves no calibration.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ml.models.fit import balanced, row_losses
from ml.models.heads import ReviewModel

COMPONENTS = 48  # directions of the data in which people may differ
HALF_TRUST = 20.0  # labels of an annotator who is believed half; with fewer they are mostly the consensus
FOLDS = 3
PENALTIES = (0.1, 0.2, 0.4, 0.8, 1.6)  # in units of what opinions without any pattern ask for
BIAS_PENALTY = 4.0  # a bias has a spread of about a half in log-odds
MOST_OPINIONS = 10_000  # rows the penalty is chosen on
MOST_STEPS = 6_000  # steps at which held-out leans are told
_ROUNDS = 60
_TRIAL_ROUNDS = 25  # each begun where the penalty before it ended: enough to tell which is best


@dataclass(frozen=True)
class Opinions:
    """M opinions, one annotator about one step each; labels and weights (M, K) by head."""

    step: Tensor  # (M,)
    annotator: Tensor  # (M,)
    group: Tensor  # (M,) number of the split group
    label: dict[str, Tensor]
    weight: dict[str, Tensor]  # 0 = says nothing
    labels_of: Tensor  # (A,) judgements each annotator made

    def people(self) -> int:
        """How many annotators there are."""
        return len(self.labels_of)


@dataclass(frozen=True)
class HeldOutLeans:
    """How P members lean at S steps, predicted by panels that were fitted without the steps' split groups."""

    step: Tensor  # (S,)
    lean: dict[str, Tensor]  # (S, P, K) by head


@dataclass(frozen=True)
class _Term:
    """One head's part: the few directions h is seen in, and its opinions."""

    basis: Tensor  # (D, Q)
    seen: Tensor  # (N, Q)
    base: Tensor  # (N, K) consensus, at the scale and offset of the opinions
    scale: Tensor  # (K,)
    halves: Tensor  # (2, M, K) weights of the positive and the negative loss
    judged: Tensor  # (A, K) weight of each annotator's opinions


@dataclass(frozen=True)
class _Fitted:
    embedding: Tensor  # (A, R)
    directions: list[Tensor]  # (K, R, Q) by head
    leaning: list[Tensor]  # (A, K) by head


def fit_panel(
    model: ReviewModel,
    inputs: dict[str, Tensor],  # (N, D) h by head
    opinions: Opinions,
    members: tuple[int, ...],
    *,
    seed: int,
) -> HeldOutLeans | None:
    """Fit embeddings, directions and biases while the consensus stands still; writes into the model.

    Returns how the members lean where at least two annotators spoke, predicted without those split groups;
    None when there is nobody to differ, or too few split groups to hold any out.
    """
    names = [name for name in model.heads() if name in inputs and opinions.weight[name].sum() > 0]
    if opinions.people() < 2 or not names:
        return None
    terms = [_term(model, name, inputs[name], opinions) for name in names]
    rank = int(model.embedding.shape[1])
    penalty, apart = _choose_penalty(terms, opinions, rank, seed)
    every = torch.ones(len(opinions.step), dtype=torch.bool)
    whole = _shrunk(_fit(terms, opinions, every, rank, penalty, seed, None, _ROUNDS), terms, opinions)
    with torch.no_grad():
        model.embedding.copy_(whole.embedding)
        for name, term, directions, leaning in zip(
            names, terms, whole.directions, whole.leaning, strict=True
        ):
            head = model.heads()[name]
            head.directions.copy_(directions @ term.basis.T)
            head.leaning.copy_(leaning)
    return _held_out(names, terms, opinions, apart, members) if apart else None


def _term(model: ReviewModel, name: str, h: Tensor, opinions: Opinions) -> _Term:
    """Each annotator weighs as much as the judgements they made: neighbouring steps are one of them."""
    label, weight, who = opinions.label[name], opinions.weight[name], opinions.annotator
    said = torch.zeros(opinions.people()).index_add(0, who, (weight > 0).sum(dim=1).float())
    share = (opinions.labels_of / said.clamp_min(1)).clamp_max(1.0).float()
    weight = weight * share[who][:, None]
    basis = _principal(h)
    with torch.no_grad():
        agreed = model.heads()[name].consensus(h)
    halves = balanced(label, weight) * weight.sum(dim=0)
    scale, offset = _scale_and_offset(agreed[opinions.step], halves)
    judged = torch.zeros(opinions.people(), label.shape[1]).index_add(0, who, weight)
    return _Term(basis, h @ basis, agreed * scale + offset, scale, halves, judged)


def _principal(h: Tensor) -> Tensor:
    """(N, D) -> (D, Q) whitening directions of the largest spread."""
    centred = h - h.mean(dim=0)
    values, vectors = torch.linalg.eigh(centred.T @ centred / max(len(h), 1))
    most = min(COMPONENTS, len(values))
    whitening: Tensor = vectors[:, -most:] / values[-most:].clamp_min(1e-2).sqrt()
    return whitening


def _scale_and_offset(agreed: Tensor, halves: Tensor) -> tuple[Tensor, Tensor]:
    """(M, K) consensus logits -> (K,) scale and offset that fit all opinions best, by Newton's method."""
    z, (up, down) = agreed.double(), halves.double()
    scale, offset = torch.ones(z.shape[1]).double(), torch.zeros(z.shape[1]).double()
    for _ in range(20):
        p = torch.sigmoid(scale * z + offset)
        pull, curve = down * p - up * (1 - p), (up + down) * p * (1 - p)
        # A weak pull to (1, 0) keeps it finite where everybody agrees.
        slope, level = (pull * z).sum(dim=0) + (scale - 1), pull.sum(dim=0) + offset
        a, b, c = (curve * z * z).sum(dim=0) + 1, (curve * z).sum(dim=0), curve.sum(dim=0) + 1
        inverse = 1 / (a * c - b * b)
        scale = scale - ((c * slope - b * level) * inverse).clamp(-1, 1)
        offset = offset - ((a * level - b * slope) * inverse).clamp(-1, 1)
    return scale.clamp(0.25, 4.0).float(), offset.float()


def _choose_penalty(
    terms: list[_Term], opinions: Opinions, rank: int, seed: int
) -> tuple[float, list[tuple[Tensor, _Fitted]]]:
    """The penalty that predicts held-out opinions best, and with it (rows held out, panel fitted without)."""
    splits = list(_splits(opinions, seed))
    if not splits:
        return PENALTIES[-1], []
    best, least, kept = PENALTIES[-1], np.inf, []
    before: list[_Fitted | None] = [None] * len(splits)
    for penalty in PENALTIES:  # weak first: leans that have vanished do not come back
        fits = [
            _fit(terms, opinions, taught, rank, penalty, seed, start, _TRIAL_ROUNDS)
            for (taught, _), start in zip(splits, before, strict=True)
        ]
        before = list(fits)
        shrunk = [_shrunk(fitted, terms, opinions) for fitted in fits]
        loss = sum(_loss(one, terms, opinions, held) for one, (_, held) in zip(shrunk, splits, strict=True))
        if loss < least:
            best, least = penalty, loss
            kept = [(held, one) for one, (_, held) in zip(shrunk, splits, strict=True)]
        elif penalty > 2 * best:
            break
    return best, kept


def _splits(opinions: Opinions, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """(M,) rows that teach and rows held out, by whole split groups."""
    groups = torch.unique(opinions.group)
    if len(groups) < FOLDS:
        return
    generator = torch.Generator().manual_seed(seed)
    dealt = torch.randperm(len(groups), generator=generator) % FOLDS
    fold = dealt[torch.searchsorted(groups, opinions.group)]
    few = torch.rand(len(fold), generator=generator) * len(fold) < MOST_OPINIONS
    for number in range(FOLDS):
        yield (fold != number) & few, fold == number


def _fit(
    terms: list[_Term],
    opinions: Opinions,
    rows: Tensor,  # (M,) which opinions teach
    rank: int,
    penalty: float,
    seed: int,
    start: _Fitted | None,
    rounds: int,
) -> _Fitted:
    """Most likely leans under the penalty, by L-BFGS over everything at once. Nothing grows as A x N."""
    chosen = rows.nonzero()[:, 0]
    step, who = opinions.step[chosen], opinions.annotator[chosen]
    halves = [term.halves[:, chosen] for term in terms]
    strength = penalty * _noise(terms, opinions) * _share(terms, halves) ** 0.5  # noise grows with the root
    begun = start or _start(terms, opinions.people(), rank, seed)
    fitted = _Fitted(
        begun.embedding.clone().requires_grad_(),
        [one.clone().requires_grad_() for one in begun.directions],
        [one.clone().requires_grad_() for one in begun.leaning],
    )
    free = [fitted.embedding, *fitted.directions, *fitted.leaning]
    solver = torch.optim.LBFGS(
        free,
        max_iter=rounds,
        history_size=10,
        tolerance_grad=1e-4,
        tolerance_change=1e-7,
        line_search_fn="strong_wolfe",
    )

    def closure() -> Tensor:
        solver.zero_grad()
        loss: Tensor = 0.5 * strength * fitted.embedding.square().sum()
        for number, term in enumerate(terms):
            directions, leaning = fitted.directions[number], fitted.leaning[number]
            lean = _lean(term.seen, step, who, fitted.embedding, directions) + leaning[who]
            loss = loss + row_losses(term.base[step] + lean, halves[number]).sum() / len(terms)
            loss = loss + 0.5 * strength * directions.square().sum() / len(terms)
            loss = loss + 0.5 * BIAS_PENALTY * leaning.square().sum() / len(terms)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    solver.step(closure)  # type: ignore[no-untyped-call]
    detached = [one.detach() for one in free]
    return _Fitted(detached[0], detached[1 : 1 + len(terms)], detached[1 + len(terms) :])


def _start(terms: list[_Term], people: int, rank: int, seed: int) -> _Fitted:
    """Small and random: at zero neither half of a product can begin to grow."""
    generator = torch.Generator().manual_seed(seed)
    embedding = 0.1 * torch.randn(people, rank, generator=generator)
    widths = [(term.base.shape[1], rank, term.seen.shape[1]) for term in terms]
    directions = [0.1 * torch.randn(*width, generator=generator) for width in widths]
    return _Fitted(embedding, directions, [torch.zeros(people, width[0]) for width in widths])


def _lean(seen: Tensor, step: Tensor, who: Tensor, embedding: Tensor, directions: Tensor) -> Tensor:
    """(M, K) what the embedding adds to each opinion's logit."""
    kinds, rank, components = directions.shape
    projected = (seen @ directions.reshape(kinds * rank, components).T).reshape(-1, kinds, rank)
    return (projected[step] * embedding[who][:, None, :]).sum(dim=2)


def _noise(terms: list[_Term], opinions: Opinions) -> float:
    """The size of the gradient that opinions without any pattern would make: its largest singular value."""
    judgements = float(np.mean([float(term.judged.sum()) for term in terms])) / opinions.people()
    components = max(term.seen.shape[1] for term in terms)
    return float(0.5 * np.sqrt(judgements) * (np.sqrt(opinions.people()) + np.sqrt(components)))


def _share(terms: list[_Term], halves: list[Tensor]) -> float:
    whole = sum(float(term.halves.sum()) for term in terms)
    return sum(float(half.sum()) for half in halves) / max(whole, 1e-9)


def _shrunk(fitted: _Fitted, terms: list[_Term], opinions: Opinions) -> _Fitted:
    """Leans relative to the consensus, in its units, and believed as far as each annotator's labels reach."""
    labels = opinions.labels_of.float()
    trust = (labels.square() / (labels.square() + HALF_TRUST**2))[:, None]
    mean = (fitted.embedding * labels[:, None]).sum(dim=0) / labels.sum().clamp_min(1)
    directions = [one / term.scale[:, None, None] for one, term in zip(fitted.directions, terms, strict=True)]
    leaning = []
    for one, term in zip(fitted.leaning, terms, strict=True):
        common = (one * term.judged).sum(dim=0) / term.judged.sum(dim=0).clamp_min(1e-9)
        # Who never judged a type has no bias about it.
        leaning.append((one - common) * (term.judged > 0) * trust / term.scale)
    return _Fitted((fitted.embedding - mean) * trust, directions, leaning)


def _loss(fitted: _Fitted, terms: list[_Term], opinions: Opinions, rows: Tensor) -> float:
    """Mean log loss of the chosen opinions, by panels in the consensus' units."""
    chosen = rows.nonzero()[:, 0]
    step, who = opinions.step[chosen], opinions.annotator[chosen]
    total = 0.0
    for term, directions, leaning in zip(terms, fitted.directions, fitted.leaning, strict=True):
        lean = _lean(term.seen, step, who, fitted.embedding, directions) + leaning[who]
        total += float(row_losses(term.base[step] + lean * term.scale, term.halves[:, chosen]).sum())
    return total


def _held_out(
    names: list[str],
    terms: list[_Term],
    opinions: Opinions,
    apart: list[tuple[Tensor, _Fitted]],
    members: tuple[int, ...],
) -> HeldOutLeans | None:
    """The members' leans at (evenly some of) the steps about which at least two annotators spoke."""
    chosen = torch.tensor(members, dtype=torch.long)
    parts: list[tuple[Tensor, list[Tensor]]] = []
    for held, fitted in apart:
        steps, voices = torch.unique(opinions.step[held], return_counts=True)
        steps = steps[voices >= 2]
        steps = steps[:: max(1, -(-len(steps) * FOLDS // MOST_STEPS))]
        leans = [
            torch.einsum("sq,krq,pr->spk", term.seen[steps], directions, fitted.embedding[chosen])
            + leaning[chosen]
            for term, directions, leaning in zip(terms, fitted.directions, fitted.leaning, strict=True)
        ]
        parts.append((steps, leans))
    by_head = {name: torch.cat([leans[number] for _, leans in parts]) for number, name in enumerate(names)}
    return HeldOutLeans(torch.cat([steps for steps, _ in parts]), by_head)
