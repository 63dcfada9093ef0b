"""Losses against values worked out by hand."""

import math
import unittest

import torch
from trainer.losses import grouped_pairwise_loss, q_regression_loss


def _cost(difference: float) -> float:
    return math.log(1 + math.exp(-difference))


class GroupedPairwiseLoss(unittest.TestCase):
    """Eq. 4 of the paper."""

    def test_is_the_mean_over_pairs_of_a_group(self) -> None:
        """Two positives (2, 1) and two negatives (0, -1): differences 2, 3, 1, 2."""
        loss = grouped_pairwise_loss(torch.tensor([2.0, 1.0, 0.0, -1.0]), [(2, 2)])
        expected = (_cost(2) + _cost(3) + _cost(1) + _cost(2)) / 4
        self.assertAlmostEqual(loss.item(), expected, places=6)

    def test_counts_every_group_the_same(self) -> None:
        """A group of one pair weighs as much as one of four."""
        scores = torch.tensor([2.0, 1.0, 0.0, -1.0, 0.5, 0.0])
        first = (_cost(2) + _cost(3) + _cost(1) + _cost(2)) / 4
        loss = grouped_pairwise_loss(scores, [(2, 2), (1, 1)])
        self.assertAlmostEqual(loss.item(), (first + _cost(0.5)) / 2, places=6)

    def test_counts_the_parts_of_a_group_as_one(self) -> None:
        """Of three pairs that hold, two are in one part and one in the other; then a whole one."""
        scores = torch.tensor([2.0, 0.0, -1.0, 1.0, -1.0, 0.5, 0.0])
        weights = torch.tensor([2 / 3, 1 / 3, 1.0])
        first = (_cost(2) + _cost(3) + _cost(2)) / 3
        loss = grouped_pairwise_loss(scores, [(1, 2), (1, 1), (1, 1)], weights=weights)
        self.assertAlmostEqual(loss.item(), (first + _cost(0.5)) / 2, places=6)
        whole = torch.ones(3)
        self.assertEqual(
            grouped_pairwise_loss(scores, [(1, 2), (1, 1), (1, 1)], weights=whole).item(),
            grouped_pairwise_loss(scores, [(1, 2), (1, 1), (1, 1)]).item(),
        )

    def test_compares_squashed_scores_where_told(self) -> None:
        """The paper's preset."""
        loss = grouped_pairwise_loss(torch.tensor([3.0, -3.0]), [(1, 1)], tanh=True)
        self.assertAlmostEqual(loss.item(), _cost(2 * math.tanh(3)), places=6)

    def test_pulls_positives_up_and_negatives_down(self) -> None:
        """The sign of the gradient."""
        scores = torch.zeros(2, requires_grad=True)
        grouped_pairwise_loss(scores, [(1, 1)]).backward()
        gradient = scores.grad
        assert gradient is not None
        self.assertEqual(gradient.tolist(), [-0.5, 0.5])


class QRegressionLoss(unittest.TestCase):
    """Regression on Q, which the PPM is compared with."""

    def test_is_the_squared_error_of_the_squashed_score(self) -> None:
        """Every group counts the same."""
        scores = torch.tensor([0.0, 1.0, -2.0, 0.5])
        targets = torch.tensor([0.5, -1.0, -1.0, 1.0])
        errors = [0.25, (math.tanh(1) + 1) ** 2, (1 - math.tanh(2)) ** 2, (1 - math.tanh(0.5)) ** 2]
        one = q_regression_loss(scores[:2], targets[:2], [(1, 1)])
        self.assertAlmostEqual(one.item(), (errors[0] + errors[1]) / 2, places=6)
        scores3, targets3 = scores[[0, 1, 1, 2, 3]], targets[[0, 1, 1, 2, 3]]
        two = q_regression_loss(scores3, targets3, [(2, 1), (1, 1)])
        first = (errors[0] + 2 * errors[1]) / 3
        second = (errors[2] + errors[3]) / 2
        self.assertAlmostEqual(two.item(), (first + second) / 2, places=6)
        weighted = q_regression_loss(scores3, targets3, [(2, 1), (1, 1)], torch.tensor([1.0, 0.25]))
        self.assertAlmostEqual(weighted.item(), (first + second / 4) / 1.25, places=6)


if __name__ == "__main__":
    unittest.main()
