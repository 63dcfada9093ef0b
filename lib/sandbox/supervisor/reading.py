"""Whether a worker can read what it needs once it has given up its privileges."""

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from supervisor.faults import Unavailable
from supervisor.interpreter import Interpreter, is_inside
from supervisor.privileges import drop_privileges

_CACHES = "__pycache__"
"""Python does without byte code that it cannot read."""


def reading_fault(interpreter: Interpreter, uid: int | None, *, mounted: bool) -> str | None:
    """Say what a worker that becomes this user could not read; ``None``: nothing.

    A child is asked that drops its privileges as a worker does. It looks at the folders, at every
    module that is loaded now, and at the packages whole: nobody knows which of their modules a step
    is going to import. With ``mounted`` the folders above do not count: bubblewrap makes them anew.
    """
    opened = {root: _open_folder(root) for root in interpreter.readable} if mounted else {}
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.write(writer, os.fsencode(_fault_as(uid, interpreter, opened)))
            code = 0
        finally:
            os._exit(code)
    os.close(writer)
    with open(reader, "rb") as answer:  # noqa: PTH123 - a descriptor
        found = os.fsdecode(answer.read())
    for folder in opened.values():
        os.close(folder)
    if os.waitpid(pid, 0)[1] != 0:
        raise Unavailable("start-failed", "Cannot find out what another user may read")
    return found or None


def _fault_as(uid: int | None, interpreter: Interpreter, opened: dict[str, int]) -> str:
    who = "root without capabilities" if uid is None else f"user {uid}"
    try:
        drop_privileges(uid)
    except OSError as error:
        return f"this process cannot become {who} ({error.strerror})"
    hidden = next(_unreadable(interpreter, opened), None)
    return "" if hidden is None else f"{who} may not read {hidden}"


def _open_folder(path: str) -> int:
    return os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)


def _unreadable(interpreter: Interpreter, opened: dict[str, int]) -> Iterator[str]:
    for root in interpreter.readable:
        try:
            base = opened[root] if root in opened else _open_folder(root)
        except PermissionError:
            yield root
            continue
        if not os.access(".", os.R_OK | os.X_OK, dir_fd=base):
            yield root
            continue
        for file in _loaded_files():
            if is_inside(file, root) and _is_refused(os.path.relpath(file, root), base):
                yield file
        for site in interpreter.site:
            if site == root or is_inside(site, root):
                yield from _unreadable_below(os.path.relpath(site, root), root, base)


def _unreadable_below(folder: str, root: str, base: int) -> Iterator[str]:
    for place, folders, files, descriptor in os.fwalk(folder, dir_fd=base):
        folders[:] = [name for name in folders if name != _CACHES]
        for name in (*folders, *files):
            if _is_refused(name, descriptor):
                yield os.path.normpath(Path(root, place, name))


def _loaded_files() -> Iterator[str]:
    for module in tuple(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str):
            yield file


def _is_refused(name: str, base: int) -> bool:
    """Tell whether something is there and cannot be read; a link that leads nowhere is not."""
    try:
        mode = os.stat(name, dir_fd=base).st_mode
    except FileNotFoundError:
        return False
    except PermissionError:
        return True
    wanted = os.R_OK | os.X_OK if stat.S_ISDIR(mode) else os.R_OK
    return not os.access(name, wanted, dir_fd=base)
