"""Texts to tokens: what carries loss, what does not, and what goes into one batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from .rows import PairGroup, Trace

IGNORED = -100
"""Label of a token that carries no loss (the convention of transformers)."""

Batch = dict[str, Any]


def encode_trace(trace: Trace, tokenizer: Any) -> list[dict[str, list[int]]]:
    """Token ids and labels of a trace: loss on what the policy wrote itself, and nowhere else.

    A server encodes the whole text so far, each time that it is asked to go on: the prompt, then
    everything up to each part that is trained. Every such text is a token prefix of a row, so that
    the policy learns to continue what it will be shown. Where a text goes on in other tokens than
    it ends in (Qwen's rules make one of a full stop and the line break behind it), no row can hold
    both: a new one begins there, with the text so far as a server will encode it, without loss.

    Returns:
        Rows, usually one. A token carries loss in one of them, when it begins in a part that is
        trained; the end of sequence is learnt as well.
    """
    spans, text = [], trace.prompt
    for part in trace.response:
        if part.train:
            spans.append((len(text), len(text) + len(part.text)))
        text += part.text
    asked = [start for start, _ in spans]
    known = [_encode(text[:end], tokenizer) for end in (*asked, len(text))]
    rows = []
    first = 0
    while first < len(asked):
        last = first
        while last < len(asked) and _begins_with(known[last + 1], known[last]):
            last += 1
        if last > first:
            row = known[last]
        else:
            last = first + 1
            row = known[first] + _encode_part(
                text, asked[first], (*asked, len(text))[last], tokenizer
            )
        trained = spans[first:last]
        labels = [
            token.id if index >= len(known[first]) and token.begins_in(trained) else IGNORED
            for index, token in enumerate(row)
        ]
        end = [int(tokenizer.eos_token_id)] if last == len(asked) else []
        rows.append({"input_ids": [token.id for token in row] + end, "labels": labels + end})
        first = last
    return rows


@dataclass(frozen=True)
class _Token:
    """A token, and the characters of the text that it stands for."""

    id: int
    first: int
    last: int

    def begins_in(self, spans: Sequence[tuple[int, int]]) -> bool:
        """Whether it begins in one of the spans.

        Some tokenizers leave white space out of what they say a token stands for: of a line break
        alone only its end is left.
        """
        return any(start < self.last and self.first < end for start, end in spans)


def _encode(text: str, tokenizer: Any, *, special: bool = True) -> list[_Token]:
    """The tokens of a text, as servers encode it."""
    encoded = tokenizer(text, return_offsets_mapping=True, add_special_tokens=special)
    return [
        _Token(token, *span)
        for token, span in zip(encoded["input_ids"], encoded["offset_mapping"], strict=True)
    ]


def _encode_part(text: str, start: int, end: int, tokenizer: Any) -> list[_Token]:
    """The tokens of a part of a text, encoded on its own."""
    tokens = _encode(text[start:end], tokenizer, special=False)
    return [_Token(token.id, token.first + start, token.last + start) for token in tokens]


def _begins_with(text: Sequence[_Token], beginning: Sequence[_Token]) -> bool:
    ids = [token.id for token in text[: len(beginning)]]
    return ids == [token.id for token in beginning]


@dataclass(frozen=True)
class TraceCollator:
    """Makes batches of traces: padded on the right, or laid end to end where `packing` is on."""

    padding: int
    packing: bool

    def __call__(self, rows: Sequence[dict[str, list[int]]]) -> Batch:
        """Batches rows of `encode_trace`."""
        if self.packing:
            return self._packed(rows)
        # No mask: with causal attention, padding on the right is never looked at.
        return {
            "input_ids": _pad([row["input_ids"] for row in rows], self.padding),
            "labels": _pad([row["labels"] for row in rows], IGNORED),
        }

    def _packed(self, rows: Sequence[dict[str, list[int]]]) -> Batch:
        """One row; positions start anew with each trace, which keeps them out of one another."""
        ids = [token for row in rows for token in row["input_ids"]]
        # The first token of a trace must not be predicted from the last one of its neighbour.
        labels = [label for row in rows for label in [IGNORED, *row["labels"][1:]]]
        positions = [index for row in rows for index in range(len(row["input_ids"]))]
        return {
            "input_ids": torch.tensor([ids]),
            "labels": torch.tensor([labels]),
            "position_ids": torch.tensor([positions]),
        }


@dataclass(frozen=True)
class EncodedGroup:
    """A group of completions as a tree of tokens: what all begin with, and where they go on."""

    problem_id: str
    trunk: list[int]
    branches: list[list[int]]
    """Tokens that follow the trunk, at least one in each branch; better branches first."""
    positives: int
    targets: list[float]
    """Q-value of each branch; empty where the data holds none."""
    round: int | None = None
    """Round whose trees it comes from; `None` where the data does not say."""
    weight: float = 1.0
    """Weight in a mean over groups: less than one where it is a part of a group."""

    @property
    def computed(self) -> int:
        """Tokens that are computed: the trunk once."""
        return len(self.trunk) + sum(map(len, self.branches))

    @property
    def longest(self) -> int:
        """Tokens of the longest solution."""
        return len(self.trunk) + max(map(len, self.branches))


def encode_group(group: PairGroup, tokenizer: Any) -> EncodedGroup:
    """Token ids of a group's solutions so far, each encoded whole, as servers encode them."""
    sides = [*group.positives, *group.negatives]
    texts = tokenizer([group.prompt + side.text for side in sides])["input_ids"]
    shared = _common_prefix(texts)
    values = [side.q for side in sides if side.q is not None]
    return EncodedGroup(
        problem_id=group.problem_id,
        trunk=texts[0][:shared],
        branches=[text[shared:] for text in texts],
        positives=len(group.positives),
        targets=values if len(values) == len(sides) else [],
        round=group.round,
        weight=group.weight,
    )


@dataclass(frozen=True)
class GroupCollator:
    """Makes batches of groups, one row each: the trunk, then the branches side by side.

    A branch sees the trunk and itself, and its positions go on where the trunk ends, so each
    solution is computed as if it stood alone; the trunk, most of the text, is computed once.
    """

    padding: int

    def __call__(self, rows: Sequence[EncodedGroup]) -> Batch:
        """Batches groups.

        Returns:
            Model inputs; `ends`, the places of the solutions' last tokens in the flattened batch;
            `groups`, how many better and worse ones each group has; `targets`, their Q-values;
            `weights`, what each group counts.
        """
        width = max(row.computed for row in rows)
        ids, positions, owners, ends = [], [], [], []
        for number, row in enumerate(rows):
            tokens, places, owner = [*row.trunk], [*range(len(row.trunk))], [0] * len(row.trunk)
            for branch_number, branch in enumerate(row.branches, 1):
                tokens += branch
                places += range(len(row.trunk), len(row.trunk) + len(branch))
                owner += [branch_number] * len(branch)
                ends.append(number * width + len(tokens) - 1)
            ids.append(tokens)
            positions.append(places)
            owners.append(owner)
        owner_of = _pad(owners, -1, width)
        order = torch.arange(width)
        # Padding belongs to nobody, but must see something: a row without any key is no number.
        visible = (owner_of[:, None, :] == owner_of[:, :, None]) | (owner_of[:, None, :] == 0)
        return {
            "input_ids": _pad(ids, self.padding, width),
            "position_ids": _pad(positions, 0, width),
            "attention_mask": (visible & (order[None, :] <= order[:, None]))[:, None],
            "ends": torch.tensor(ends),
            "groups": [(row.positives, len(row.branches) - row.positives) for row in rows],
            "targets": torch.tensor([target for row in rows for target in row.targets]),
            "weights": torch.tensor([row.weight for row in rows]),
        }


def _common_prefix(texts: Sequence[list[int]]) -> int:
    """Length of the common prefix; every text keeps a token of its own."""
    first, last = min(texts), max(texts)
    limit = min(map(len, texts)) - 1
    for index in range(limit):
        if first[index] != last[index]:
            return index
    return max(limit, 0)


def _pad(
    sequences: Sequence[Sequence[int]], filling: int, width: int | None = None
) -> torch.Tensor:
    """Right-pads sequences to the longest one, or to a width."""
    longest = width or max(len(sequence) for sequence in sequences)
    return torch.tensor([[*row, *[filling] * (longest - len(row))] for row in sequences])
