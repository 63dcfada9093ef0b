"""Runs a worker on a host that misbehaves: ``python _odd_host.py LIBRARY WHAT [FILE] SETTINGS``.

* ``clock``: every reading of the wall clock is days away from the one before.
* ``vmstat FILE``: the kernel's counters are read from that file.
* ``process-table FILE``: no process can be made below the supervisor while that file exists.
* ``busy``: every step has waited for a core since it began, and got none; patience is short.
* ``no-memory FILE``: the supervisor itself gets no memory for a step while that file exists.
"""

import datetime
import resource
import sys
import time
from pathlib import Path
from typing import Any

_DAY_NS = 86_400_000_000_000


def jump_about() -> None:
    """Let the wall clock go forward and back, and leave the monotonic one alone."""
    readings = [0]

    def time_ns() -> int:
        readings[0] += 1
        away = readings[0] * _DAY_NS
        return 1_700_000_000_000_000_000 + (away if readings[0] % 2 else -away)

    class Datetime(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> "Datetime":
            return cls.fromtimestamp(time_ns() / 1e9 % 1e9, tz)

    of_clock, of_clock_ns = time.clock_gettime, time.clock_gettime_ns
    time.time_ns = time_ns
    time.time = lambda: time_ns() / 1e9
    time.clock_gettime = lambda clock: of_clock(clock) if clock else time_ns() / 1e9
    time.clock_gettime_ns = lambda clock: of_clock_ns(clock) if clock else time_ns()
    datetime.datetime = Datetime  # type: ignore[misc]


def give_no_core(family: Any, times: type[Any]) -> None:
    """Let the kernel's account say that all the time of every process is waiting."""
    family.process_times = lambda _pid, _stat: times(waited_us=int(time.monotonic() * 1e6))
    family.waited_us = lambda _pid: int(time.monotonic() * 1e6)


def fill_process_table(family: type[Any], switch: Path) -> None:
    """Before each fork, allow every process as many as it has, or as many as it may."""
    fork = family.fork

    def limited_fork(self: Any, request: Any, deadline: float) -> Any:
        pids = [state.pid for state in self.states.values() if state.pid is not None]
        for pid in (self.zygote_pid, *pids):
            _, most = resource.prlimit(pid, resource.RLIMIT_NPROC)
            some = 1 if switch.exists() else most
            resource.prlimit(pid, resource.RLIMIT_NPROC, (some, most))
        return fork(self, request, deadline)

    family.fork = limited_fork


def refuse_memory(family: type[Any], switch: Path) -> None:
    """Let the supervisor fail where it was not written to."""
    fork = family.fork

    def failing_fork(self: Any, request: Any, deadline: float) -> Any:
        if switch.exists():
            raise MemoryError
        return fork(self, request, deadline)

    family.fork = failing_fork


def main() -> None:
    """Change the host, then be a worker."""
    library, what = sys.argv[1:3]
    sys.path[0] = library
    from supervisor import family, memory, processes, serve, states

    sys.path.remove(library)
    if what == "clock":
        jump_about()
    elif what == "busy":
        give_no_core(family, processes.ProcessTimes)
        states.MOST_STRETCH = 2
    elif what == "vmstat":
        memory.OomKills.__init__.__defaults__ = (Path(sys.argv[3]),)
    elif what == "no-memory":
        refuse_memory(family.Family, Path(sys.argv[3]))
    else:
        fill_process_table(family.Family, Path(sys.argv[3]))
    serve.main(sys.argv[-1])


if __name__ == "__main__":
    main()
