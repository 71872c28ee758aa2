"""The residual network begins at zero, learns what a line cannot say, and stays out where it does not pay."""

import numpy as np
import pytest
import torch
from torch import Tensor

from ml.models.fit import Lines, Problems, l2_path, spread_of
from ml.models.heads import Head
from ml.models.residual import FEWEST_GROUPS, Residual, Taught, teach_residual, whitening

ROWS, WIDTH, FOLDS = 2400, 6, 5


def inputs(seed: int = 0) -> Tensor:
    return torch.randn(ROWS, WIDTH, generator=torch.Generator().manual_seed(seed))


def groups(count: int) -> Tensor:
    return torch.arange(ROWS) * count // ROWS


def problems_of(label: Tensor, group: Tensor) -> Problems:
    return Problems(label.float(), torch.ones(ROWS), group % FOLDS, ROWS, False)


def taught(h: Tensor, problems: Problems, group: Tensor, seed: int = 0) -> tuple[Lines, Taught]:
    spread = spread_of(h)
    lines = l2_path(h, problems, spread, group)
    return lines, teach_residual(h @ whitening(spread), lines(h), problems, group, seed=seed)


def together(h: Tensor) -> Tensor:
    """Shown only where both inputs are high or both are low: no line tells."""
    return h[:, 0] * h[:, 1] > 0.3


def test_an_untaught_head_is_exactly_its_line() -> None:
    head = Head(WIDTH, 2, 0, 1)
    with torch.no_grad():
        head.weight.normal_(generator=torch.Generator().manual_seed(1))
    assert torch.equal(head.consensus(inputs()), inputs() @ head.weight.T + head.bias)
    assert not Residual(WIDTH, 3)(inputs()).any()


def test_it_learns_what_no_line_can_say() -> None:
    h, group = inputs(), groups(40)
    problems = problems_of(together(h), group)
    lines, network = taught(h, problems, group)
    straight = problems.held_out(lines(h))
    assert network.kept
    bent = straight + network.adds
    before, after = (float(problems.losses(problems.to_scale(z)).sum()) for z in (straight, bent))
    assert before == pytest.approx(np.log(2), abs=0.02)  # the line tells nothing
    assert after < before - 0.15
    assert network.gain == pytest.approx(before - after, abs=1e-5)


def test_where_a_line_says_it_all_it_contributes_exactly_nothing() -> None:
    for seed in range(3):
        h, group = inputs(seed), groups(40)
        noise = torch.randn(ROWS, generator=torch.Generator().manual_seed(9 + seed))
        network = taught(h, problems_of(h[:, 0] + noise > 1, group), group)[1]
        assert not network.kept
        assert not network.adds.any()


def test_with_few_split_groups_it_is_not_even_tried() -> None:
    h, group = inputs(), groups(FEWEST_GROUPS - 1)
    network = taught(h, problems_of(together(h), group), group)[1]
    assert (network.kept, network.batches) == (False, 0)


def test_what_helps_in_one_split_group_alone_is_no_evidence() -> None:
    h, group = inputs(), groups(40)
    noise = torch.randn(ROWS, generator=torch.Generator().manual_seed(3))
    label = torch.where(group < 2, together(h), h[:, 2] + noise > 1)
    assert not taught(h, problems_of(label, group), group)[1].kept


def test_the_same_seed_gives_the_same_network() -> None:
    h, group = inputs(), groups(40)
    one, again = (taught(h, problems_of(together(h), group), group)[1] for _ in range(2))
    other = taught(h, problems_of(together(h), group), group, seed=1)[1]
    assert all(torch.equal(a, b) for a, b in zip(one.network, again.network, strict=True))
    assert not torch.equal(one.network[0], other.network[0])


def test_validation_rows_teach_no_network_and_only_say_when_to_stop() -> None:
    h, group = inputs(), groups(40)
    fold, label, spread = torch.where(group % 2 == 0, -1, 0), together(h), spread_of(h)
    straight = torch.zeros(ROWS, 1)
    networks = []
    for held in (label, torch.where(fold == 0, label ^ (h[:, 3] > 1.8), label)):
        problems = Problems(held.float(), torch.ones(ROWS), fold, ROWS, True)
        networks.append(teach_residual(h @ whitening(spread), straight, problems, group, seed=0))
    assert networks[0].kept
    assert networks[0].batches == networks[1].batches
    assert all(torch.equal(a, b) for a, b in zip(*(n.network for n in networks), strict=True))
