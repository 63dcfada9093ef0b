"""The order in which rows are trained on."""

from collections.abc import Iterator, Sequence

import torch
from torch.utils.data import Sampler

WINDOW = 64
"""Batches among which rows are sorted by length: enough for little padding, few enough to mix."""


class LengthGroupedBatches(Sampler[int]):  # type: ignore[misc]  # torch is not typed here
    """Rows of like length side by side, in batches whose order is random.

    The stock sampler goes from long to short again and again; the learning rate falls meanwhile, so
    that lengths would be learnt unequally. An epoch's order depends on its number and the seed
    alone, which lets a training go on in the middle of one.
    """

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int) -> None:
        self._lengths = lengths
        self._batch_size = batch_size
        self._seed = seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called by accelerate before each epoch."""
        self._epoch = epoch

    def __len__(self) -> int:
        """Rows."""
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        """Indices of all rows, each once."""
        generator = torch.Generator().manual_seed(self._seed * 1_000_003 + self._epoch)
        order = torch.randperm(len(self._lengths), generator=generator).tolist()
        window = WINDOW * self._batch_size
        batches: list[list[int]] = []
        for start in range(0, len(order), window):
            part = sorted(order[start : start + window], key=self._lengths.__getitem__)
            batches += [
                part[i : i + self._batch_size] for i in range(0, len(part), self._batch_size)
            ]
        # The batch that is not full stays last: every other one must begin where one ends.
        whole = len(batches) - (len(batches[-1]) < self._batch_size)
        for index in torch.randperm(whole, generator=generator).tolist():
            yield from batches[index]
        for batch in batches[whole:]:
            yield from batch
