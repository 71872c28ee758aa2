"""How each annotator leans away from the consensus: low rank, shrunk to nothing when labels are few."""

import torch
from torch import Tensor

from ml.models.fit import balanced, balanced_loss
from ml.models.heads import Head, ReviewModel

COMPONENTS = 48  # directions of the data in which people may differ
HALF_TRUST = 20.0  # labels after which an annotator is believed half as much as the data alone would
_ROUNDS = 150
_RATE = 0.03
_PENALTY = 0.02


def fit_panel(
    model: ReviewModel,
    inputs: dict[str, Tensor],  # (N, D) h by head
    labels: dict[str, tuple[Tensor, Tensor]],  # (M, K) label and weight by head
    step: Tensor,  # (M,) which step each opinion is about
    annotator: Tensor,  # (M,)
    labels_of: Tensor,  # (A,)
    *,
    seed: int,
) -> None:
    """Fit embeddings, directions and biases while the consensus stands still; writes into the model."""
    people, rank = model.embedding.shape
    if people < 2 or len(step) == 0:
        return
    generator = torch.Generator().manual_seed(seed)
    embedding = torch.zeros(people, rank, requires_grad=True)
    terms = [
        _Term(head, inputs[name], labels[name], step, rank, people, generator)
        for name, head in model.heads().items()
        if labels[name][1].sum() > 0
    ]
    free = [embedding, *(tensor for term in terms for tensor in (term.small, term.leaning))]
    solver = torch.optim.Adam(free, lr=_RATE)
    for _ in range(_ROUNDS):
        solver.zero_grad()
        loss = torch.stack([term.loss(embedding, step, annotator) for term in terms]).sum()
        (loss + _PENALTY * sum(tensor.square().mean() for tensor in free)).backward()  # type: ignore[no-untyped-call]
        solver.step()
    _write(model, embedding.detach(), terms, labels_of)


class _Term:
    """One head's share of the loss, in the few directions that matter."""

    def __init__(
        self,
        head: Head,
        h: Tensor,
        labels: tuple[Tensor, Tensor],
        step: Tensor,
        rank: int,
        people: int,
        generator: torch.Generator,
    ) -> None:
        self.head = head
        self.basis = _principal(h)  # (D, Q)
        self.seen = h @ self.basis  # (N, Q)
        with torch.no_grad():
            self.agreed = head.consensus(h)[step]  # (M, K)
        self.halves = balanced(*labels)
        types = self.agreed.shape[1]
        start = torch.randn(types, rank, self.basis.shape[1], generator=generator)
        self.small = (
            0.1 * start / max(self.basis.shape[1], 1) ** 0.5
        ).requires_grad_()  # U in few directions
        self.leaning = torch.zeros(people, types, requires_grad=True)

    def loss(self, embedding: Tensor, step: Tensor, annotator: Tensor) -> Tensor:
        seen = torch.einsum("nq,krq->nkr", self.seen, self.small)[step]  # (M, K, R)
        lean = (seen * embedding[annotator][:, None, :]).sum(dim=2) + self.leaning[annotator]
        return balanced_loss(self.agreed + lean, self.halves).sum()


def _principal(h: Tensor) -> Tensor:
    """(N, D) -> (D, Q) whitening directions of the largest spread."""
    centred = h - h.mean(dim=0)
    values, vectors = torch.linalg.eigh(centred.T @ centred / max(len(h), 1))
    most = min(COMPONENTS, len(values))
    whitening: Tensor = vectors[:, -most:] / values[-most:].clamp_min(1e-2).sqrt()
    return whitening


def _write(model: ReviewModel, embedding: Tensor, terms: list[_Term], labels_of: Tensor) -> None:
    trust = (labels_of / (labels_of + HALF_TRUST)).to(embedding.dtype)[:, None]
    with torch.no_grad():
        model.embedding.copy_(embedding * trust)
        for term in terms:
            term.head.directions.copy_(term.small @ term.basis.T)
            term.head.leaning.copy_(term.leaning * trust)
