"""Which arguments a call may have, for the calls that could do harm with others.

Flags are looked at in the low half of an argument: the kernel knows none in the high half.
"""

import errno

from supervisor import bpf
from supervisor.bpf import Rule
from supervisor.syscalls import Machine

FORK_FLAGS = 0x1200011
"""Flags that glibc's fork() passes to clone: CHILD_CLEARTID, CHILD_SETTID, SIGCHLD."""
REPORT_DESCRIPTOR = 63
"""The only descriptor that sendmsg is allowed on: above RLIMIT_NOFILE, so that no step can make it,
and closed once the zygote has reported on it."""

_O_WRITING = 0x1 | 0x2 | 0x40 | 0x200 | 0x400 | 0x400000
"""O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND, O_TMPFILE: the same bits on both machines."""
_PROT = 0x1 | 0x2 | 0x4 | 0x10
"""PROT_READ, PROT_WRITE, PROT_EXEC, and PROT_BTI, with which aarch64 loads libraries."""
_PROT_WRITE_EXEC = 0x2 | 0x4
_MAP_FLAGS = 0x2 | 0x10 | 0x20 | 0x40 | 0x800 | 0x1000 | 0x4000 | 0x8000 | 0x20000 | 0x100000
"""MAP_PRIVATE, FIXED, ANONYMOUS, 32BIT, DENYWRITE, EXECUTABLE, NORESERVE, POPULATE, STACK,
FIXED_NOREPLACE. Neither shared or droppable memory, nor huge pages of the host's pool, nor
mappings that grow by themselves."""
_MREMAP_FLAGS = (0, 1)
"""MREMAP_MAYMOVE, to where the kernel chooses."""
_ADVICE = (0, 1, 2, 4, 8, 14, 15)
"""NORMAL, RANDOM, SEQUENTIAL, DONTNEED, FREE, HUGEPAGE, NOHUGEPAGE. Not MERGEABLE and PAGEOUT,
whose work another branch could notice, nor GUARD_INSTALL, whose page tables no limit counts."""
_FUTEX = (128, 129, 137, 138, 137 | 256)
"""FUTEX_WAIT, WAKE, WAIT_BITSET and WAKE_BITSET, all with FUTEX_PRIVATE_FLAG, and waiting by the
wall clock. Without that flag a page of a file is a queue for every process; priority inheritance
and requeueing are for threads."""
_IOCTLS = (0x5401, 0x5451, 0x541B, 0x5413)
"""TCGETS, FIOCLEX, FIONREAD, TIOCGWINSZ."""
_FCNTLS = (1, 2, 3, 0, 1030)
"""F_GETFD, F_SETFD, F_GETFL, F_DUPFD, F_DUPFD_CLOEXEC."""
_CLOCKS = 12
"""Numbers below are the kernel's clocks; negative ones are CPU times of other processes."""
_SLEEPING_CLOCKS = (0, 1)
"""CLOCK_REALTIME, CLOCK_MONOTONIC."""
_RUSAGE = (0, 1)
"""RUSAGE_SELF, RUSAGE_THREAD."""
_GRND = (0, 1)
"""GRND_NONBLOCK."""
_SIGCHLD = 17
_RLIMIT_CPU = 0


def rules_of(machine: Machine, mappings: range) -> dict[str, Rule]:
    """Give the calls that have a rule; each ends by allowing or refusing.

    ``mappings``: high halves of the addresses at which a mapping may be asked for. Far apart, small
    mappings cost three times their size in page tables, which no limit counts.
    """
    opening = machine.open_flags
    no_flags = (0,)
    checks: dict[str, Rule] = {
        "mmap": [
            *_memory_protection(),
            *bpf.unless_flags_in(3, _MAP_FLAGS, errno.EPERM),
            *bpf.if_pointer_given(0, bpf.unless_high_half_in(0, mappings, errno.ENOMEM)),
        ],
        "mprotect": _memory_protection(),
        "mremap": bpf.unless_one_of(3, _MREMAP_FLAGS, errno.EPERM),
        "madvise": bpf.unless_one_of(2, _ADVICE, errno.EINVAL),
        "openat": [
            *bpf.if_any_flag(2, _O_WRITING, errno.EROFS),
            *bpf.unless_flags_in(2, opening, errno.EPERM),
        ],
        "open": [
            *bpf.if_any_flag(1, _O_WRITING, errno.EROFS),
            *bpf.unless_flags_in(1, opening, errno.EPERM),
        ],
        "ioctl": bpf.unless_one_of(1, _IOCTLS, errno.ENOTTY),
        "fcntl": bpf.unless_one_of(1, _FCNTLS, errno.EPERM),
        "futex": bpf.unless_one_of(1, _FUTEX, errno.EPERM),
        "sendto": [
            *bpf.unless_one_of(3, no_flags, errno.EPERM),
            *bpf.unless_null(4, errno.EPERM),
        ],
        "recvfrom": bpf.unless_one_of(3, no_flags, errno.EPERM),
        "sendmsg": [
            *bpf.unless_one_of(0, (REPORT_DESCRIPTOR,), errno.EPERM),
            *bpf.unless_one_of(2, no_flags, errno.EPERM),
        ],
        "recvmsg": bpf.unless_one_of(2, no_flags, errno.EPERM),
        "wait4": [*bpf.unless_null(1, errno.EPERM), *bpf.unless_null(3, errno.EPERM)],
        "rt_sigaction": bpf.if_value(0, _SIGCHLD, errno.EPERM),
        "getrusage": bpf.unless_one_of(0, _RUSAGE, errno.EPERM),
        "clock_gettime": bpf.unless_below(0, _CLOCKS, errno.EINVAL),
        "clock_getres": bpf.unless_below(0, _CLOCKS, errno.EINVAL),
        "clock_nanosleep": bpf.unless_one_of(0, _SLEEPING_CLOCKS, errno.EINVAL),
        "sched_getaffinity": bpf.unless_one_of(0, (0,), errno.EPERM),
        "prlimit64": [
            *bpf.unless_one_of(0, (0,), errno.EPERM),
            # A new limit only for the CPU time; the kernel only lowers its hard limit.
            *bpf.if_pointer_given(2, bpf.unless_one_of(1, (_RLIMIT_CPU,), errno.EPERM)),
        ],
        "getrandom": bpf.unless_one_of(2, _GRND, errno.EINVAL),
        "close_range": bpf.unless_one_of(2, no_flags, errno.EPERM),
    }
    rules = {name: [*rule, bpf.allow()] for name, rule in checks.items()}
    rules["clone"] = [*bpf.unless_one_of(0, (FORK_FLAGS,), errno.EAGAIN), bpf.notify()]
    # ENOSYS makes glibc fall back to clone, whose flags are not behind a pointer.
    rules["clone3"] = [bpf.refuse(errno.ENOSYS)]
    return {name: rule for name, rule in rules.items() if name in machine.numbers}


def _memory_protection() -> Rule:
    return [
        *bpf.if_all_flags(2, _PROT_WRITE_EXEC, errno.EACCES),
        *bpf.unless_flags_in(2, _PROT, errno.EPERM),
    ]
