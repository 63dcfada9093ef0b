"""The supervisor's two pipes to the harness: never blocking, bounded both ways."""

import os
import select
from typing import Any

from supervisor.faults import ProtocolError
from supervisor.wire import (
    MAX_REQUEST_BYTES,
    BatchRequest,
    FrameReader,
    ReleaseRequest,
    Request,
    encode_frame,
    parse_request,
)

_STDIN, _STDOUT = 0, 1
_READ_BYTES = 1 << 20
_MAX_WAITING_BYTES = 1 << 20


class HarnessGone(Exception):  # noqa: N818 - the ordinary end of a worker
    """Standard input ended, or nobody reads standard output."""


class Harness:
    """Reads requests and writes replies."""

    def __init__(self, poller: select.epoll) -> None:
        """Register the pipes with ``poller``."""
        self._poller = poller
        self._reader = FrameReader(MAX_REQUEST_BYTES)
        self._waiting = bytearray()
        self._last_id = 0
        self._interest = (select.EPOLLIN, 0)
        os.set_blocking(_STDIN, False)
        os.set_blocking(_STDOUT, False)
        poller.register(_STDIN, select.EPOLLIN)
        poller.register(_STDOUT, 0)

    @property
    def congested(self) -> bool:
        """Whether replies pile up because the harness does not read them."""
        return len(self._waiting) > _MAX_WAITING_BYTES

    def owns(self, descriptor: int) -> bool:
        """Tell whether an event belongs to these pipes."""
        return descriptor in (_STDIN, _STDOUT)

    def on_event(self, descriptor: int, events: int, *, accepting: bool) -> None:
        """Read or write what is possible.

        Raises:
            HarnessGone: If the harness closed its end.
        """
        if descriptor == _STDOUT:
            if events & (select.EPOLLERR | select.EPOLLHUP):
                raise HarnessGone
            self._flush()
        elif accepting and events & select.EPOLLIN:
            self._read()
        elif events & (select.EPOLLERR | select.EPOLLHUP):
            raise HarnessGone

    def next_request(self) -> Request | None:
        """Take the next whole request; ``None`` until there is one.

        Raises:
            ProtocolError: If it is none, or its id does not grow.
        """
        body = self._reader.next()
        if body is None:
            return None
        request = parse_request(body)
        if not isinstance(request, ReleaseRequest):
            if request.id <= self._last_id:
                message = f"Cannot use id {request.id}: expected more than {self._last_id}"
                raise ProtocolError(message)
            many = len(request.codes) if isinstance(request, BatchRequest) else 1
            self._last_id = request.id + many - 1
        return request

    def reply(self, body: dict[str, Any]) -> None:
        """Send one frame, or as much of it as fits now."""
        self._waiting += encode_frame(body)
        self._flush()

    def say_last(self, body: dict[str, Any]) -> None:
        """Send one frame before this process ends, waiting a second at most for it to be read."""
        self._waiting += encode_frame(body)
        try:
            self._flush()
            if self._waiting and select.select([], [_STDOUT], [], 1)[1]:
                self._flush()
        except HarnessGone:
            return

    def watch(self, *, accepting: bool) -> None:
        """Wait only for what can be handled now; the end of a pipe is always reported."""
        interest = (
            select.EPOLLIN if accepting else 0,
            select.EPOLLOUT if self._waiting else 0,
        )
        if interest == self._interest:
            return
        self._poller.modify(_STDIN, interest[0])
        self._poller.modify(_STDOUT, interest[1])
        self._interest = interest

    def _read(self) -> None:
        try:
            data = os.read(_STDIN, _READ_BYTES)
        except BlockingIOError:
            return
        if not data:
            raise HarnessGone
        self._reader.feed(data)

    def _flush(self) -> None:
        while self._waiting:
            try:
                written = os.write(_STDOUT, self._waiting)
            except BlockingIOError:
                return
            except OSError as error:
                raise HarnessGone from error
            del self._waiting[:written]
