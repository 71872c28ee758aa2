"""The network: heads over window statistics, and each annotator's lean away from them.

    logit(annotator a, type k) = w_k . h + b_k + residual_k(h)  +  e_a . (U_k h) + b_ak

The first half is the consensus, the curve: straight but for what `ml.models.residual` adds. The second half
is what makes a panel disagree; an annotator nobody has met has e = 0 and b = 0 and so sees the consensus.
Descriptors and embeddings have heads of their own, because the few descriptors drown among thousands of
embedding numbers.
"""

from dataclasses import dataclass
from typing import Literal, cast, get_args

import torch
from torch import Tensor, nn

from ml.models.residual import Residual
from ml.models.separate import Separate
from ml.models.standard import mean_and_scale, standardised

# How annotators are learned: leans from a consensus, heads or models of their own, or a vote beforehand.
Annotators = Literal["low-rank", "heads", "ensemble", "majority"]
ANNOTATORS: tuple[Annotators, ...] = get_args(Annotators)


@dataclass(frozen=True)
class ModelConfig:
    """Shapes of the network. `*_types` count the violation types each head scores.

    Without embeddings (`*_embedding_inputs` of 0: the embedded tier) there are no heads for them.
    """

    picture_inputs: int
    sound_inputs: int
    picture_types: int
    sound_types: int
    joint_types: int
    annotators: int
    rank: int = 4
    picture_embedding_inputs: int = 0
    sound_embedding_inputs: int = 0
    reduced: int = 0  # directions kept of either embedding's statistics
    annotators_by: Annotators = "low-rank"


class Head(nn.Module):
    """Standardise, then score: (N, D) window statistics -> (N, K) logits."""

    mean: Tensor
    scale: Tensor

    def __init__(self, inputs: int, types: int, annotators: int, rank: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(inputs))
        self.register_buffer("scale", torch.ones(inputs))
        self.weight = nn.Parameter(torch.zeros(types, inputs))
        self.bias = nn.Parameter(torch.zeros(types))
        self.directions = nn.Parameter(torch.zeros(types, rank, inputs))  # U
        self.leaning = nn.Parameter(torch.zeros(annotators, types))  # b_a
        self.residual = Residual(inputs, types)
        self.separate: Separate | None = None

    def standardise_on(self, x: Tensor, rows: Tensor) -> None:
        """Set mean and scale from the chosen training rows of (N, D) statistics."""
        chosen = x[rows]
        if len(chosen) == 0:
            return
        mean, scale = mean_and_scale(chosen)
        self.mean.copy_(mean)
        self.scale.copy_(scale)

    def standardise(self, x: Tensor) -> Tensor:
        """(N, D) raw statistics -> (N, D) h, in standard deviations of the training data."""
        return standardised(x, self.mean, self.scale)

    def consensus(self, h: Tensor) -> Tensor:
        """(N, D) h -> (N, K) logits of the consensus: straight, and what the residual network adds."""
        if self.separate is not None:
            return self.separate.consensus(h)
        logits: Tensor = h @ self.weight.T + self.bias + self.residual(h)
        return logits

    def panel(self, h: Tensor, embedding: Tensor, members: Tensor) -> Tensor:
        """(N, D) h, (P,) annotator numbers -> (N, P, K) logits as each of them would score."""
        if self.separate is not None:
            return self.separate.panel(h, members)
        seen = torch.einsum("nd,krd->nkr", h, self.directions)
        lean = torch.einsum("nkr,pr->npk", seen, embedding[members])
        return self.consensus(h)[:, None, :] + lean + self.leaning[members]


class EmbeddingHead(Head):
    """A head over an embedding's window statistics (N, D), reduced to the few directions Q that vary most.

    The directions keep their spread: whitened, the faint ones would speak as loudly as the strong ones.
    """

    basis: Tensor

    def __init__(self, inputs: int, reduced: int, types: int, annotators: int, rank: int) -> None:
        super().__init__(reduced, types, annotators, rank)
        self.register_buffer("mean", torch.zeros(inputs))
        self.register_buffer("scale", torch.ones(inputs))
        self.register_buffer("basis", torch.zeros(inputs, reduced))

    def standardise(self, x: Tensor) -> Tensor:
        """(N, D) raw statistics -> (N, Q) h; one direction has a mean square of 1 on average."""
        return super().standardise(x) @ self.basis


class ReviewModel(nn.Module):
    """Heads for picture, sound and both together, and for either embedding; one embedding per annotator."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        people, rank = config.annotators, config.rank
        self.picture = Head(config.picture_inputs, config.picture_types, people, rank)
        self.sound = Head(config.sound_inputs, config.sound_types, people, rank)
        self.joint = Head(config.picture_inputs + config.sound_inputs, config.joint_types, people, rank)
        self.embedding = nn.Parameter(torch.zeros(people, rank))  # e_a
        self.learned = nn.ModuleDict()
        for name, inputs, types in (
            ("picture_embedding", config.picture_embedding_inputs, config.picture_types),
            ("sound_embedding", config.sound_embedding_inputs, config.sound_types),
        ):
            if inputs:
                self.learned[name] = EmbeddingHead(inputs, config.reduced, types, people, rank)
        if config.annotators_by in ("heads", "ensemble"):
            for head in self.heads().values():
                types, inputs = head.weight.shape
                own_eyes = config.annotators_by == "ensemble"
                head.separate = Separate(inputs, types, people, own_eyes=own_eyes)

    def heads(self) -> dict[str, Head]:
        """The heads by what they look at, in a fixed order."""
        heads = {"picture": self.picture, "sound": self.sound, "both": self.joint}
        return heads | {name: cast(Head, head) for name, head in self.learned.items()}


def build_review_model(config: ModelConfig) -> ReviewModel:
    """An untrained network of these shapes: every score is even, every annotator the consensus."""
    return ReviewModel(config).eval()
