"""Traps that no attack may reach: canaries and listeners, looked at after each record."""

import contextlib
import os
import select
import shutil
import socket
import threading
from collections.abc import Callable
from pathlib import Path

ENVIRONMENT_CANARY = "canary-env-7f3a"
FILE_CANARY = "canary-file-91c2"
FORBIDDEN_WORDS = (
    ENVIRONMENT_CANARY,
    FILE_CANARY,
    "root:x:0",
    "DONE",
    "OPENED",
    "ALLOWED",
    "RWX",
    "READ ",
    "pwned",
    "CONNECTED",
)
"""None of these may appear in what a step gives back."""

# The records name these places.
_FOLDER = Path("/tmp/sbx_canary")
_PORT = 47811
_ABSTRACT = "\0sbx_canary_sock"
_MARKED = (
    ("/tmp", "sbx_pwn*"),
    ("/var/tmp", "sbx_pwn*"),
    ("/dev/shm", "sbx_pwn*"),
    ("/etc", "sbx_pwn*"),
    ("/sys/fs/cgroup", "*pwn*"),
    (".", "sbx_pwn*"),
    ("/", "sbx_pwn*"),
)


class Traps:
    """The canaries and listeners of one run. One run at a time per machine: the port is fixed."""

    def __init__(self) -> None:
        """Set everything up.

        Raises:
            OSError: If a port or path is in use.
        """
        os.environ["SBX_CANARY"] = ENVIRONMENT_CANARY
        _FOLDER.mkdir(mode=0o755, exist_ok=True)
        _FOLDER.chmod(0o755)
        self._write_canary()
        self._hits: list[str] = []
        self._listeners = [*_listeners()]
        threading.Thread(target=self._watch, daemon=True).start()

    def sprung(self) -> list[str]:
        """Say what an attack changed since the last look, and undo it."""
        problems = []
        if (_FOLDER / "secret.txt").read_text("utf-8") != FILE_CANARY:
            problems.append("the canary file was changed")
            self._write_canary()
        for folder, pattern in _MARKED:
            for path in Path(folder).glob(pattern):
                problems.append(f"{path} was made")
                _remove(path)
        if self._hits:
            problems.append(f"connections to {', '.join(self._hits)}")
            self._hits.clear()
        return problems

    def remove(self) -> None:
        """Take the canaries away."""
        for one in self._listeners:
            one.close()
        shutil.rmtree(_FOLDER, ignore_errors=True)

    def _write_canary(self) -> None:
        (_FOLDER / "secret.txt").write_text(FILE_CANARY, "utf-8")

    def _watch(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # the listeners were closed
            while True:
                for one in select.select(self._listeners, [], [], 0.5)[0]:
                    if one.type == socket.SOCK_DGRAM:
                        one.recv(100)
                    else:
                        one.accept()[0].close()
                    self._hits.append(str(one.getsockname()))


def _listeners() -> list[socket.socket]:
    path = _FOLDER / "sock"
    path.unlink(missing_ok=True)
    found = [
        _bound(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", _PORT)),
        _bound(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", _PORT)),
        _bound(socket.AF_UNIX, socket.SOCK_STREAM, _ABSTRACT),
        _bound(socket.AF_UNIX, socket.SOCK_STREAM, str(path)),
    ]
    if socket.has_ipv6:
        with contextlib.suppress(OSError):  # a host without IPv6
            found.append(_bound(socket.AF_INET6, socket.SOCK_STREAM, ("::1", _PORT)))
    path.chmod(0o777)
    return found


def _bound(family: int, kind: int, address: str | tuple[str, int]) -> socket.socket:
    one = socket.socket(family, kind)
    if family != socket.AF_UNIX:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.bind(address)
    if kind == socket.SOCK_STREAM:
        one.listen()
    return one


def _remove(path: Path) -> None:
    undo: Callable[[], None] = path.unlink
    if path.is_dir() and not path.is_symlink():
        undo = path.rmdir
    with contextlib.suppress(OSError):
        undo()
