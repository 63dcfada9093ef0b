"""The system calls that a step may make: their numbers on the two machines, and what they are for.

One row per call: name, number on x86_64, number on aarch64 (``None``: the machine has no such
call), and why it is allowed. ``only``: its arguments are looked at, see ``rules.py``. The aarch64
column is the kernel's generic table (include/uapi/asm-generic/unistd.h).

A call that is no row fails. Missing on purpose, beside what reaches files, sockets, processes and
other kernel objects: uname, sysinfo and readlink tell of the host (``stand_ins.py`` answers for the
first); times tells what dead children used; set_robust_list, rseq and set_tid_address are for
threads; statx and getcpu nobody needs.
"""

from dataclasses import dataclass

_ROWS: tuple[tuple[str, int | None, int | None, str], ...] = (
    ("read", 0, 63, "libraries, the channel, /dev/urandom"),
    ("write", 1, 64, "the channel and /dev/null: nothing else can be open for writing"),
    ("open", 2, None, "only: for reading, without O_PATH and other odd flags"),
    ("close", 3, 57, "own descriptors"),
    ("stat", 4, None, "imports; tells a file's size and dates, in tier B of any file"),
    ("fstat", 5, 80, "open() asks what it opened"),
    ("lstat", 6, None, "os.path; as stat"),
    ("poll", 7, None, "waits on own descriptors"),
    ("lseek", 8, 62, "a file's size; files are closed after each step, so no offset is shared"),
    ("mmap", 9, 222, "only: private, never writable and executable, near what is there already"),
    ("mprotect", 10, 226, "only: never writable and executable"),
    ("munmap", 11, 215, "gives memory back"),
    ("brk", 12, 214, "malloc; counted by RLIMIT_AS"),
    ("rt_sigaction", 13, 134, "only: handlers, but for a child's death, which tells how it ended"),
    ("rt_sigprocmask", 14, 135, "fork()"),
    ("rt_sigreturn", 15, 139, "the end of every handler"),
    ("ioctl", 16, 29, "only: what open() asks of a descriptor"),
    ("pread64", 17, 67, "ld.so reads a library's head"),
    ("readv", 19, 65, "as read"),
    ("writev", 20, 66, "as write; glibc's last words"),
    ("access", 21, None, "os.access; as stat"),
    ("select", 23, None, "waits on own descriptors; sleeping in older Pythons"),
    ("sched_yield", 24, 124, "gives the core away"),
    ("mremap", 25, 216, "only: realloc(), to where the kernel chooses"),
    ("madvise", 28, 233, "only: giving memory back, huge pages; not merging or paging out"),
    ("dup", 32, 23, "own descriptors"),
    ("dup2", 33, None, "own descriptors; the channel of a new process"),
    ("nanosleep", 35, 101, "time.sleep in older Pythons; the wall limit counts"),
    ("getpid", 39, 172, "own number"),
    ("sendto", 44, 206, "only: the channel, without flags or address"),
    ("recvfrom", 45, 207, "only: the channel, without flags"),
    ("sendmsg", 46, 211, "only: the zygote's one report, on a descriptor that no step can have"),
    ("recvmsg", 47, 212, "only: fork requests with their channel, without flags"),
    ("clone", 56, 220, "only: the fork that the supervisor holds a token for"),
    ("exit", 60, 93, "the end"),
    ("wait4", 61, 260, "only: buries dead children, tells nothing of how they ended"),
    ("fcntl", 72, 25, "only: flags and copies of own descriptors; no locks, leases, owners"),
    ("getcwd", 79, 17, "always /"),
    ("gettimeofday", 96, 169, "time; the vDSO tells it without a call"),
    ("getrlimit", 97, 163, "own limits"),
    ("getrusage", 98, 165, "only: own use; that of dead children would be a message from them"),
    ("getuid", 102, 174, "own user"),
    ("getgid", 104, 176, "own group"),
    ("geteuid", 107, 175, "own user"),
    ("getegid", 108, 177, "own group"),
    ("getppid", 110, 173, "the parent's number"),
    ("getpgrp", 111, None, "own group of processes"),
    ("sigaltstack", 131, 132, "faulthandler"),
    ("gettid", 186, 178, "own number; threading"),
    ("time", 201, None, "time; the vDSO tells it without a call"),
    ("futex", 202, 98, "only: private to the process: locks, semaphores"),
    ("sched_getaffinity", 204, 123, "only: own cores: os.cpu_count"),
    ("getdents64", 217, 61, "imports list folders; Landlock rules over opening them"),
    ("restart_syscall", 219, 128, "a wait that a stop interrupted"),
    ("clock_gettime", 228, 113, "only: clocks, not the CPU clocks of other processes"),
    ("clock_getres", 229, 114, "only: as clock_gettime"),
    ("clock_nanosleep", 230, 115, "only: time.sleep; no clock that wakes the machine"),
    ("exit_group", 231, 94, "the end"),
    ("openat", 257, 56, "only: as open"),
    ("newfstatat", 262, 79, "as stat, and fstat of newer C libraries"),
    ("faccessat", 269, 48, "as access"),
    ("pselect6", 270, 72, "as select"),
    ("ppoll", 271, 73, "as poll"),
    ("dup3", 292, 24, "as dup2"),
    ("prlimit64", 302, 261, "only: reading own limits, lowering the own CPU limit"),
    ("getrandom", 318, 278, "only: never drains the host's pool"),
    ("clone3", 435, 435, "only: always ENOSYS, upon which glibc uses clone"),
    ("close_range", 436, 436, "only: closing, without flags"),
    ("faccessat2", 439, 439, "as access"),
)

HOT = (
    "read",
    "write",
    "munmap",
    "brk",
    "futex",
    "madvise",
    "recvmsg",
    "sendto",
    "rt_sigprocmask",
    "clock_gettime",
    "wait4",
    "mremap",
)
"""Calls that are tested first, because steps make them most."""


@dataclass(frozen=True)
class Machine:
    """Facts about one machine that the filter needs."""

    name: str
    audit_arch: int
    """AUDIT_ARCH_* of <linux/audit.h>, as the kernel puts it into ``seccomp_data.arch``."""
    seccomp: int
    """Number of seccomp(2)."""
    has_x32: bool
    open_flags: int
    """O_CLOEXEC, O_NONBLOCK, O_NOCTTY, O_DIRECTORY, O_NOFOLLOW, O_LARGEFILE."""
    numbers: dict[str, int]


X86_64 = Machine(
    name="x86_64",
    audit_arch=0xC000003E,
    seccomp=317,
    has_x32=True,
    open_flags=0x80000 | 0x800 | 0x100 | 0x10000 | 0x20000 | 0x8000,
    numbers={name: x86 for name, x86, _, _ in _ROWS if x86 is not None},
)
AARCH64 = Machine(
    name="aarch64",
    audit_arch=0xC00000B7,
    seccomp=277,
    has_x32=False,
    open_flags=0x80000 | 0x800 | 0x100 | 0x4000 | 0x8000 | 0x20000,
    numbers={name: arm for name, _, arm, _ in _ROWS if arm is not None},
)
MACHINES = {machine.name: machine for machine in (X86_64, AARCH64)}
"""By the name that uname(2) gives."""
