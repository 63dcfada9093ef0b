"""The processes below the supervisor: whose they are; how they are stopped and ended."""

import contextlib
import errno
import os
import resource
import select
import signal
import socket
import struct
import time

from supervisor.forks import ForkGate
from supervisor.processes import (
    PAGE_BYTES,
    ProcessTimes,
    descendants,
    memory_sizes,
    parents,
    process_times,
    read_process,
    waited_us,
)
from supervisor.states import State
from supervisor.step import FORK
from supervisor.wire import BatchRequest, RunRequest

_CREDENTIALS = socket.CMSG_SPACE(struct.calcsize("iII"))
"""Room for the sender's identity only: the kernel discards descriptors that a step sends."""
_SCM_CREDENTIALS = 2
_RECEIVE_BYTES = 1 << 18


class Family:
    """The zygote and every process that descends from it."""

    def __init__(
        self,
        zygote: tuple[int, socket.socket],
        zygote_bytes: int,
        gate: ForkGate | None,
        poller: select.epoll,
    ) -> None:
        """Take over a confined zygote: its process, its channel and its resident size."""
        self.zygote_pid, self._zygote_channel = zygote
        self.zygote_pidfd = os.pidfd_open(self.zygote_pid)
        self.states: dict[int, State] = {}
        self._killed = 0
        self._swept = 0
        self._zygote_bytes = zygote_bytes
        sizes = memory_sizes(self.zygote_pid)
        self._zygote_tables = 0 if sizes is None else sizes.page_tables
        self._gate = gate
        self._poller = poller
        self._by_descriptor: dict[int, State] = {}
        self._by_pid: dict[int, State] = {}
        poller.register(self.zygote_pidfd, select.EPOLLIN)

    def fork(self, request: RunRequest | BatchRequest, deadline: float) -> State | None:
        """Ask the parent's process for a child; ``None`` if it does not take requests any more.

        The child is unknown until it says hello on the channel of the new state.
        """
        parent = self.states.get(request.parent)
        ours, theirs = socket.socketpair()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        ours.setblocking(False)
        channel = self._zygote_channel if parent is None else parent.channel
        try:
            socket.send_fds(channel, [FORK], [theirs.fileno()], socket.MSG_DONTWAIT)
        except OSError:
            ours.close()
            return None
        finally:
            theirs.close()
        if self._gate is not None:
            self._gate.grant(self.pid_of(parent))
        state = State(request, ours, deadline)
        self.states[state.id] = state
        self._watch(ours.fileno(), state)
        if parent is not None:
            state.before = self.times(state)
            parent.last_used = time.monotonic()
            parent.starting_children += 1
            self.signal(parent, signal.SIGCONT)
        return state

    def accept(self, state: State, pid: int | None) -> bool:
        """Take the process that says hello, if it is new and a child of the right one."""
        if pid is None or pid in self._by_pid or pid == self.zygote_pid:
            return False
        parent = self.states.get(state.request.parent)
        found = read_process(pid)
        if found is None or found.parent != self.pid_of(parent):
            return False
        try:
            state.pidfd = os.pidfd_open(pid)
        except OSError:
            return False
        state.pid = pid
        self._by_pid[pid] = state
        self._watch(state.pidfd, state)
        self._child_came(parent)
        return True

    def drop(self, state: State, *, was_starting: bool) -> None:
        """End a state's process and forget it; its children live on."""
        del self.states[state.id]
        if was_starting:
            self._child_came(self.states.get(state.request.parent))
        self._forget(state.channel.fileno())
        state.channel.close()
        if state.pid is None or state.pidfd is None:
            return
        self.signal(state, signal.SIGKILL)
        self._killed += 1
        del self._by_pid[state.pid]
        if self._gate is not None:
            self._gate.forget(state.pid)
        self._forget(state.pidfd)
        os.close(state.pidfd)

    def state_of(self, descriptor: int) -> State | None:
        """Give the state that a channel or pidfd belongs to."""
        return self._by_descriptor.get(descriptor)

    def pid_of(self, parent: State | None) -> int:
        """Give the process that children of ``parent`` are forked from; ``None``: of the root."""
        return self.zygote_pid if parent is None or parent.pid is None else parent.pid

    def parent_pid(self, state: State) -> int:
        """Give the process that this state is, or was to be, forked from."""
        return self.pid_of(self.states.get(state.request.parent))

    def receive(self, state: State) -> tuple[bytes, int | None] | None:
        """Read what came and which process wrote it; ``None``: nothing now; no bytes: the end."""
        try:
            data, ancillary, _, _ = state.channel.recvmsg(_RECEIVE_BYTES, _CREDENTIALS)
        except BlockingIOError:
            return None
        except OSError:
            return b"", None
        for level, kind, content in ancillary:
            if level == socket.SOL_SOCKET and kind == _SCM_CREDENTIALS:
                return data, int(struct.unpack("iII", content[:12])[0])
        return data, None

    def send(self, state: State) -> None:
        """Send what waits, as much as fits now; the rest when the process has read."""
        events = select.EPOLLIN
        try:
            while state.outgoing:
                del state.outgoing[: state.channel.send(state.outgoing)]
        except BlockingIOError:
            events |= select.EPOLLOUT
        except OSError:
            return  # its end is reported by the pidfd
        self._poller.modify(state.channel.fileno(), events)

    def measure(self, state: State) -> tuple[ProcessTimes, int]:
        """Times, and memory in bytes, since the fork, by the kernel's account."""
        stat = None if state.pid is None else read_process(state.pid)
        if stat is None or state.pid is None:
            return ProcessTimes(), 0
        grown = stat.resident_bytes - self._zygote_bytes
        return process_times(state.pid, stat), max(stat.minor_faults * PAGE_BYTES, grown, 0)

    def times(self, state: State) -> ProcessTimes:
        """Times of a state's process; before it is known, how long its parent waited for a core."""
        if state.pid is not None:
            return self.measure(state)[0]
        return ProcessTimes(waited_us=waited_us(self.parent_pid(state)))

    def close_memory(self, state: State, allowed_bytes: int) -> None:
        """Let a process map nothing more once its page tables grew by more than ``allowed_bytes``.

        The limit of address space does not count them, and many small mappings far apart cost more
        in tables than in pages. What follows is the ordinary MemoryError.
        """
        sizes = None if state.pid is None else memory_sizes(state.pid)
        if state.pid is None or sizes is None:
            return
        if sizes.page_tables <= self._zygote_tables + allowed_bytes:
            return
        with contextlib.suppress(ProcessLookupError):
            _, present = resource.prlimit(state.pid, resource.RLIMIT_AS)
            limit = min(present, sizes.address_space)
            resource.prlimit(state.pid, resource.RLIMIT_AS, (limit, limit))

    def signal(self, state: State, number: signal.Signals) -> None:
        """Signal a state's process; nothing happens if it is dead."""
        if state.pidfd is None:
            return
        try:
            signal.pidfd_send_signal(state.pidfd, number)
        except OSError as error:
            if error.errno != errno.ESRCH:
                raise

    def sweep(self, expecting: set[int]) -> None:
        """Kill what descends from this process and is no known state: it may never have said hello.

        Children of the processes ``expecting`` are left: they are steps on their way, and have
        deadlines of their own.
        """
        tree = parents()
        for pid in descendants(os.getpid()) - {self.zygote_pid, *self._by_pid}:
            if pid in tree and tree[pid][0] in expecting:
                continue
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                self._swept += 1

    def counters(self) -> dict[str, int]:
        """Give what ``stat`` tells of processes."""
        mine = read_process(os.getpid())
        return {
            "processes": len(descendants(os.getpid())),
            "open_fds": len(os.listdir("/proc/self/fd")) - 1,  # noqa: PTH208 - less the listing's own
            "rss_bytes": 0 if mine is None else mine.resident_bytes,
            "killed": self._killed,
            "swept": self._swept,
            "forks_denied": 0 if self._gate is None else self._gate.denied,
        }

    def kill_all(self) -> None:
        """End every process below, stopped ones too, until none is left."""
        for _ in range(100):
            left = descendants(os.getpid())
            if not left:
                return
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.002)

    def _child_came(self, parent: State | None) -> None:
        """Stop the parent again once no child of it is on its way: a paused state must not run."""
        if parent is None:
            return
        parent.starting_children -= 1
        if parent.starting_children == 0 and parent.live:
            self.signal(parent, signal.SIGSTOP)

    def _watch(self, descriptor: int, state: State) -> None:
        self._by_descriptor[descriptor] = state
        self._poller.register(descriptor, select.EPOLLIN)

    def _forget(self, descriptor: int) -> None:
        del self._by_descriptor[descriptor]
        self._poller.unregister(descriptor)
