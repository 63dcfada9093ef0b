"""The tokenizer of a base model, with the format's special tokens."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from model_process.untrusted import FILES_ONLY, describe
from transformers import AutoTokenizer

from .failure import TrainingError


def load_tokenizer(folder: Path) -> Any:
    """Loads the tokenizer of a checkpoint; what is too short is padded on the right.

    Raises:
        TrainingError: If there is none, or one that no model can be trained with.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, **FILES_ONLY)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise TrainingError(
            "model", f"Cannot load the tokenizer of {folder}: {describe(error)}"
        ) from error
    # For some kinds of models transformers makes up a tokenizer where there is no file of one.
    if not tokenizer("1 + 1", add_special_tokens=False)["input_ids"]:
        raise TrainingError(
            "model",
            f"Cannot train {folder}: expected a tokenizer (tokenizer.json) that knows text, got an "
            "empty one",
        )
    tokenizer.padding_side = "right"
    if tokenizer.eos_token_id is None:
        raise TrainingError(
            "model",
            f"Cannot train {folder}: expected a tokenizer with an end-of-sequence token, got none",
        )
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def pieces_of(tokenizer: Any, tokens: Sequence[str]) -> dict[str, list[int]]:
    """The tokens that make up the text of each of the format's tokens that is missing."""
    known = set(tokenizer.all_special_tokens)
    return {
        token: list(tokenizer(token, add_special_tokens=False)["input_ids"])
        for token in tokens
        if token not in known
    }


def add_special_tokens(tokenizer: Any, tokens: Sequence[str]) -> int:
    """Adds those of the format's tokens that are missing; returns how many.

    Raises:
        TrainingError: If the vocabulary holds one of them as something else.
    """
    known = set(tokenizer.all_special_tokens)
    missing = [token for token in tokens if token not in known]
    ordinary = tokenizer.get_vocab().keys() - {
        str(added) for added in tokenizer.added_tokens_decoder.values()
    }
    for token in missing:
        if token in ordinary:
            raise _clash(token, "it is an ordinary piece of text there, which has other uses")
    if missing:
        # In v5 the list is set, not extended.
        extra = [token for token in known if token not in _named(tokenizer)]
        tokenizer.add_special_tokens({"additional_special_tokens": [*extra, *missing]})
    for token in tokens:
        _check(tokenizer, token)
    return len(missing)


def _check(tokenizer: Any, token: str) -> None:
    """A token of the format is one token, and takes nothing of the text around it."""
    encoded = tokenizer(f"x{token}\n y", add_special_tokens=False, return_offsets_mapping=True)
    number = tokenizer.convert_tokens_to_ids(token)
    spans = [
        span
        for one, span in zip(encoded["input_ids"], encoded["offset_mapping"], strict=True)
        if one == number
    ]
    if len(spans) != 1:
        raise _clash(token, "its text is cut into others")
    if tuple(spans[0]) != (1, 1 + len(token)):
        raise _clash(token, "it takes the white space beside it along")


def _clash(token: str, why: str) -> TrainingError:
    return TrainingError(
        "model",
        f"Cannot use special token {token!r} with this tokenizer: expected one token that stands "
        f"for exactly this text; {why}; start from another base, or mend its tokenizer",
    )


def _named(tokenizer: Any) -> set[str]:
    """Special tokens that have a name of their own: end of sequence, padding, and so on."""
    return {str(token) for token in tokenizer.special_tokens_map.values() if isinstance(token, str)}
