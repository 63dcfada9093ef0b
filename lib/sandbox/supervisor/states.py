"""The states of one worker, and which one is given up when memory is short."""

import json
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from supervisor.processes import ProcessTimes
from supervisor.settings import Limits
from supervisor.wire import LENGTH, BatchRequest, RunRequest

ROOT = 0

MOST_STRETCH = 32
"""So many times its wall limit a step may take while it waits for a core; then the host has failed
it. Many, so that code that ends at its CPU limit comes to it on a busy machine too."""


class Phase(Enum):
    """Phase that the process of a state is in."""

    STARTING = "starting"
    """Asked for; it has not said hello, so its process is unknown."""
    RUNNING = "running"
    IDLE = "idle"
    """Its step is over; it is stopped until a child is forked from it."""


@dataclass(eq=False)
class State:
    """One forked process, from the request to its end."""

    request: RunRequest | BatchRequest
    channel: socket.socket
    deadline: float
    """When its time is to be looked at, by the monotonic clock."""
    phase: Phase = Phase.STARTING
    started: float = field(default_factory=time.monotonic)
    pid: int | None = None
    pidfd: int | None = None
    incoming: bytearray = field(default_factory=bytearray)
    outgoing: bytearray = field(default_factory=bytearray)
    in_prefix: bool = field(init=False)
    """Whether the replayed path is still being run."""
    before: ProcessTimes = field(default_factory=ProcessTimes)
    """Times of the process when what runs now began: the path, or the step."""
    stalled: float = 0.0
    """Seconds since then in which this host ran nothing."""
    starting_children: int = 0
    """Children asked of it that have not said hello: while there are any it must not be stopped."""
    answered: int = 0
    """How many candidates of a batch have their answers."""
    memory_bytes: int = 0
    path_us: int = 0
    """Processor time of the path's codes: what a replay would cost."""
    last_used: float = 0.0

    def __post_init__(self) -> None:
        """Begin with the path, if there is one to replay."""
        self.in_prefix = self.request.replays

    @property
    def id(self) -> int:
        """The number that the harness gave it."""
        return self.request.id

    def hand_over(self, limits: Limits) -> None:
        """Queue the code for a process that said hello."""
        body = json.dumps(self.request.as_orders()).encode("ascii")
        self.outgoing += LENGTH.pack(len(body)) + body
        self.phase = Phase.RUNNING
        self.before = ProcessTimes()
        self._begin(limits)

    def begin_step(self, limits: Limits, used: ProcessTimes) -> None:
        """Note that the replayed path is done: the step's own limits start now."""
        self.in_prefix = False
        self.before = used
        self._begin(limits)

    def _begin(self, limits: Limits) -> None:
        self.started = time.monotonic()
        self.stalled = 0.0
        self.deadline = self.started + self.time_left(limits, self.before, self.started)

    @property
    def _codes(self) -> int:
        """How many codes share the time of what runs now; none does before the process is there."""
        is_path = self.in_prefix and self.phase is not Phase.STARTING
        return len(self.request.prefix) if is_path else 1

    def time_left(self, limits: Limits, used: ProcessTimes, now: float) -> float:
        """Give the seconds until a limit can be reached at the earliest; 0 or less: it is.

        Neither waiting for a core counts nor what the host did not run: a verdict must not depend
        on what else the machine does.
        """
        passed = now - self.started - self.stalled
        waited = (used.waited_us - self.before.waited_us) / 1e6
        cpu = (used.cpu_us - self.before.cpu_us) / 1e6
        wall_limit = self._codes * limits.wall_ms / 1000
        cpu_limit = self._codes * limits.cpu_ms / 1000
        return min(wall_limit - (passed - waited), cpu_limit - cpu)

    def patience_left(self, limits: Limits, now: float) -> float:
        """Give the seconds for which a step that gets no core is waited for."""
        passed = now - self.started - self.stalled
        return MOST_STRETCH * self._codes * limits.wall_ms / 1000 - passed

    def excuse(self, seconds: float) -> None:
        """Note that this host ran nothing for so long."""
        self.stalled += seconds
        self.deadline += seconds

    def pause(self, path_us: int, memory_bytes: int) -> None:
        """Note that the step is over and the state is kept."""
        self.phase = Phase.IDLE
        self.path_us = path_us
        self.memory_bytes = memory_bytes
        self.last_used = time.monotonic()

    @property
    def live(self) -> bool:
        """Whether it is a state that children can be forked from."""
        return self.phase is Phase.IDLE


def choose_victim(states: dict[int, State], running: Iterable[State], now: float) -> State | None:
    """Choose the state to give up: long unused and large goes before dear to replay.

    Never a state that a running step descends from.
    """
    protected = _ancestors(states, running)
    candidates = [one for one in states.values() if one.live and one.id not in protected]

    def cheapness(state: State) -> float:
        return (now - state.last_used) * max(state.memory_bytes, 1) / max(state.path_us, 1)

    return max(candidates, key=cheapness, default=None)


def _ancestors(states: dict[int, State], running: Iterable[State]) -> set[int]:
    found: set[int] = set()
    for state in running:
        parent = state.request.parent
        while parent in states and parent not in found:
            found.add(parent)
            parent = states[parent].request.parent
    return found
