"""Key/value cache of many rows, each of a length of its own."""

from collections.abc import Sequence
from typing import Any

import torch
from transformers import Cache

WIDTH_STEP = 64
"""Views are a multiple of this many positions wide: few shapes, and little that is only padding."""
_POSITION_STEP = 256
_ROW_STEP = 64


class RowCache(Cache):  # type: ignore[misc]  # transformers is untyped
    """Preallocated keys and values, one tensor of each per layer: rows, heads, positions, width.

    A row's token goes to the position that is the row's length, so rows of different lengths
    advance together without left padding, and a row can be filled as soon as another one ended.
    The caller masks what lies beyond a row's length.
    """

    def __init__(self, like: Cache, device: torch.device) -> None:
        """Takes layers, heads, widths and types from a filled cache of the model."""
        super().__init__(layers=[])
        self._shapes = [
            [(t.shape[1], t.shape[3], t.dtype) for t in (layer.keys, layer.values)]
            for layer in like.layers
        ]
        self._device = device
        self._keys = [self._zeros(pair[0], 0, 0) for pair in self._shapes]
        self._values = [self._zeros(pair[1], 0, 0) for pair in self._shapes]
        self._size = (0, 0)
        self._rows = torch.empty(0, dtype=torch.long)
        self._lengths = torch.empty(0, dtype=torch.long)
        self._width = 0
        self.max_tokens = 0
        """Rows by positions that growing ahead of need may not pass; set once the need is known."""

    @property
    def bytes_per_token(self) -> int:
        """Bytes that one position of one row takes, in all layers."""
        return sum(
            heads * width * dtype.itemsize for pair in self._shapes for heads, width, dtype in pair
        )

    def reserve(self, rows: int, positions: int) -> None:
        """Makes room for so many rows of so many positions: all that are in use, and new ones.

        What lies in that range is kept; what lies beyond it may go.
        """
        if rows <= self._size[0] and positions <= self._size[1]:
            return
        new = (
            max(self._size[0], _rounded_up(rows, _ROW_STEP)),
            max(self._size[1], _rounded_up(positions, _POSITION_STEP)),
        )
        if new[0] * new[1] > self.max_tokens:
            # Many short rows once and few long rows now must not add up to many long rows.
            new = (rows, _rounded_up(positions, WIDTH_STEP))
        for tensors, part in ((self._keys, 0), (self._values, 1)):
            for layer, old in enumerate(tensors):
                grown = self._zeros(self._shapes[layer][part], *new)
                kept = min(new[0], self._size[0]), min(new[1], self._size[1])
                grown[: kept[0], :, : kept[1]] = old[: kept[0], :, : kept[1]]
                tensors[layer] = grown
        self._size = new

    def _zeros(
        self, shape: tuple[int, int, torch.dtype], rows: int, positions: int
    ) -> torch.Tensor:
        # Zeros, not what the memory held: a masked NaN is still a NaN.
        heads, width, dtype = shape
        return torch.zeros((rows, heads, positions, width), dtype=dtype, device=self._device)

    def fill(self, rows: slice, pieces: Sequence[tuple[Cache, int, slice]]) -> None:
        """Copies what was computed of one prompt into reserved rows.

        Args:
            rows: The rows.
            pieces: Where its keys and values lie, in order: cache, row, positions.
        """
        start = 0
        for source, index, positions in pieces:
            end = start + positions.stop - positions.start
            for layer, filled in enumerate(source.layers):
                self._keys[layer][rows, :, start:end] = filled.keys[index, :, positions]
                self._values[layer][rows, :, start:end] = filled.values[index, :, positions]
            start = end

    def move(self, sources: Sequence[int], targets: Sequence[int], length: int) -> None:
        """Copies the first positions of rows onto other rows."""
        source = torch.tensor(sources, device=self._device)
        target = torch.tensor(targets, device=self._device)
        for tensors in (self._keys, self._values):
            for tensor in tensors:
                tensor[target, :, :length] = tensor[source, :, :length]

    def begin_step(self, lengths: torch.Tensor, longest: int) -> torch.Tensor:
        """Prepares a forward pass of one new token for the first rows.

        Args:
            lengths: Tokens that each row holds already.
            longest: The largest of them.

        Returns:
            The mask of the pass: rows, 1, 1, positions; true where a row may look.
        """
        self.reserve(len(lengths), longest + 1)
        self._rows = torch.arange(len(lengths), device=self._device)
        self._lengths = lengths
        self._width = min(_rounded_up(longest + 1, WIDTH_STEP), self._size[1])
        positions = torch.arange(self._width, device=self._device)
        return (positions[None, :] <= lengths[:, None])[:, None, None, :]

    def update(
        self,
        key_states: torch.Tensor,
        value_states: torch.Tensor,
        layer_idx: int,
        *_args: Any,
        **_kwargs: Any,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Called by the model's attention: stores the new token, gives back all that is seen."""
        keys, values = self._keys[layer_idx], self._values[layer_idx]
        keys[self._rows, :, self._lengths] = key_states[:, :, 0]
        values[self._rows, :, self._lengths] = value_states[:, :, 0]
        count = len(self._rows)
        return keys[:count, :, : self._width], values[:count, :, : self._width]

    def get_seq_length(self, layer_idx: int = 0) -> int:  # noqa: ARG002
        """Positions of the view, less the new one."""
        return max(self._width - 1, 0)

    def __len__(self) -> int:
        return len(self._shapes)


def _rounded_up(number: int, step: int) -> int:
    return -(-number // step) * step
