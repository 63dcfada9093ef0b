"""How much memory is left, and whether the kernel has killed processes for want of it.

Of the host, and of every control group that limits this process: a container's limit is one, and
/proc/meminfo knows nothing of it.
"""

import math
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from supervisor.processes import number_in

_MEMINFO = Path("/proc/meminfo")
_VMSTAT = Path("/proc/vmstat")
_UNLIMITED = 1 << 60
"""Version 1 writes a huge number where version 2 writes ``max``."""


@dataclass(frozen=True)
class _Names:
    """The files of one version of control groups."""

    limit: str
    usage: str
    reclaimable: str
    """Field of ``memory.stat``: file pages that were not used for a while, to be had back."""


_VERSION_2 = _Names("memory.max", "memory.current", "inactive_file")
_VERSION_1 = _Names("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
_STAT = "memory.stat"


class MemoryWatch:
    """Reads what is available; the smallest of all counts."""

    def __init__(self, groups: Iterable[str], meminfo: Path = _MEMINFO) -> None:
        """Watch the folders ``groups`` (see ``find_memory_groups``) besides the host."""
        self._groups = tuple(Path(group) for group in groups)
        self._meminfo = meminfo

    def is_short(self, reserve_bytes: int) -> bool:
        """Tell whether less than the reserve is available."""
        return self.available_bytes(enough=reserve_bytes) < reserve_bytes

    def available_bytes(self, *, enough: int = _UNLIMITED) -> int:
        """Give the available bytes; a group that has more than ``enough`` is not asked for details.

        Raises:
            OSError: If the kernel does not say what the host has.
        """
        left = _of_host(self._meminfo)
        for group in self._groups:
            left = min(left, _of_group(group, enough))
        return left


class OomKills:
    """Whether the kernel has killed processes because memory ran out: any process of the host."""

    def __init__(self, vmstat: Path = _VMSTAT) -> None:
        """Count from now on."""
        self._vmstat = vmstat
        self._count = self._read()
        self._seen = -math.inf

    def happened_since(self, moment: float) -> bool:
        """Tell whether a kill was seen after this moment of the monotonic clock, or is seen now.

        One that happened somewhat earlier may be taken for a later one.
        """
        count = self._read()
        if count != self._count:
            self._count = count
            self._seen = time.monotonic()
        return moment <= self._seen

    def _read(self) -> int:
        return number_in(self._vmstat, "oom_kill") or 0  # kernels before 4.13 do not count


def find_memory_groups(proc: Path = Path("/proc/self")) -> tuple[str, ...]:
    """Find the control groups of this process that have a limit, innermost first.

    A limit that is set later is not seen.
    """
    try:
        belongs = (proc / "cgroup").read_text("utf-8", "replace").splitlines()
        mounts = (proc / "mountinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return ()
    paths = _group_paths(belongs)
    found = []
    for kind, root, mount in _memory_mounts(mounts):
        if kind in paths:
            found += [
                str(folder)
                for folder in _ancestry(Path(mount), paths[kind], root)
                if _limit_of(folder) is not None
            ]
    return tuple(dict.fromkeys(found))


def group_files(group: str) -> list[str]:
    """Give the files that are read of a group, those that exist."""
    names = {_STAT}
    for version in (_VERSION_2, _VERSION_1):
        names |= {version.limit, version.usage}
    return [name for name in sorted(names) if (Path(group) / name).exists()]


def _of_host(meminfo: Path) -> int:
    kilobytes = number_in(meminfo, "MemAvailable:")
    if kilobytes is None:
        raise OSError(f"Cannot read MemAvailable of {meminfo}")
    return kilobytes * 1024


def _of_group(group: Path, enough: int) -> int:
    """Limit less use, pages that can be had back not counted; unlimited if the group is gone."""
    limit = _limit_of(group)
    if limit is None:
        return _UNLIMITED
    size, names = limit
    try:
        left = size - int((group / names.usage).read_bytes())
        if left >= enough:
            return left
        left += number_in(group / _STAT, names.reclaimable) or 0
    except FileNotFoundError:
        return _UNLIMITED
    return max(0, left)


def _limit_of(group: Path) -> tuple[int, _Names] | None:
    for names in (_VERSION_2, _VERSION_1):
        try:
            text = (group / names.limit).read_text("ascii").strip()
        except OSError:
            continue
        if text.isdigit() and int(text) < _UNLIMITED:
            return int(text), names
    return None


def _group_paths(lines: Iterable[str]) -> dict[str, str]:
    """Path of this process in the hierarchies that may limit memory, by file system type."""
    paths = {}
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            paths["cgroup2"] = path
        elif "memory" in controllers.split(","):
            paths["cgroup"] = path
    return paths


def _memory_mounts(lines: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Type, root and place of the mounts that may hold memory groups."""
    for line in lines:
        before, _, after = line.partition(" - ")
        root, mount = before.split()[3:5]
        kind, _, options = after.split(maxsplit=2)
        if kind == "cgroup2" or (kind == "cgroup" and "memory" in options.split(",")):
            yield kind, root, mount


def _ancestry(mount: Path, path: str, root: str) -> Iterator[Path]:
    """The group's folder and those above it, up to the mount.

    ``root``: the group that the mount shows; in a container it may be the process's own.
    """
    if ".." in path.split("/"):  # outside of this control-group namespace: only the mount is ours
        path = root
    below = os.path.relpath(path, root) if (path + "/").startswith(root.rstrip("/") + "/") else path
    folder = mount / below.lstrip("/")
    while folder != mount:
        yield folder
        folder = folder.parent
    yield mount
