"""Results of a training before they are written down."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .calibration import Calibration


@dataclass(frozen=True)
class HeldOut:
    """How a reward model orders pairs of problems that it was not trained on."""

    pair_accuracy: float
    """Mean over problems of the share of their pairs in the right order; ties count half."""
    pairs: int
    problems: int


@dataclass(frozen=True)
class Trained:
    """A trained model with all that is to be known of it."""

    tokenizer: Any
    steps: int
    tokens: int
    curve: list[dict[str, float]]
    save: Callable[[Path], None]
    """Writes the model to a folder; every process must take part."""
    calibration: Calibration | None = None
    held_out: HeldOut | None = None
    held_out_round_1: HeldOut | None = None
    """The same over the pairs of round 1 alone: a set that every later round holds out, too."""
