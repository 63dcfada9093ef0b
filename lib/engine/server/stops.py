"""Where a generated text ends."""

from dataclasses import dataclass
from typing import Any

from tokenizers.decoders import DecodeStream

TAIL_TOKENS = 6
"""Tokens of the prompt to decode from: some tokenizers write a token by its neighbour."""


@dataclass(frozen=True)
class StopRules:
    """Rules that end a row: tokens for single special tokens, text for all other stops."""

    by_token: dict[int, str]
    by_text: tuple[str, ...]
    include_in_text: bool
    skip_special_tokens: bool

    @classmethod
    def of(
        cls, tokenizer: Any, stops: list[str], *, include_in_text: bool, skip_special_tokens: bool
    ) -> "StopRules":
        """Sorts stop strings by how they can be recognised.

        A special token that is skipped leaves no text, so its string never ends a row: as in vLLM.
        """
        added = {
            token.content: index
            for index, token in tokenizer.added_tokens_decoder.items()
            if not (skip_special_tokens and token.special)
        }
        wanted = [stop for stop in stops if stop != ""]
        return cls(
            by_token={added[stop]: stop for stop in wanted if stop in added},
            by_text=tuple(stop for stop in wanted if stop not in added),
            include_in_text=include_in_text,
            skip_special_tokens=skip_special_tokens,
        )


class TextWatcher:
    """Decodes a row as it grows and finds stop strings in its text."""

    def __init__(self, tokenizer: Any, prompt_tail: list[int], rules: StopRules) -> None:
        self._backend = tokenizer.backend_tokenizer
        self._stream = DecodeStream(ids=prompt_tail, skip_special_tokens=rules.skip_special_tokens)
        self._rules = rules
        self._longest = max(len(stop) for stop in rules.by_text)
        self._text = ""

    def push(self, token: int) -> tuple[str, str] | None:
        """Adds a token.

        Returns:
            The finished text and the stop string that ended it, or None.
        """
        piece = self._stream.step(self._backend, token)
        if piece is None:
            return None
        start = max(0, len(self._text) - self._longest + 1)
        self._text += piece
        found = [
            (position, stop)
            for stop in self._rules.by_text
            if (position := self._text.find(stop, start)) >= 0
        ]
        if not found:
            return None
        position, stop = min(found)
        end = position + len(stop) if self._rules.include_in_text else position
        return self._text[:end], stop


def continuation_text(
    tokenizer: Any, prompt_tail: list[int], tokens: list[int], *, skip_special_tokens: bool
) -> str:
    """The text that `tokens` add to a prompt that ends in `prompt_tail`."""
    head = _decode(tokenizer, prompt_tail, skip_special_tokens)
    whole = _decode(tokenizer, prompt_tail + tokens, skip_special_tokens)
    if whole.startswith(head):
        return whole[len(head) :]
    return _decode(tokenizer, tokens, skip_special_tokens)


def _decode(tokenizer: Any, tokens: list[int], skip_special_tokens: bool) -> str:
    text: str = tokenizer.decode(
        tokens, skip_special_tokens=skip_special_tokens, clean_up_tokenization_spaces=False
    )
    return text
