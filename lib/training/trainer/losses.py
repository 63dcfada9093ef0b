"""Losses of reward models. Scores are raw logits: of each group first positives, then negatives."""

from collections.abc import Sequence

import torch
from torch.nn import functional

Groups = Sequence[tuple[int, int]]
"""How many positives and negatives each group has."""


def grouped_pairwise_loss(scores: torch.Tensor, groups: Groups, tanh: bool = False) -> torch.Tensor:
    """Pairwise ranking loss of the paper's Eq. 4, averaged over groups.

    For a group with positives P and negatives N: `-1/(|P||N|) * sum log sigmoid(r(p) - r(n))`.

    Args:
        scores: One raw logit per solution, `[solutions]`.
        groups: The groups.
        tanh: Whether differences are of `tanh(score)`, as the paper's preset has it.
    """
    values = torch.tanh(scores) if tanh else scores
    losses = []
    start = 0
    for positives, negatives in groups:
        better = values[start : start + positives]
        worse = values[start + positives : start + positives + negatives]
        losses.append(-functional.logsigmoid(better[:, None] - worse[None, :]).mean())
        start += positives + negatives
    return torch.stack(losses).mean()


def q_regression_loss(scores: torch.Tensor, targets: torch.Tensor, groups: Groups) -> torch.Tensor:
    """Squared error of `tanh(score)` against Q in [-1, 1], averaged over groups."""
    errors = (torch.tanh(scores) - targets) ** 2
    return torch.stack(
        [part.mean() for part in errors.split([sum(group) for group in groups])]
    ).mean()
