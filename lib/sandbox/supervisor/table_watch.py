"""Bounds what the kernel keeps for running steps beside their memory: page tables."""

import math
import time
from collections.abc import Iterable

from supervisor.family import Family
from supervisor.settings import Limits
from supervisor.states import State

_LOOK = 0.02
"""Seconds between two looks at the page tables of steps."""
_SHARE = 16
"""Which part of the memory limit page tables may take beside it: full use of it needs a 512th."""


class TableWatch:
    """Looks at the page tables of running steps, now and then."""

    def __init__(self, family: Family, limits: Limits) -> None:
        """Watch processes of ``family``."""
        self._family = family
        self._most = limits.memory_bytes // _SHARE
        self.next_look = -math.inf
        """When to look again, by the monotonic clock."""

    def look(self, running: Iterable[State]) -> None:
        """Let no step map more whose tables are too large."""
        now = time.monotonic()
        if now < self.next_look:
            return
        self.next_look = now + _LOOK
        for state in running:
            if now - state.started > _LOOK:
                self._family.close_memory(state, self._most)
