"""The states of one worker, and which one is given up when memory is short."""

import json
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from supervisor.wire import LENGTH, RunRequest

ROOT = 0


class Phase(Enum):
    """What the process of a state is doing."""

    STARTING = "starting"
    """Asked for; it has not said hello, so its process is unknown."""
    RUNNING = "running"
    IDLE = "idle"
    """Its step is over; it is stopped until a child is forked from it."""


@dataclass(eq=False)
class State:
    """One forked process, from the request to its end."""

    request: RunRequest
    channel: socket.socket
    deadline: float
    phase: Phase = Phase.STARTING
    started: float = field(default_factory=time.monotonic)
    pid: int | None = None
    pidfd: int | None = None
    incoming: bytearray = field(default_factory=bytearray)
    outgoing: bytearray = field(default_factory=bytearray)
    in_prefix: bool = field(init=False)
    """Whether the replayed path is still being run."""
    prefix_cpu_us: int = 0
    starting_children: int = 0
    """Children asked of it that have not said hello: while there are any it must not be stopped."""
    memory_bytes: int = 0
    path_us: int = 0
    """Run time of the whole path: what a replay would cost."""
    last_used: float = 0.0

    def __post_init__(self) -> None:
        """Begin with the path, if there is one to replay."""
        self.in_prefix = bool(self.request.prefix)

    @property
    def id(self) -> int:
        """The number that the harness gave it."""
        return self.request.id

    def hand_over(self) -> None:
        """Queue the code for a process that said hello."""
        request = self.request
        codes = [*request.prefix, request.code]
        body = json.dumps({"codes": codes, "keep": request.keep}).encode("ascii")
        self.outgoing += LENGTH.pack(len(body)) + body
        self.phase = Phase.RUNNING
        self.started = time.monotonic()

    def begin_step(self, wall_seconds: float, prefix_cpu_us: int) -> None:
        """Note that the replayed path is done: the step's own limits start now."""
        self.in_prefix = False
        self.prefix_cpu_us = prefix_cpu_us
        self.started = time.monotonic()
        self.deadline = min(self.deadline, self.started + wall_seconds)

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
