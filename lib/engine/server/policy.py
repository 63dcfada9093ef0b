"""Continuous batching of completion requests over one causal language model."""

import logging
from collections import deque
from collections.abc import Sequence

import numpy as np
import torch

from .checkpoint import Checkpoint
from .decoding import checked_cache, forward_prompts
from .errors import RequestError
from .generation import Generated, Generation, Group, Row
from .logprobs import TokenLogprobs, token_logprobs
from .metrics import Counters, count_work
from .prefix_cache import PrefixCache
from .sampling import SamplingParams, row_key, sample
from .stops import TAIL_TOKENS, TextWatcher, continuation_text

_log = logging.getLogger(__name__)

_MAX_PREFILL_TOKENS = 4096
_PREFIX_SHARE = 0.25
"""Share of the cache that keeps prompts for those that begin like them."""


class PolicyScheduler:
    """Admits requests into rows of one cache and advances all rows by one token at a time.

    A prompt is computed once per request, behind what is known of it from earlier ones, and copied
    to the rows of its n choices. A row that ends makes room at once; its place is taken by the last
    row, so the batch has no holes.
    """

    def __init__(self, checkpoint: Checkpoint, *, max_rows: int, cache_bytes: int) -> None:
        """Builds the cache and checks that this architecture can be served this way.

        Raises:
            StartError: If batched decoding gives other logits than a plain forward pass.
        """
        self._model = checkpoint.model
        self._tokenizer = checkpoint.tokenizer
        self._device = checkpoint.device
        self._max_rows = max_rows
        self._end_tokens = checkpoint.end_tokens
        with torch.inference_mode():
            self._cache = checked_cache(checkpoint)
        self._prefixes = PrefixCache(max_bytes=int(cache_bytes * _PREFIX_SHARE))
        tokens = int(cache_bytes * (1 - _PREFIX_SHARE)) // self._cache.bytes_per_token
        self._cache_tokens = max(tokens, checkpoint.max_length)
        self._cache.max_tokens = self._cache_tokens
        self._waiting: deque[Group] = deque()
        self._rows: list[Row] = []
        self._params: SamplingParams | None = None
        self.counters = Counters()
        count_work(checkpoint.model, self.counters)

    @property
    def running(self) -> int:
        """Choices that are being generated."""
        return len(self._rows)

    @property
    def waiting(self) -> int:
        """Choices that wait for a row."""
        return sum(len(group.choices) for group in tuple(self._waiting))

    @property
    def cache_usage(self) -> float:
        """Share of the cache that running rows hold."""
        return sum(row.length for row in tuple(self._rows)) / self._cache_tokens

    def enqueue(self, generation: Generation) -> None:
        """Takes a request; called under the device loop's lock."""
        size = max(1, min(self._max_rows, self._cache_tokens // generation.longest))
        for start in range(0, generation.n, size):
            choices = range(start, min(start + size, generation.n))
            self._waiting.append(Group(generation, choices))

    def has_work(self) -> bool:
        """Whether any request waits or runs."""
        return bool(self._rows or self._waiting)

    def work(self) -> None:
        """Admits what fits, then advances every row by one token."""
        groups: list[Group] = []
        try:
            self._drop_cancelled()
            groups = self._admissible()
            if groups:
                self._prefill(groups)
            if self._rows:
                self._step()
        except Exception as error:  # the requests of this batch fail; the engine goes on
            _log.exception("a batch failed")
            self._fail_batch(groups, error)

    def _fail_batch(self, groups: Sequence[Group], error: Exception) -> None:
        failure = RequestError.internal(f"{type(error).__name__}: {error}")
        for generation in [g.generation for g in groups] + [r.generation for r in self._rows]:
            generation.fail(failure)
        self._rows.clear()
        self._prefixes.clear()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()

    def _drop_cancelled(self) -> None:
        ended = [
            index
            for index, row in enumerate(self._rows)
            if row.generation.cancelled.is_set() or row.generation.failed
        ]
        if ended:
            self._remove(ended)

    def _admissible(self) -> list[Group]:
        """The first waiting groups that fit beside what runs, in order of arrival."""
        groups: list[Group] = []
        rows = len(self._rows)
        longest = max((row.generation.longest for row in self._rows), default=0)
        prompt = 0
        while self._waiting:
            group = self._waiting[0]
            generation = group.generation
            if generation.cancelled.is_set() or generation.failed:
                self._waiting.popleft()
                continue
            rows += len(group.choices)
            longest = max(longest, generation.longest)
            prompt = max(prompt, len(generation.prompt))
            is_first = rows == len(group.choices)
            fits = rows <= self._max_rows and rows * longest <= self._cache_tokens
            is_batch = not groups or (len(groups) + 1) * prompt <= _MAX_PREFILL_TOKENS
            if not (is_first or (fits and is_batch)):
                break
            groups.append(self._waiting.popleft())
        return groups

    def _prefill(self, groups: Sequence[Group]) -> None:
        """Computes the prompts, copies them to their rows and draws each row's first token."""
        prompts = [group.generation.prompt for group in groups]
        prefixes = [self._prefixes.longest(prompt) for prompt in prompts]
        logits, filled = forward_prompts(self._model, prompts, self._device, prefixes)
        counts = [len(group.choices) for group in groups]
        first = len(self._rows)
        lengths = [row.length for row in self._rows] + [len(prompt) for prompt in prompts]
        self._cache.reserve(first + sum(counts), max(lengths))
        for index, group in enumerate(groups):
            self._rows.extend(self._row(group.generation, choice) for choice in group.choices)
            rows = slice(len(self._rows) - counts[index], len(self._rows))
            self._cache.fill(rows, filled.pieces(index))
            self._prefixes.put(group.generation.prompt, filled.pieces(index))
            self.counters.prompt_tokens += len(group.generation.prompt)
        new = self._rows[first:]
        params = _params(new, self._device)
        repeats = torch.tensor(counts, device=self._device)
        own = logits.repeat_interleave(repeats, dim=0)
        drawn = sample(own, params, np.zeros(len(new), dtype=np.uint64))
        self._params = None
        self._accept(first, drawn.tolist(), _logprobs(new, own, drawn))

    def _row(self, generation: Generation, choice: int) -> Row:
        tail = generation.prompt[-TAIL_TOKENS:]
        return Row(
            generation=generation,
            choice=choice,
            key=row_key(generation.seed, choice),
            watcher=(
                TextWatcher(self._tokenizer, tail, generation.rules)
                if generation.rules.by_text
                else None
            ),
        )

    def _step(self) -> None:
        rows = self._rows
        if self._params is None:
            self._params = _params(rows, self._device)
        lengths = [row.length for row in rows]
        positions = torch.tensor(lengths, device=self._device)
        newest = torch.tensor([row.tokens[-1] for row in rows], device=self._device)
        mask = self._cache.begin_step(positions, max(lengths))
        output = self._model(
            input_ids=newest[:, None],
            attention_mask=mask,
            position_ids=positions[:, None],
            past_key_values=self._cache,
            use_cache=True,
        )
        drawn = np.array([len(row.tokens) for row in rows], dtype=np.uint64)
        logits = output.logits[:, -1]
        tokens = sample(logits, self._params, drawn)
        self._accept(0, tokens.tolist(), _logprobs(rows, logits, tokens))

    def _accept(
        self, first: int, tokens: Sequence[int], logprobs: Sequence[TokenLogprobs | None]
    ) -> None:
        """Adds a token to each row from `first` on and takes out those that ended."""
        self.counters.generated_tokens += len(tokens)
        ended = []
        for index, (token, at) in enumerate(zip(tokens, logprobs, strict=True), start=first):
            row = self._rows[index]
            row.tokens.append(token)
            if at is not None:
                row.logprobs.append(at)
            result = self._result(row, token)
            if result is not None:
                self.counters.finished[result.finish_reason] += 1
                row.generation.finish(row.choice, result)
                ended.append(index)
        if ended:
            self._remove(ended)

    def _result(self, row: Row, token: int) -> Generated | None:
        """The finished choice, when this token ended it."""
        rules = row.generation.rules
        if row.watcher is not None and (match := row.watcher.push(token)) is not None:
            text, stop = match
            return row.ended(text, "stop", stop)
        stopped = rules.by_token.get(token)
        if stopped is not None or token in self._end_tokens:
            # As in vLLM: the token that ended it is text only where stop strings are.
            tokens = row.tokens if rules.include_in_text else row.tokens[:-1]
            return row.ended(self._text(row, tokens), "stop", stopped)
        if len(row.tokens) < row.generation.max_tokens:
            return None
        return row.ended(self._text(row, row.tokens), "length", None)

    def _text(self, row: Row, tokens: list[int]) -> str:
        return continuation_text(
            self._tokenizer,
            row.generation.prompt[-TAIL_TOKENS:],
            tokens,
            skip_special_tokens=row.generation.rules.skip_special_tokens,
        )

    def _remove(self, ended: Sequence[int]) -> None:
        """Takes rows out and moves the last rows into their places."""
        gone = set(ended)
        remaining = len(self._rows) - len(gone)
        holes = [index for index in ended if index < remaining]
        movers = [index for index in range(remaining, len(self._rows)) if index not in gone]
        if holes:
            longest = max(self._rows[index].length for index in movers)
            self._cache.move(movers, holes, longest)
            for hole, mover in zip(holes, movers, strict=True):
                self._rows[hole] = self._rows[mover]
        del self._rows[remaining:]
        self._params = None


def _params(rows: Sequence[Row], device: torch.device) -> SamplingParams:
    return SamplingParams.of(
        [(row.generation.temperature, row.generation.top_p, row.key) for row in rows], device
    )


def _logprobs(
    rows: Sequence[Row], logits: torch.Tensor, drawn: torch.Tensor
) -> list[TokenLogprobs | None]:
    return token_logprobs(logits, drawn, [row.generation.logprobs for row in rows])
