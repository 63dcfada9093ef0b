"""Losses of reward models. Scores are raw logits: of each group first positives, then negatives."""

from collections.abc import Sequence

import torch
from torch.nn import functional

Groups = Sequence[tuple[int, int]]
"""How many positives and negatives each group has."""


def grouped_pairwise_loss(
    scores: torch.Tensor,
    groups: Groups,
    tanh: bool = False,
    weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """Pairwise ranking loss of the paper's Eq. 4, averaged over groups.

    For a group with positives P and negatives N: `-1/(|P||N|) * sum log sigmoid(r(p) - r(n))`.

    Args:
        scores: One raw logit per solution, `[solutions]`.
        groups: The groups, or parts of groups.
        tanh: Whether differences are of `tanh(score)`, as the paper's preset has it.
        weights: What each of them counts, the parts of a group adding up to one; all alike by
            default.
    """
    values = torch.tanh(scores) if tanh else scores
    losses = []
    start = 0
    for positives, negatives in groups:
        better = values[start : start + positives]
        worse = values[start + positives : start + positives + negatives]
        losses.append(-functional.logsigmoid(better[:, None] - worse[None, :]).mean())
        start += positives + negatives
    return _weighted_mean(losses, weights)


def q_regression_loss(
    scores: torch.Tensor,
    targets: torch.Tensor,
    groups: Groups,
    weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """Squared error of `tanh(score)` against Q in [-1, 1], averaged over groups."""
    errors = (torch.tanh(scores) - targets) ** 2
    losses = [part.mean() for part in errors.split([sum(group) for group in groups])]
    return _weighted_mean(losses, weights)


def _weighted_mean(losses: Sequence[torch.Tensor], weights: torch.Tensor | None) -> torch.Tensor:
    stacked = torch.stack(list(losses))
    # Where every group is whole the weights change nothing, to the last bit.
    return (stacked if weights is None else stacked * (weights / weights.mean())).mean()
