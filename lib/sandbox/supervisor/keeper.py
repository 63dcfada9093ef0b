"""The kept states of one worker: how many there are, and which go when there are too many."""

import time
from collections.abc import Callable, Iterable

from supervisor.family import Family
from supervisor.memory import MemoryWatch
from supervisor.states import State, choose_victim

_MAX_EVICTIONS_AT_ONCE = 8


class Keeper:
    """Bounds what is kept, by number and by the memory that the host has left."""

    def __init__(
        self, family: Family, *, max_states: int, memory: MemoryWatch, reserve_bytes: int
    ) -> None:
        """Keep at most ``max_states``, and none while less than ``reserve_bytes`` is available."""
        self._family = family
        self._max_states = max_states
        self._memory = memory
        self._reserve = reserve_bytes
        self.evicted = 0

    @property
    def keeps_any(self) -> bool:
        """Whether states are kept at all."""
        return self._max_states > 0

    def live_states(self) -> int:
        """Count the states that are kept."""
        return sum(state.live for state in self._family.states.values())

    def available_bytes(self) -> int:
        """Give the memory that is left."""
        return self._memory.available_bytes()

    def make_room(self, running: Iterable[State], drop: Callable[[State], None]) -> None:
        """Give up states while there are too many or the host is short of memory."""
        for _ in range(_MAX_EVICTIONS_AT_ONCE):
            few = self.live_states() <= self._max_states
            if few and not self._memory.is_short(self._reserve):
                return
            victim = choose_victim(self._family.states, running, time.monotonic())
            if victim is None:
                return
            drop(victim)
            self.evicted += 1
