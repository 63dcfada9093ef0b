"""System-call numbers of the two machines, and the groups that the filter treats alike.

One row per call: name, number on x86_64, number on aarch64 (``None``: the machine has no such
call). The aarch64 column is the
kernel's generic table (include/uapi/asm-generic/unistd.h).
"""

from dataclasses import dataclass

_ROWS: tuple[tuple[str, int | None, int | None], ...] = (
    ("read", 0, 63),
    ("write", 1, 64),
    ("open", 2, None),
    ("close", 3, 57),
    ("stat", 4, None),
    ("fstat", 5, 80),
    ("lstat", 6, None),
    ("poll", 7, None),
    ("lseek", 8, 62),
    ("mmap", 9, 222),
    ("mprotect", 10, 226),
    ("munmap", 11, 215),
    ("brk", 12, 214),
    ("rt_sigaction", 13, 134),
    ("rt_sigprocmask", 14, 135),
    ("rt_sigreturn", 15, 139),
    ("ioctl", 16, 29),
    ("pread64", 17, 67),
    ("readv", 19, 65),
    ("writev", 20, 66),
    ("access", 21, None),
    ("select", 23, None),
    ("sched_yield", 24, 124),
    ("mremap", 25, 216),
    ("madvise", 28, 233),
    ("dup", 32, 23),
    ("dup2", 33, None),
    ("nanosleep", 35, 101),
    ("getpid", 39, 172),
    ("sendto", 44, 206),
    ("recvfrom", 45, 207),
    ("sendmsg", 46, 211),
    ("recvmsg", 47, 212),
    ("clone", 56, 220),
    ("exit", 60, 93),
    ("wait4", 61, 260),
    ("uname", 63, 160),
    ("fcntl", 72, 25),
    ("getcwd", 79, 17),
    ("readlink", 89, None),
    ("gettimeofday", 96, 169),
    ("getrlimit", 97, 163),
    ("getrusage", 98, 165),
    ("sysinfo", 99, 179),
    ("times", 100, 153),
    ("getuid", 102, 174),
    ("getgid", 104, 176),
    ("geteuid", 107, 175),
    ("getegid", 108, 177),
    ("getppid", 110, 173),
    ("getpgrp", 111, None),
    ("sigaltstack", 131, 132),
    ("gettid", 186, 178),
    ("time", 201, None),
    ("futex", 202, 98),
    ("sched_getaffinity", 204, 123),
    ("getdents64", 217, 61),
    ("set_tid_address", 218, 96),
    ("restart_syscall", 219, 128),
    ("clock_gettime", 228, 113),
    ("clock_getres", 229, 114),
    ("clock_nanosleep", 230, 115),
    ("exit_group", 231, 94),
    ("openat", 257, 56),
    ("newfstatat", 262, 79),
    ("readlinkat", 267, 78),
    ("faccessat", 269, 48),
    ("pselect6", 270, 72),
    ("ppoll", 271, 73),
    ("set_robust_list", 273, 99),
    ("dup3", 292, 24),
    ("prlimit64", 302, 261),
    ("getcpu", 309, 168),
    ("getrandom", 318, 278),
    ("statx", 332, 291),
    ("rseq", 334, 293),
    ("clone3", 435, 435),
    ("close_range", 436, 436),
    ("faccessat2", 439, 439),
)

RULED = ("openat", "open", "clone", "clone3", "ioctl", "prlimit64", "mmap", "mprotect", "fcntl")
"""Calls whose arguments are looked at; every other call of the table is allowed as it is."""
HOT = (
    "read",
    "write",
    "munmap",
    "brk",
    "futex",
    "madvise",
    "recvmsg",
    "sendmsg",
    "rt_sigprocmask",
    "clock_gettime",
    "wait4",
    "mremap",
)
"""Calls that are tested first, because steps make them most."""


@dataclass(frozen=True)
class Machine:
    """What the filter must know of one machine."""

    name: str
    audit_arch: int
    """AUDIT_ARCH_* of <linux/audit.h>, as the kernel puts it into ``seccomp_data.arch``."""
    seccomp: int
    """Number of seccomp(2)."""
    has_x32: bool
    numbers: dict[str, int]


X86_64 = Machine(
    "x86_64", 0xC000003E, 317, True, {name: x86 for name, x86, _ in _ROWS if x86 is not None}
)
AARCH64 = Machine(
    "aarch64", 0xC00000B7, 277, False, {name: arm for name, _, arm in _ROWS if arm is not None}
)
MACHINES = {machine.name: machine for machine in (X86_64, AARCH64)}
"""By the name that uname(2) gives."""
