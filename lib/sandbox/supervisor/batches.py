"""Batches: the answers of a process that runs candidates of one node, one after another.

What such a process does not answer well, and in its time, has no outcome: the harness has it run
alone. So no verdict comes of a limit that was reached in company.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from supervisor import outcome as outcomes
from supervisor.outcome import Outcome
from supervisor.processes import ProcessTimes
from supervisor.settings import Limits
from supervisor.states import State
from supervisor.wire import BatchRequest

_CANDIDATE_MS = 250
"""Longer than this no candidate holds up those behind it."""


class Batches:
    """Takes answers and passes them on, each with its share of what the process used."""

    def __init__(self, limits: Limits, reply: Callable[[dict[str, Any]], None]) -> None:
        """Judge by ``limits``; answers go to ``reply``."""
        self._limits = limits
        self.limits = replace(
            limits,
            wall_ms=min(limits.wall_ms, _CANDIDATE_MS),
            cpu_ms=min(limits.cpu_ms, _CANDIDATE_MS),
        )
        self._reply = reply

    def take(
        self, state: State, request: BatchRequest, used: ProcessTimes, memory: int, now: float
    ) -> bool:
        """Pass on what has come whole; ``True``: nothing more is to come."""
        try:
            found = self._answers(state, request)
        except (ValueError, RecursionError):
            return True
        if not found:
            return False
        shares = [one.code_us + 1 for one in found]
        cpu_us = max(0, used.cpu_us - state.before.cpu_us)
        wall_us = int((now - state.started) * 1_000_000)
        touched = max(0, memory - state.memory_bytes)
        for outcome, share in zip(found, shares, strict=True):
            part = share / sum(shares)
            own_us = int(part * cpu_us)
            fits = own_us <= self._limits.cpu_ms * 1000
            reply = outcomes.as_reply(
                request.id + state.answered, outcome if fits else outcomes.ALONE
            )
            reply |= {"wall_us": int(part * wall_us), "cpu_us": own_us}
            reply |= {"code_us": min(outcome.code_us, own_us), "memory_bytes": int(part * touched)}
            self._reply(reply)
            state.answered += 1
        state.memory_bytes = memory
        state.begin_step(self.limits, used)
        return state.answered == len(request.codes)

    def close(self, state: State, request: BatchRequest, outcome: Outcome) -> None:
        """Answer the candidates that are left: cancelled, or to be run alone."""
        last = outcome if outcome.status == "cancelled" else outcomes.ALONE
        while state.answered < len(request.codes):
            self._reply(outcomes.as_reply(request.id + state.answered, last))
            state.answered += 1

    def _answers(self, state: State, request: BatchRequest) -> list[Outcome]:
        found: list[Outcome] = []
        left = len(request.codes) - state.answered
        while len(found) < left:
            outcome = outcomes.take_answer(state.incoming, self._limits)
            if outcome is None:
                return found
            if outcome is outcomes.PATH_ALONE:
                return [outcome] * left
            found.append(outcomes.ALONE if outcome.status == "memory" else outcome)
        return found
