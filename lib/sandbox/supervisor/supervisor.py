"""The trusted process: the loop that serves the harness and the steps. It runs no step itself."""

import contextlib
import os
import select
import socket
import time
import traceback
from typing import Any, NoReturn

from supervisor.family import Family
from supervisor.faults import ProtocolError, ZygoteDied
from supervisor.forks import ForkGate
from supervisor.harness import Harness, HarnessGone
from supervisor.memory import MemoryWatch
from supervisor.processes import OwnWait
from supervisor.settings import Limits
from supervisor.steps import Steps
from supervisor.wire import BatchRequest, ReleaseRequest, RunRequest, StatRequest

MAX_RUNNING = 32

_LONGEST_WAIT = 0.1
"""Seconds between two looks at the clock while steps run."""
_STALL = 0.25
"""Waking so many seconds late, and not for want of a core, means that the host was suspended."""


class Supervisor:
    """One worker: the harness's requests, the zygote's family, and the loop over both."""

    def __init__(
        self,
        *,
        limits: Limits,
        max_states: int,
        memory: MemoryWatch,
        memory_reserve_bytes: int,
        zygote: tuple[int, socket.socket],
        zygote_bytes: int,
        listener: int | None,
    ) -> None:
        """Take over a confined zygote."""
        self._poller = select.epoll()
        self._own_wait = OwnWait()
        self._harness = Harness(self._poller)
        self._gate = None if listener is None else ForkGate(listener)
        if listener is not None:
            self._poller.register(listener, select.EPOLLIN)
        self._family = Family(zygote, zygote_bytes, self._gate, self._poller)
        self._steps = Steps(
            limits=limits,
            max_states=max_states,
            memory=memory,
            memory_reserve_bytes=memory_reserve_bytes,
            family=self._family,
            reply=self._harness.reply,
        )

    def serve(self, ready: dict[str, Any]) -> NoReturn:
        """Say ``ready``, then serve until the harness goes. Kills everything below at the end."""
        status, last = 0, None
        try:
            self._harness.reply(ready)
            while True:
                self._turn()
        except HarnessGone:
            pass
        except ProtocolError as error:
            status, last = 2, ("protocol", str(error))
        except ZygoteDied:
            status, last = 1, ("zygote-died", "The zygote ended; start another worker")
        except Exception as error:
            # A fault of this program, or no memory for it: no step may outlive that either.
            status, last = 1, ("internal", f"{type(error).__name__}: {error}")
            os.write(2, traceback.format_exc().encode("utf-8", "backslashreplace"))
        if last is not None:
            self._harness.say_last({"op": "fatal", "cause": last[0], "message": last[1]})
        self._family.kill_all()
        os._exit(status)

    def _turn(self) -> None:
        """Wait for events and handle them."""
        self._take_requests()
        self._harness.watch(accepting=self._accepting)
        ready = self._wait()
        # A descriptor that is closed in this turn may name another process's before the turn ends:
        # what is still to be handled of the old one must not end the new one.
        owners = {descriptor: self._family.state_of(descriptor) for descriptor, _ in ready}
        for descriptor, events in ready:
            if self._harness.owns(descriptor):
                self._harness.on_event(descriptor, events, accepting=self._accepting)
            elif self._gate is not None and descriptor == self._gate.listener:
                self._gate.answer()
            elif descriptor == self._family.zygote_pidfd:
                raise ZygoteDied
            elif self._family.state_of(descriptor) is owners[descriptor]:
                self._steps.on_event(descriptor, events)
        self._steps.watch_memory()
        self._steps.end_overdue()
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass

    @property
    def _accepting(self) -> bool:
        return self._steps.running < MAX_RUNNING and not self._harness.congested

    def _wait(self) -> list[tuple[int, int]]:
        """Wait for events, or until a step may be overdue."""
        deadline = self._steps.next_deadline
        if deadline is None:
            return self._poller.poll()
        began, waited = time.monotonic(), self._own_wait.seconds()
        patience = min(max(0.0, deadline - began), _LONGEST_WAIT)
        ready = self._poller.poll(patience)
        passed = time.monotonic() - began - (self._own_wait.seconds() - waited)
        if passed > patience + _STALL:
            self._steps.excuse(passed)
        return ready

    def _take_requests(self) -> None:
        while self._accepting:
            request = self._harness.next_request()
            match request:
                case None:
                    return
                case RunRequest() | BatchRequest():
                    self._steps.start(request)
                case StatRequest():
                    self._tell(request.id)
                case ReleaseRequest():
                    for one in request.ids:
                        self._steps.release(one)

    def _tell(self, identifier: int) -> None:
        counters = self._steps.counters() | self._family.counters()
        self._harness.reply({"op": "stat", "id": identifier, **counters})
