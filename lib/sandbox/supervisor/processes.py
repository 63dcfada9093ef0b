"""Facts of the kernel about processes and memory: /proc, read by trusted code only."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_TICK_US = 1_000_000 // os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")
_STATUS = Path("/proc/self/status")
_SIZES = re.compile(rb"VmSize:\s*(\d+) kB.*VmPTE:\s*(\d+) kB", re.DOTALL)


@dataclass(frozen=True)
class ProcessStat:
    """The fields of /proc/<pid>/stat that are used here."""

    state: str
    parent: int
    minor_faults: int
    cpu_us: int
    """CPU time in whole clock ticks."""
    resident_bytes: int


def read_process(pid: int) -> ProcessStat | None:
    """Read a process, a zombie too; ``None`` if there is none."""
    try:
        # The name may hold spaces and brackets; what follows its last bracket is numbers.
        text = Path(f"/proc/{pid}/stat").read_bytes().rsplit(b")", 1)[1].split()
    except OSError:
        return None
    return ProcessStat(
        state=text[0].decode(),
        parent=int(text[1]),
        minor_faults=int(text[7]),
        cpu_us=(int(text[11]) + int(text[12])) * _TICK_US,
        resident_bytes=int(text[21]) * PAGE_BYTES,
    )


@dataclass(frozen=True)
class ProcessTimes:
    """Where the time of a process went, in microseconds."""

    cpu_us: int = 0
    waited_us: int = 0
    """Ready to run, and no core was free for it; 0 where the kernel does not keep it."""


def process_times(pid: int, stat: ProcessStat) -> ProcessTimes:
    """Times of a process: to the nanosecond where the kernel keeps them, else in clock ticks."""
    return _scheduled(pid) or ProcessTimes(cpu_us=stat.cpu_us)


def waited_us(pid: int) -> int:
    """How long a process waited for a core; 0 if there is none, or the kernel does not keep it."""
    return (_scheduled(pid) or ProcessTimes()).waited_us


def _scheduled(pid: int) -> ProcessTimes | None:
    try:
        cpu, waited = Path(f"/proc/{pid}/schedstat").read_bytes().split()[:2]
    except (OSError, ValueError):
        return None
    return ProcessTimes(int(cpu) // 1000, int(waited) // 1000)


@dataclass(frozen=True)
class MemorySizes:
    """Memory of a process, in bytes."""

    address_space: int
    page_tables: int
    """Memory that the kernel uses to find the pages of the process."""


def memory_sizes(pid: int) -> MemorySizes | None:
    """Read the sizes of a process; ``None`` if it has no memory any more."""
    try:
        status = Path(f"/proc/{pid}/status").read_bytes()
    except OSError:
        return None
    found = _SIZES.search(status)
    return None if found is None else MemorySizes(*(int(size) * 1024 for size in found.groups()))


class OwnWait:
    """How long this process waited for a core; cheap, for it is asked in every turn."""

    def __init__(self) -> None:
        """Open what tells it; where the kernel does not keep it, it is always 0."""
        try:
            self._file = os.open("/proc/self/schedstat", os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            self._file = -1

    def seconds(self) -> float:
        """Give the seconds since the process began."""
        return 0.0 if self._file < 0 else int(os.pread(self._file, 64, 0).split()[1]) / 1e9


def parents() -> dict[int, tuple[int, str]]:
    """Parent and state letter of every process that can be seen."""
    found: dict[int, tuple[int, str]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            stat = read_process(int(entry.name))
            if stat is not None:
                found[int(entry.name)] = (stat.parent, stat.state)
    return found


def descendants(root: int) -> set[int]:
    """Every process below ``root``, zombies left out.

    By whole descent: just after a kill an orphan's parent is the dying process, a moment later the
    supervisor.
    """
    tree = parents()
    below: set[int] = set()
    for pid, (_, state) in tree.items():
        ancestor = pid
        while ancestor in tree and ancestor != root:
            ancestor = tree[ancestor][0]
        if ancestor == root and pid != root and state != "Z":
            below.add(pid)
    return below


def effective_capabilities() -> int | None:
    """Give the effective capabilities as a bit set; ``None`` if the kernel does not say."""
    return number_in(_STATUS, "CapEff:", base=16)


def no_new_privileges() -> bool:
    """Tell whether NO_NEW_PRIVS is set on this process."""
    return number_in(_STATUS, "NoNewPrivs:") == 1


def number_in(file: Path, name: str, *, base: int = 10) -> int | None:
    """Give the number that follows a name in a file of such lines; ``None``: no such line.

    Raises:
        OSError: If the file cannot be read.
    """
    for line in file.read_text("ascii", "replace").splitlines():
        words = line.split()
        if len(words) > 1 and words[0] == name:
            return int(words[1], base)
    return None
