"""The steps of one worker: started, judged and ended; and the states that are kept of them.

Rules (docs/security.md, "Who trusts whom"): a process may lie about itself only; unexpected bytes
end its branch; a limit is enforced with SIGKILL; only a pidfd tells that a process is dead.
"""

import select
import signal
import time
from collections.abc import Callable
from typing import Any

from supervisor import outcome as outcomes
from supervisor.batches import Batches
from supervisor.family import Family
from supervisor.keeper import Keeper
from supervisor.memory import MemoryWatch, OomKills
from supervisor.outcome import Outcome
from supervisor.settings import Limits
from supervisor.states import ROOT, Phase, State
from supervisor.step import HELLO, NO_FORK, PREFIX_DONE
from supervisor.table_watch import TableWatch
from supervisor.wire import BatchRequest, RunRequest

_NEXT_LOOK = 0.02
"""Seconds at least between two looks at the time of a step that waits for a core."""


class Steps:
    """Every step from the request to the reply, and every kept state to its end."""

    def __init__(
        self,
        *,
        limits: Limits,
        max_states: int,
        memory: MemoryWatch,
        memory_reserve_bytes: int,
        family: Family,
        reply: Callable[[dict[str, Any]], None],
    ) -> None:
        """Judge by ``limits``; answers go to ``reply``."""
        self._limits = limits
        self._keeper = Keeper(
            family, max_states=max_states, memory=memory, reserve_bytes=memory_reserve_bytes
        )
        self._batches = Batches(limits, reply)
        self._kills = OomKills()
        self._family = family
        self._reply = reply
        self._tables = TableWatch(family, limits)
        self._running: set[State] = set()
        self._done = 0

    @property
    def running(self) -> int:
        """How many steps run now."""
        return len(self._running)

    @property
    def next_deadline(self) -> float | None:
        """When a step is to be looked at next, by the monotonic clock; ``None``: none runs."""
        overdue = min((state.deadline for state in self._running), default=None)
        return None if overdue is None else min(overdue, self._tables.next_look)

    def start(self, request: RunRequest | BatchRequest) -> None:
        """Have a step, or a batch, begun, or answer at once that it cannot be."""
        parent = self._family.states.get(request.parent)
        refusal = outcomes.too_long(request.all_codes, self._limits)
        if request.parent != ROOT and (parent is None or not parent.live):
            refusal = outcomes.EVICTED
        if refusal is None:
            # How long the process may take to come; its own time begins when it is there.
            state = self._family.fork(request, time.monotonic() + self._limits.wall_ms / 1000)
            if state is not None:
                self._running.add(state)
                return
            if parent is not None:
                self._drop(parent)
            refusal = outcomes.EVICTED
        if isinstance(request, BatchRequest):
            refusal = outcomes.ALONE
        for identifier in request.ids:
            self._reply(outcomes.as_reply(identifier, refusal))

    def release(self, identifier: int) -> None:
        """Give up a state, or cancel a running step."""
        state = self._family.states.get(identifier)
        if state is not None:
            self._end(state, outcomes.CANCELLED)

    def counters(self) -> dict[str, int]:
        """Give what ``stat`` tells of steps and states."""
        return {
            "live_states": self._keeper.live_states(),
            "running": len(self._running),
            "memory_available_bytes": self._keeper.available_bytes(),
            "steps": self._done,
            "evicted": self._keeper.evicted,
        }

    def _limits_of(self, state: State) -> Limits:
        return self._batches.limits if isinstance(state.request, BatchRequest) else self._limits

    def on_event(self, descriptor: int, events: int) -> None:
        """Handle what a channel or a pidfd of a step reports."""
        state = self._family.state_of(descriptor)
        if state is None:
            return  # dropped earlier in this turn
        if descriptor == state.pidfd:
            self._read(state)  # what it said before it died counts
            if state.id in self._family.states:
                self._end(state, self._death(state))
            return
        if events & select.EPOLLOUT:
            self._family.send(state)
        if events & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR):
            self._read(state)

    def _read(self, state: State) -> None:
        """Read all that is there, as long as the state lives."""
        while state.id in self._family.states:
            message = self._family.receive(state)
            if message is None:
                return
            data, sender = message
            if data:
                self._on_data(state, data, sender)
            elif state.phase is Phase.STARTING:
                self._never_began(state, outcomes.NEVER_BEGAN)
            else:
                # Nothing more can come, whether the process lives or not.
                self._end(state, self._death(state))

    def _never_began(self, state: State, reason: str) -> None:
        """End a run whose process did not come, or not to its code.

        From the zygote this is the host's doing. A state is not believed: it is given up, and the
        children that it owes are forked from elsewhere.
        """
        parent = self._family.states.get(state.request.parent)
        if parent is None:
            self._finish(state, outcomes.host_failed(reason))
        else:
            self._drop(parent)

    def _greet(self, state: State, data: bytes, sender: int | None) -> bool:
        """Hand the code over to a process that says hello; ``False`` if it is not the right one."""
        if data[:1] == HELLO and self._family.accept(state, sender):
            state.hand_over(self._limits_of(state))
            self._family.send(state)
            return True
        if data == NO_FORK and sender == self._family.parent_pid(state):
            self._never_began(state, outcomes.NO_PROCESS)
        elif state.request.parent == ROOT:
            self._never_began(state, outcomes.NEVER_BEGAN)
        else:
            self._end(state, outcomes.crashed("a process that is no child of the state"))
        return False

    def _on_data(self, state: State, data: bytes, sender: int | None) -> None:
        if state.phase is Phase.STARTING:
            if not self._greet(state, data, sender):
                return
            data = data[1:]
        elif sender != state.pid:
            self._end(state, outcomes.crashed("another process spoke for the step"))
            return
        if not data:
            return
        if state.phase is not Phase.RUNNING:
            self._drop(state)
            return
        state.incoming += data
        if isinstance(state.request, BatchRequest):
            used, memory = self._family.measure(state)
            if self._batches.take(state, state.request, used, memory, time.monotonic()):
                self._finish(state, outcomes.ALONE)
            return
        if state.in_prefix and state.incoming[:1] == PREFIX_DONE:
            del state.incoming[:1]
            state.begin_step(self._limits, self._family.measure(state)[0])
        try:
            prefix_length = len(state.request.prefix)
            outcome = outcomes.take_outcome(state.incoming, prefix_length, self._limits)
            if outcome is not None and state.in_prefix and outcome.status != "replay_failed":
                raise ValueError("the path was skipped")
        except (ValueError, RecursionError):
            outcome = outcomes.crashed("the step's process sent what is no result")
        if outcome is not None:
            self._finish(state, outcome)

    def _death(self, state: State) -> Outcome:
        """Say how a process without a result ended: by its CPU limit, or otherwise."""
        allowed = self._limits_of(state).cpu_ms * 1000 * (len(state.request.prefix) + 1)
        if self._family.measure(state)[0].cpu_us >= allowed:
            return outcomes.overdue(in_prefix=state.in_prefix)
        if self._kills.happened_since(state.started):
            return outcomes.host_failed(outcomes.KILLED)
        return outcomes.died(in_prefix=state.in_prefix)

    # Ends

    def _end(self, state: State, outcome: Outcome) -> None:
        """End a state: with an answer if its step runs.

        A kept state that used up its CPU time instead of forking has cost its children theirs. Its
        CPU limit and their wall limit end at about the same moment: the verdict must not depend on
        which comes first.
        """
        if state in self._running:
            self._finish(state, outcome)
        else:
            self._drop(state, outcome if outcome.status == "timeout" else outcomes.EVICTED)

    def _finish(self, state: State, outcome: Outcome) -> None:
        """Answer a run, then keep its process as a state or end it."""
        self._running.discard(state)
        if isinstance(state.request, BatchRequest):
            self._done += state.answered
            self._batches.close(state, state.request, outcome)
            self._drop(state)
            return
        self._done += 1
        wall_us = int((time.monotonic() - state.started) * 1_000_000)
        used, memory = self._family.measure(state)
        cpu_us = max(0, used.cpu_us - state.before.cpu_us)
        if cpu_us > self._limits.cpu_ms * 1000 and outcome.status in outcomes.STATUSES:
            outcome = outcomes.TIMEOUT
        code_us = min(outcome.code_us, cpu_us)
        if outcome.status == "ok" and state.request.keep and self._keeper.keeps_any:
            self._keep(state, code_us, memory)
        else:
            self._drop(state)
        reply = outcomes.as_reply(state.id, outcome)
        reply |= {"wall_us": wall_us, "cpu_us": cpu_us, "code_us": code_us}
        reply["memory_bytes"] = memory
        reply["kept"] = state.id in self._family.states
        self._reply(reply)

    def _keep(self, state: State, code_us: int, memory: int) -> None:
        parent = self._family.states.get(state.request.parent)
        state.pause(code_us + (0 if parent is None else parent.path_us), memory)
        self._family.signal(state, signal.SIGSTOP)
        self._keeper.make_room(self._running, self._drop)

    def end_overdue(self) -> None:
        """End the steps whose time is up."""
        now = time.monotonic()
        for state in [one for one in self._running if one.deadline <= now]:
            self._read(state)  # what it said in time counts
            if state in self._running and state.deadline <= now:
                self._judge_time(state, now)

    def watch_memory(self) -> None:
        """Bound what the kernel keeps for the steps that run beside their memory."""
        self._tables.look(self._running)

    def excuse(self, seconds: float) -> None:
        """Leave a time in which this host ran nothing out of every step's."""
        for state in self._running:
            state.excuse(seconds)

    def _judge_time(self, state: State, now: float) -> None:
        """End a step whose time is up, or look again when it can be."""
        limits = self._limits_of(state)
        left = state.time_left(limits, self._family.times(state), now)
        patience = state.patience_left(limits, now)
        if state.phase is Phase.STARTING and state.request.parent == ROOT:
            self._never_began(state, outcomes.NEVER_BEGAN)
        elif left > 0 and patience > 0:
            state.deadline = now + max(min(left, patience), _NEXT_LOOK)
        elif left > 0:
            self._finish(state, outcomes.host_failed(outcomes.NO_CORE))
        else:
            self._finish(state, outcomes.overdue(in_prefix=state.in_prefix))

    def _drop(self, state: State, orphans: Outcome = outcomes.EVICTED) -> None:
        """End a state without an answer; ``orphans``: the answer for children that have not come.

        If its process never came, it is unknown and may still come: the parent is ended too, and
        whatever it left. Children of the state that have not come yet cannot come any more.
        """
        family = self._family
        never_came = state.phase is Phase.STARTING
        family.drop(state, was_starting=never_came)
        parent = family.states.get(state.request.parent)
        if never_came and parent is not None:
            self._drop(parent)
        for one in [child for child in self._starting() if child.request.parent == state.id]:
            self._finish(one, orphans)
        if never_came:
            family.sweep(
                {family.pid_of(family.states.get(one.request.parent)) for one in self._starting()}
            )

    def _starting(self) -> list[State]:
        return [one for one in self._running if one.phase is Phase.STARTING]
