"""Batched scoring over one sequence classifier."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from transformers import DynamicCache

from .checkpoint import Checkpoint
from .decoding import FilledPrompts, causal_mask, fill_prompts
from .errors import RequestError
from .metrics import Counters, count_work
from .prefix_cache import PrefixCache

_log = logging.getLogger(__name__)

_MAX_BATCH_TOKENS = 16384
_MIN_SHARED = 32
"""A shorter common prefix is not worth a pass of its own."""


@dataclass
class Scoring:
    """The texts of one request, as token ids."""

    texts: list[list[int]]
    on_done: Callable[[list[float] | Exception], None]
    """Called once, from the device thread, with the raw logits in order."""
    cancelled: threading.Event = field(default_factory=threading.Event)
    shared: int = field(init=False)
    """Tokens that all texts begin with, but for the last one of a text: they are computed once."""

    def __post_init__(self) -> None:
        self.shared = _common_prefix(self.texts)
        if self.shared < _MIN_SHARED:
            self.shared = 0

    @property
    def tokens(self) -> int:
        """Tokens of the batch that this request makes, padding included."""
        return self.shared + len(self.texts) * max(len(t) - self.shared for t in self.texts)


class PpmScorer:
    """Scores what is waiting in batches.

    A request's common prefix is computed once, behind what is known of it from earlier requests.
    """

    def __init__(self, checkpoint: Checkpoint, *, cache_bytes: int) -> None:
        self._model = checkpoint.model
        self._device = checkpoint.device
        self._pad = checkpoint.model.config.get_text_config().pad_token_id
        self._known = PrefixCache(max_bytes=cache_bytes)
        self._waiting: deque[Scoring] = deque()
        self._running = 0
        self.counters = Counters()
        count_work(checkpoint.model, self.counters)

    @property
    def running(self) -> int:
        """Texts that are being scored."""
        return self._running

    @property
    def waiting(self) -> int:
        """Texts that wait."""
        return sum(len(scoring.texts) for scoring in tuple(self._waiting))

    def enqueue(self, scoring: Scoring) -> None:
        """Takes a request; called under the device loop's lock."""
        self._waiting.append(scoring)

    def has_work(self) -> bool:
        """Whether any request waits."""
        return bool(self._waiting)

    def work(self) -> None:
        """Scores one batch."""
        batch = self._next_batch()
        if not batch:
            return
        self._running = sum(len(scoring.texts) for scoring in batch)
        try:
            logits = self._score(batch)
        except Exception as error:  # these requests fail; the engine goes on
            _log.exception("a batch failed")
            failure = RequestError.internal(f"{type(error).__name__}: {error}")
            for scoring in batch:
                scoring.on_done(failure)
            return
        finally:
            self._running = 0
        start = 0
        for scoring in batch:
            end = start + len(scoring.texts)
            self.counters.prompt_tokens += sum(map(len, scoring.texts))
            self.counters.finished["stop"] += len(scoring.texts)
            scoring.on_done(logits[start:end])
            start = end

    def _next_batch(self) -> list[Scoring]:
        batch: list[Scoring] = []
        tokens = 0
        while self._waiting:
            if self._waiting[0].cancelled.is_set():
                self._waiting.popleft()
                continue
            tokens += self._waiting[0].tokens
            if batch and tokens > _MAX_BATCH_TOKENS:
                break
            batch.append(self._waiting.popleft())
        return batch

    def _score(self, batch: Sequence[Scoring]) -> list[float]:
        """Raw logits of all texts of a batch, in order.

        A request too large for one pass is scored in several; the memory of a pass is bounded.
        """
        prefixed = [scoring for scoring in batch if scoring.shared > 0]
        prefixes = self._prefixes(prefixed) if prefixed else None
        owner = {id(scoring): index for index, scoring in enumerate(prefixed)}
        rows = [
            (text[scoring.shared :], owner.get(id(scoring), 0), scoring.shared)
            for scoring in batch
            for text in scoring.texts
        ]
        # Rows of like length go together, so that little is padding.
        order = sorted(range(len(rows)), key=lambda index: len(rows[index][0]))
        logits = [0.0] * len(rows)
        while order:
            width = len(rows[order[-1]][0]) + (0 if prefixes is None else prefixes.positions)
            size = max(1, _MAX_BATCH_TOKENS // width)
            chunk, order = order[-size:], order[:-size]
            for index, logit in zip(
                chunk, self._pass([rows[index] for index in chunk], prefixes), strict=True
            ):
                logits[index] = logit
        return logits

    def _prefixes(self, scorings: Sequence[Scoring]) -> FilledPrompts:
        """Keys and values of the common prefixes."""
        prefixes = [scoring.texts[0][: scoring.shared] for scoring in scorings]
        known = [self._known.longest(prefix) for prefix in prefixes]
        _, filled = fill_prompts(self._model.base_model, prefixes, self._device, known)
        for index, prefix in enumerate(prefixes):
            self._known.put(prefix, filled.pieces(index))
        return filled

    def _pass(
        self, rows: Sequence[tuple[list[int], int, int]], prefixes: FilledPrompts | None
    ) -> list[float]:
        """Logits of rows of (own tokens, index of the prefix, length of the prefix)."""
        width = max(len(tokens) for tokens, _, _ in rows)
        own = torch.arange(width, device=self._device)
        shared = torch.tensor([length for _, _, length in rows], device=self._device)
        seen = torch.zeros((len(rows), 0), dtype=torch.bool, device=self._device)
        cache = None
        if prefixes is not None:
            index = torch.tensor([prefix for _, prefix, _ in rows], device=self._device)
            cache = DynamicCache()
            for number, layer in enumerate(prefixes.cache.layers):
                cache.update(layer.keys[index], layer.values[index], number)
            # A row without a prefix looks at none.
            seen = prefixes.held(self._device)[index] & (shared > 0)[:, None]
        output = self._model(
            input_ids=self._padded([tokens for tokens, _, _ in rows], width),
            attention_mask=causal_mask(seen, width),
            position_ids=shared[:, None] + own[None, :],
            past_key_values=cache,
            use_cache=cache is not None,
        )
        logits: list[float] = output.logits[:, 0].float().tolist()
        return logits

    def _padded(self, rows: Sequence[list[int]], width: int) -> torch.Tensor:
        return torch.tensor(
            [row + [self._pad] * (width - len(row)) for row in rows], device=self._device
        )


def _common_prefix(texts: Sequence[list[int]]) -> int:
    """Length of the common prefix; every text keeps a token of its own."""
    first, last = min(texts), max(texts)
    limit = min(map(len, texts)) - 1
    for index in range(limit):
        if first[index] != last[index]:
            return index
    return max(limit, 0)
