"""The tokenizer of a base model, with the format's special tokens."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer

from .failure import TrainingError


def load_tokenizer(folder: Path) -> Any:
    """Loads the tokenizer of a checkpoint; what is too short is padded on the right."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.padding_side = "right"
    if tokenizer.eos_token_id is None:
        raise TrainingError(
            "model",
            f"Cannot train {folder}: expected a tokenizer with an end-of-sequence token, got none",
        )
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def add_special_tokens(tokenizer: Any, tokens: Sequence[str]) -> int:
    """Adds those of the format's tokens that are missing; returns how many.

    Raises:
        TrainingError: If one of them is no token of its own afterwards.
    """
    known = set(tokenizer.all_special_tokens)
    missing = [token for token in tokens if token not in known]
    if missing:
        # In v5 the list is set, not extended.
        extra = [token for token in known if token not in _named(tokenizer)]
        tokenizer.add_special_tokens({"additional_special_tokens": [*extra, *missing]})
    for token in tokens:
        ids = tokenizer.encode(token, add_special_tokens=False)
        if len(ids) != 1 or tokenizer.decode(ids, skip_special_tokens=False) != token:
            raise TrainingError(
                "model",
                f"Cannot add special token {token!r}: expected one token of its own, the "
                f"tokenizer makes {len(ids)} of it; its vocabulary clashes with the format",
            )
    return len(missing)


def _named(tokenizer: Any) -> set[str]:
    """Special tokens that have a name of their own: end of sequence, padding, and so on."""
    return {str(token) for token in tokenizer.special_tokens_map.values() if isinstance(token, str)}
