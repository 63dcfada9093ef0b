"""From raw logits to values: how a PPM's scores become q0.

See docs/search.md, "Node statistics".
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

MAX_STEPS = 100
RIDGE = 1e-2
"""Weight of the prior, in observations: keeps the slope finite where the sides separate."""
SMALLEST_SLOPE = 0.02
"""Slope, on standardised logits, of a scale that makes next to nothing of a model that orders
held-out solutions no better than chance, or the wrong way round."""
WIDENING = 2.0
"""How much wider a scale is made than what it was trained on says: a model parts those sides too
well, and its values would be too sure. Measured: `docs/decisions/training.md`."""

FittedOn = Literal["held-out", "training"]


@dataclass(frozen=True)
class Calibration:
    """The scale of a PPM, `q0 = tanh((logit - b) / tau)`, and what it was fitted on."""

    b: float
    tau: float
    fitted_on: FittedOn | None = None
    """Whether the model was trained on the groups; `None`: nothing was fitted, the loss had this
    scale."""
    groups: int = 0
    problems: int = 0

    def widened(self) -> "Calibration":
        """The scale where it was fitted on what the model was trained on."""
        return replace(self, tau=self.tau * WIDENING)


def fit_calibration(good: Sequence[float], bad: Sequence[float]) -> tuple[float, float] | None:
    """Fits `b` and `tau` of `q0 = tanh((logit - b) / tau)` against +1 and -1.

    `(1 + tanh(z)) / 2 = sigmoid(2z)`, so this is logistic regression on the logit, by Newton's
    method on standardised logits with a weak ridge. Targets are Platt's, `(n + 1) / (n + 2)` and
    `1 / (n + 2)` with the number of either side: few solutions that happen to part say little.

    Args:
        good: Logits of solutions that ought to score high.
        bad: Logits of solutions that ought to score low.

    Returns:
        `(b, tau)`, tau positive; `None` without both sides.
    """
    if not good or not bad:
        return None
    logits = [*good, *bad]
    mean = sum(logits) / len(logits)
    deviation = math.sqrt(sum((x - mean) ** 2 for x in logits) / len(logits))
    if deviation == 0:
        return mean, 1.0
    right, wrong = (len(good) + 1) / (len(good) + 2), 1 / (len(bad) + 2)
    points = [((x - mean) / deviation, right) for x in good]
    points += [((x - mean) / deviation, wrong) for x in bad]
    slope, intercept = _logistic(points)
    if slope < SMALLEST_SLOPE:
        slope, intercept = SMALLEST_SLOPE, 0.0
    # sigmoid(slope * x + intercept) with x = (logit - mean) / deviation, set equal to sigmoid(2z).
    return mean - intercept * deviation / slope, 2 * deviation / slope


def _logistic(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    slope, intercept = 1.0, 0.0
    for _ in range(MAX_STEPS):
        g1, g0 = -RIDGE * slope, -RIDGE * intercept
        h11, h10, h00 = RIDGE, 0.0, RIDGE
        for x, target in points:
            p = _sigmoid(slope * x + intercept)
            g1 += (target - p) * x
            g0 += target - p
            weight = p * (1 - p)
            h11 += weight * x * x
            h10 += weight * x
            h00 += weight
        determinant = h11 * h00 - h10 * h10
        step1 = (h00 * g1 - h10 * g0) / determinant
        step0 = (h11 * g0 - h10 * g1) / determinant
        # Far from the optimum a full Newton step overshoots.
        size = max(1.0, math.hypot(step1, step0) / 2)
        slope += step1 / size
        intercept += step0 / size
        if math.hypot(step1, step0) < 1e-9:
            break
    return slope, intercept


def _sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))
