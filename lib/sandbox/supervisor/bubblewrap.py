"""The command line of bubblewrap: the interpreter's folders read-only, and nothing else."""

import os
from collections.abc import Sequence
from pathlib import Path

from supervisor.interpreter import Interpreter, is_inside
from supervisor.memory import group_files
from supervisor.stand_ins import HOST_NAME

NOBODY = 65534
"""The unprivileged user and group of a worker."""
SUPERVISOR_FOLDER = "/rstar/supervisor"
PRELOAD_FOLDER = "/rstar/preload"
_MEMORY_FOLDER = "/rstar/memory"
ENVIRONMENT = {"LANG": "C.UTF-8", "PYTHONHASHSEED": "0"}
"""The whole environment of a worker. Fixed hash seed: a replay must agree with the first run."""
_SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/alternatives")
"""For the loader, and for the links that Debian's own numpy is reached through."""
_MOST_LINKS = 40


def memory_group_inside(number: int) -> str:
    """Give the folder in which the supervisor finds the files of a control group."""
    return f"{_MEMORY_FOLDER}/{number}"


def bubblewrap_command(
    bwrap: str, interpreter: Interpreter, preload: str | None, groups: Sequence[str]
) -> list[str]:
    """Write everything up to the program that runs inside.

    As root the mounts are made without a user namespace, and the supervisor changes to an ordinary
    user by itself: inside of a user namespace the kernel would still take it for root
    (docs/security.md, "Started as root").
    """
    own = str(Path(__file__).resolve().parent)
    binds = {own: SUPERVISOR_FOLDER}
    if preload is not None:
        binds[os.path.realpath(Path(preload).parent)] = PRELOAD_FOLDER
    for number, group in enumerate(groups):
        for name in group_files(group):
            binds[f"{group}/{name}"] = f"{memory_group_inside(number)}/{name}"
    command = [bwrap, *_file_system(interpreter, binds)]
    if os.geteuid() == 0:
        command += ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
        command += ["--unshare-cgroup-try", "--cap-drop", "ALL"]
        command += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        command += ["--unshare-all", "--uid", str(NOBODY), "--gid", str(NOBODY)]
        command += ["--cap-drop", "ALL"]
    command += ["--hostname", HOST_NAME]
    command += ["--as-pid-1", "--die-with-parent", "--new-session", "--clearenv", "--chdir", "/"]
    for name, value in ENVIRONMENT.items():
        command += ["--setenv", name, value]
    return command


def resolve_links(path: str) -> tuple[dict[str, str], str]:
    """Follow a path: every symbolic link on the way with its target, and the path without links."""
    links: dict[str, str] = {}
    followed = 0
    current, rest = "/", _parts(path)
    while rest:
        step = os.path.join(current, rest.pop(0))  # noqa: PTH118 - links must not be resolved
        if Path(step).is_symlink() and followed < _MOST_LINKS:
            followed += 1
            target = str(Path(step).readlink())
            links[step] = target
            there = os.path.normpath(os.path.join(current, target))  # noqa: PTH118
            current, rest = "/", _parts(there) + rest
        else:
            current = step
    return links, current


def _file_system(interpreter: Interpreter, binds: dict[str, str]) -> list[str]:
    system = [path for path in _SYSTEM_FILES if Path(path).exists()]
    loader = [] if interpreter.loader is None else [interpreter.loader]
    links: dict[str, str] = {}
    real: set[str] = set()
    for path in (*interpreter.readable, interpreter.executable, *loader, *system):
        met, end = resolve_links(path)
        links |= met
        real.add(end)
    roots = sorted(path for path in real if not any(is_inside(path, one) for one in real))
    words: list[str] = []
    placed = {
        place: target
        for place, target in links.items()
        if not any(is_inside(place, one) for one in roots)
    }
    # Left alone, bubblewrap makes the parents 0700 below a private folder: no way in for
    # another user.
    for parent in _parents_of([*roots, *placed, *binds.values()]):
        words += ["--perms", "0755", "--dir", parent]
    for path in roots:
        words += ["--ro-bind", path, path]
    for path in interpreter.hidden:
        if any(is_inside(path, root) for root in roots):
            words += ["--tmpfs", path, "--remount-ro", path]
    for place, target in sorted(placed.items()):
        words += ["--symlink", target, place]
    for source, place in binds.items():
        words += ["--ro-bind", source, place]
    return [*words, "--proc", "/proc", "--dev", "/dev", "--remount-ro", "/"]


def _parents_of(paths: Sequence[str]) -> list[str]:
    parents = {str(parent) for path in paths for parent in Path(path).parents} - {"/"}
    return sorted(parents - set(paths))


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part]
