"""Ends a pair that takes too long, by the processor time that it takes.

Timers and threads are refused to a confined step. The kernel's limit of processor time is not: it
sends a signal at every whole second that the process has used.
"""

import resource
import signal
import time
from types import FrameType, TracebackType
from typing import Self

PAIR_SECONDS = 1.0
"""Processor time of a pair. It is stopped at a whole second of its process: within twice this."""
BATCH_SECONDS = 0.5
"""Processor time after which a batch takes no more pairs, or it could reach the sandbox's limit."""


class OutOfTime(BaseException):
    """A pair took too long. No exception that sympy or math-verify would catch."""


class PairClock:
    """Measures the pairs of one batch, each within a ``with`` block."""

    def __init__(self) -> None:
        self._started = time.process_time()
        self._pair_started = self._started
        self._is_running = False
        self._ran_out = False
        signal.signal(signal.SIGXCPU, self._on_second)

    @property
    def is_batch_over(self) -> bool:
        """Whether what is left should be sent once more."""
        return self._ran_out or time.process_time() - self._started > BATCH_SECONDS

    def __enter__(self) -> Self:
        self._pair_started = time.process_time()
        self._is_running = True
        self._signal_next_second()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_running = False
        # A pair that ended just before the signal took as long: the verdict must not hang on that.
        if kind is None and self._elapsed() >= PAIR_SECONDS:
            self._ran_out = True
            raise OutOfTime

    def _elapsed(self) -> float:
        return time.process_time() - self._pair_started

    def _on_second(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if self._is_running and self._elapsed() >= PAIR_SECONDS:
            self._ran_out = True
            raise OutOfTime
        self._signal_next_second()

    def _signal_next_second(self) -> None:
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + 1, hard))
