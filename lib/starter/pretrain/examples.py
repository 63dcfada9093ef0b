"""Training examples: reading, encoding, masking, batching."""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import PreTrainedTokenizerFast

IGNORED = -100
"""Label of a token that carries no loss (the convention of transformers)."""


@dataclass(frozen=True)
class Text:
    """A prompt and the response that a careful or careless author gave to it."""

    prompt: str
    response: str


@dataclass(frozen=True)
class Encoded:
    """Token ids and their labels, equally long."""

    ids: list[int]
    labels: list[int]


def read_texts(path: Path) -> list[Text]:
    """Reads a corpus file, one JSON object a line."""
    with path.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [Text(row["prompt"], row["response"]) for row in rows]


def encode(text: Text, tokenizer: PreTrainedTokenizerFast, unsampled: tuple[str, str]) -> Encoded:
    """Encodes an example; loss on the response only, and not on what the harness writes into it.

    Args:
        text: The example.
        tokenizer: The tokenizer.
        unsampled: Tokens between which (both included) the policy never writes: the output block.
    """
    prompt = tokenizer.encode(text.prompt)
    response = [*tokenizer.encode(text.response), int(tokenizer.eos_token_id)]
    first, last = (tokenizer.convert_tokens_to_ids(token) for token in unsampled)
    start, end = response.index(first), response.index(last)
    labels = [IGNORED] * len(prompt) + response
    # One newline on either side belongs to the block: it is inserted along with it.
    for position in range(len(prompt) + start - 1, len(prompt) + end + 2):
        labels[position] = IGNORED
    return Encoded(prompt + response, labels)


def batches(examples: Sequence[Encoded], batch_size: int, seed: int) -> Iterator[list[Encoded]]:
    """Shuffled batches of similar length: sorted within windows of 64 batches."""
    shuffler = random.Random(seed)
    order = list(range(len(examples)))
    shuffler.shuffle(order)
    window = 64 * batch_size
    for start in range(0, len(order), window):
        part = sorted(order[start : start + window], key=lambda index: len(examples[index].ids))
        groups = [part[i : i + batch_size] for i in range(0, len(part), batch_size)]
        shuffler.shuffle(groups)
        for group in groups:
            yield [examples[index] for index in group]


def pad(batch: Sequence[Encoded], padding: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Right-padded ids and labels, ``[batch, longest]``.

    No attention mask is needed: with causal attention, padding on the right is never looked at.
    """
    longest = max(len(example.ids) for example in batch)
    ids = torch.full((len(batch), longest), padding)
    labels = torch.full((len(batch), longest), IGNORED)
    for row, example in enumerate(batch):
        ids[row, : len(example.ids)] = torch.tensor(example.ids)
        labels[row, : len(example.labels)] = torch.tensor(example.labels)
    return ids, labels
