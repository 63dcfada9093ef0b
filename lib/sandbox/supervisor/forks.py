"""Who may fork: the supervisor's end of the seccomp user notifications."""

import errno
import fcntl
import struct

_RECEIVE, _SEND = 0xC0502100, 0xC0182101
_NOTIFICATION_BYTES = 80
_CONTINUE = 1


class ForkGate:
    """Holds a token for every fork that was asked for; any other fork fails with EAGAIN."""

    def __init__(self, listener: int) -> None:
        """Watch ``listener``, the descriptor that installing the filter gave."""
        self.listener = listener
        self.denied = 0
        self._tokens: dict[int, int] = {}

    def grant(self, pid: int) -> None:
        """Let ``pid`` fork once more."""
        self._tokens[pid] = self._tokens.get(pid, 0) + 1

    def forget(self, pid: int) -> None:
        """Take back what is left: a reused number must not inherit a token."""
        self._tokens.pop(pid, None)

    def answer(self) -> None:
        """Decide on one waiting fork."""
        notification = bytearray(_NOTIFICATION_BYTES)
        try:
            fcntl.ioctl(self.listener, _RECEIVE, notification)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.EINTR):  # killed while it waited
                return
            raise
        number, pid = struct.unpack_from("=QI", notification)
        left = self._tokens.get(pid, 0)
        if left > 0:
            self._tokens[pid] = left - 1
        else:
            self.denied += 1
        # The decision rests on registers only, so letting the call continue leaves
        # nothing to race for.
        verdict = (0, _CONTINUE) if left > 0 else (-errno.EAGAIN, 0)
        try:
            fcntl.ioctl(self.listener, _SEND, bytearray(struct.pack("=QqiI", number, 0, *verdict)))
        except OSError as error:
            if error.errno != errno.ENOENT:
                raise
