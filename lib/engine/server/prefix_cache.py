"""Keys and values of prompts that were computed before, for prompts that begin like them."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from transformers import Cache

_BLOCK = 16
"""Tokens that are looked up together; what is shared beyond whole blocks is found as well."""


@dataclass(frozen=True)
class StoredPrompt:
    """One prompt with its keys and values, per layer: heads, positions, width."""

    tokens: tuple[int, ...]
    keys: list[torch.Tensor]
    values: list[torch.Tensor]

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(tensor.nbytes for tensor in (*self.keys, *self.values))


@dataclass(frozen=True)
class Prefix:
    """The beginning of a prompt that is known already."""

    source: StoredPrompt
    length: int


class PrefixCache:
    """Computed prompts, the least recently used out first.

    In a tree search every prompt is an earlier one and a step: only the step is left to compute.
    """

    def __init__(self, *, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._prompts: OrderedDict[tuple[int, ...], StoredPrompt] = OrderedDict()
        self._by_block: dict[int, StoredPrompt] = {}
        self._held = 0

    def longest(self, prompt: Sequence[int]) -> Prefix | None:
        """The longest known beginning; at least one token of the prompt is left out of it."""
        found: StoredPrompt | None = None
        for block in _block_hashes(prompt):
            stored = self._by_block.get(block)
            if stored is None:
                break
            found = stored
        if found is None:
            return None
        self._prompts.move_to_end(found.tokens)
        length = _common(found.tokens, prompt[:-1])
        return Prefix(found, length) if length > 0 else None

    def put(self, prompt: Sequence[int], pieces: Sequence[tuple[Cache, int, slice]]) -> None:
        """Keeps a computed prompt, unless it is larger than the whole cache.

        Args:
            prompt: Its tokens.
            pieces: Where its keys and values lie, in order: cache, row, positions.
        """
        tokens = tuple(prompt)
        if tokens in self._prompts:
            self._prompts.move_to_end(tokens)
            return
        layers = range(len(pieces[0][0].layers))
        stored = StoredPrompt(
            tokens,
            [torch.cat([c.layers[n].keys[i, :, s] for c, i, s in pieces], dim=1) for n in layers],
            [torch.cat([c.layers[n].values[i, :, s] for c, i, s in pieces], dim=1) for n in layers],
        )
        if stored.size > self._max_bytes:
            return
        self._prompts[tokens] = stored
        self._held += stored.size
        for block in _block_hashes(tokens):
            self._by_block[block] = stored
        while self._held > self._max_bytes:
            self._drop_oldest()

    def clear(self) -> None:
        """Forgets everything, which frees the memory."""
        self._prompts.clear()
        self._by_block.clear()
        self._held = 0

    def _drop_oldest(self) -> None:
        tokens, stored = self._prompts.popitem(last=False)
        self._held -= stored.size
        for block in _block_hashes(tokens):
            if self._by_block.get(block) is stored:
                del self._by_block[block]


def _block_hashes(tokens: Sequence[int]) -> Iterator[int]:
    """One number for the beginning up to each whole block."""
    running = 0
    for start in range(0, len(tokens) - _BLOCK + 1, _BLOCK):
        running = hash((running, *tokens[start : start + _BLOCK]))
        yield running


def _common(first: Sequence[int], second: Sequence[int]) -> int:
    """Length of the common beginning."""
    limit = min(len(first), len(second))
    for index in range(limit):
        if first[index] != second[index]:
            return index
    return limit
