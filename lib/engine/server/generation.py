"""One completion request on its way through the scheduler."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from .logprobs import TokenLogprobs
from .stops import StopRules, TextWatcher


@dataclass(frozen=True)
class Generated:
    """One finished choice."""

    tokens: list[int]
    text: str
    finish_reason: str
    """`stop` or `length`."""
    stop_reason: str | None
    """The stop string; None for the model's own end of sequence, and for `length`."""
    logprobs: list[TokenLogprobs] | None = None
    """One element per token, where they were asked for."""


@dataclass
class Generation:
    """A prompt with its n choices."""

    prompt: list[int]
    n: int
    max_tokens: int
    temperature: float
    top_p: float
    seed: int | None
    rules: StopRules
    on_done: Callable[[list[Generated] | Exception], None]
    """Called once, from the device thread."""
    logprobs: int | None = None
    """How many alternatives per token are wanted; None for no log-probabilities."""
    cancelled: threading.Event = field(default_factory=threading.Event)
    results: dict[int, Generated] = field(default_factory=dict)
    failed: bool = False

    @property
    def longest(self) -> int:
        """Positions that a choice may need."""
        return len(self.prompt) + self.max_tokens

    def finish(self, choice: int, result: Generated) -> None:
        """Keeps a choice; the last one completes the request."""
        self.results[choice] = result
        if len(self.results) == self.n and not self.failed:
            self.on_done([self.results[i] for i in range(self.n)])

    def fail(self, error: Exception) -> None:
        """Ends the request; further calls do nothing."""
        if not self.failed and len(self.results) < self.n:
            self.failed = True
            self.on_done(error)


@dataclass(frozen=True)
class Group:
    """Choices of one request that are admitted together: all of them, where they fit."""

    generation: Generation
    choices: range


@dataclass
class Row:
    """One choice that is being generated."""

    generation: Generation
    choice: int
    key: int
    watcher: TextWatcher | None
    tokens: list[int] = field(default_factory=list)
    logprobs: list[TokenLogprobs] = field(default_factory=list)

    @property
    def length(self) -> int:
        """Tokens whose keys and values are stored: all but the newest."""
        return len(self.generation.prompt) + len(self.tokens) - 1

    def ended(self, text: str, finish_reason: str, stop_reason: str | None) -> Generated:
        """The finished choice."""
        logprobs = None if self.generation.logprobs is None else self.logprobs
        return Generated(self.tokens, text, finish_reason, stop_reason, logprobs)
