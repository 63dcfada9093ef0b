"""Drawing one token per row, all rows at once."""

import hashlib
import os
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def row_key(seed: int | None, choice: int) -> int:
    """The key of one choice's random numbers (64 bits): a function of seed and choice, or fresh."""
    if seed is None:
        return int.from_bytes(os.urandom(8), "little")
    digest = hashlib.blake2b(f"{seed}:{choice}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def uniforms(
    keys: npt.NDArray[np.uint64], positions: npt.NDArray[np.uint64]
) -> npt.NDArray[np.float32]:
    """One uniform number in [0, 1) per row.

    It depends on the row's key and position only (splitmix64), so it does not matter which other
    rows are drawn beside it.
    """
    with np.errstate(over="ignore"):
        z = keys + (positions + np.uint64(1)) * _GOLDEN
        z = (z ^ (z >> np.uint64(30))) * _MIX_1
        z = (z ^ (z >> np.uint64(27))) * _MIX_2
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float32) * np.float32(2**-24)


@dataclass(frozen=True)
class SamplingParams:
    """How rows are drawn; one element per row."""

    temperature: torch.Tensor
    top_p: torch.Tensor
    keys: npt.NDArray[np.uint64]
    any_greedy: bool
    any_sampled: bool
    any_top_p: bool

    @classmethod
    def of(cls, rows: list[tuple[float, float, int]], device: torch.device) -> "SamplingParams":
        """From (temperature, top_p, key) of each row."""
        temperatures = [row[0] for row in rows]
        return cls(
            temperature=torch.tensor(temperatures, device=device),
            top_p=torch.tensor([row[1] for row in rows], device=device),
            keys=np.array([row[2] for row in rows], dtype=np.uint64),
            any_greedy=0 in temperatures,
            any_sampled=any(temperatures),
            any_top_p=any(row[1] < 1 and row[0] > 0 for row in rows),
        )


def sample(
    logits: torch.Tensor, params: SamplingParams, positions: npt.NDArray[np.uint64]
) -> torch.Tensor:
    """Draws one token per row.

    Args:
        logits: Rows by vocabulary.
        params: How each row is drawn; temperature 0 takes the most likely token.
        positions: Number of the draw within each row.

    Returns:
        Token ids, one per row.
    """
    if not params.any_sampled:
        return logits.argmax(-1)
    greedy = params.temperature == 0
    temperature = (
        torch.where(greedy, 1.0, params.temperature) if params.any_greedy else (params.temperature)
    )
    probabilities = torch.softmax(logits.float() / temperature[:, None], dim=-1)
    if params.any_top_p:
        probabilities = _keep_top_p(probabilities, params.top_p)
    drawn = _invert(probabilities, uniforms(params.keys, positions))
    if params.any_greedy:
        drawn = torch.where(greedy, logits.argmax(-1), drawn)
    return drawn


def _keep_top_p(probabilities: torch.Tensor, top_p: torch.Tensor) -> torch.Tensor:
    """Zeroes what lies beyond the smallest set of tokens that holds `top_p` of the mass."""
    ordered, order = probabilities.sort(dim=-1, descending=True)
    beyond = ordered.cumsum(-1) - ordered >= top_p[:, None]
    # A row with top_p = 1 keeps everything, whatever rounding made of its sum.
    beyond &= (top_p < 1)[:, None]
    beyond[:, 0] = False
    return torch.zeros_like(probabilities).scatter(-1, order, ordered.masked_fill(beyond, 0.0))


def _invert(probabilities: torch.Tensor, numbers: npt.NDArray[np.float32]) -> torch.Tensor:
    """The token at which the cumulated mass passes `numbers` of the total."""
    cumulated = probabilities.cumsum(-1)
    total = cumulated[:, -1:]
    wanted = torch.from_numpy(numbers).to(probabilities.device)[:, None] * total
    # Rounding must not carry the product up to the total: there is no token beyond it.
    wanted = torch.minimum(wanted, torch.nextafter(total, torch.zeros_like(total)))
    return torch.searchsorted(cumulated, wanted, right=True)[:, 0]
