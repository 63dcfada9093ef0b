"""The system-call filter of everything below the supervisor, as classic BPF.

An allow-list: whatever it does not name fails with EPERM, so that a refusal is an ordinary Python
exception. fork(2) is put to the
supervisor (SECCOMP_RET_USER_NOTIF), which holds a token for every fork it asked for. Installed once
in the zygote, inherited by all.
"""

import ctypes
import errno
import os
import struct
from dataclasses import dataclass

from supervisor.faults import Unavailable
from supervisor.kernel import PR_SET_NO_NEW_PRIVS, prctl, syscall
from supervisor.syscalls import HOT, MACHINES, RULED, Machine

RET_KILL = 0x80000000
RET_ALLOW = 0x7FFF0000
RET_NOTIFY = 0x7FC00000
RET_ERRNO = 0x00050000

O_WRITING = 0x1 | 0x2 | 0x40 | 0x200 | 0x400 | 0x400000
"""O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND, O_TMPFILE: the same bits on both machines."""
FORK_FLAGS = 0x1200011
"""What glibc's fork() passes to clone: CHILD_CLEARTID, CHILD_SETTID, SIGCHLD."""
PROT_WRITE_EXEC = 0x2 | 0x4
MAP_SHARED = 0x1
IOCTLS = (0x5401, 0x5451, 0x541B, 0x5413)
"""TCGETS, FIOCLEX, FIONREAD, TIOCGWINSZ."""
FCNTLS = (1, 2, 3, 0, 1030)
"""F_GETFD, F_SETFD, F_GETFL, F_DUPFD, F_DUPFD_CLOEXEC."""
X32_BIT = 0x40000000

_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16
_LOAD, _AND, _RETURN = 0x20, 0x54, 0x06
_JUMP_EQUAL, _JUMP_GREATER_EQUAL, _JUMP_SET = 0x15, 0x35, 0x45
_FILTER_FLAG_NEW_LISTENER = 8
_SET_MODE_FILTER = 1


@dataclass(frozen=True)
class Instruction:
    """One instruction of classic BPF; the jumps count instructions to skip."""

    code: int
    if_true: int
    if_false: int
    operand: int

    def pack(self) -> bytes:
        """Write it as ``struct sock_filter``."""
        return struct.pack("=HBBI", self.code, self.if_true, self.if_false, self.operand)


def build_filter(machine: Machine) -> tuple[Instruction, ...]:
    """Assemble the filter of one machine."""
    numbers = machine.numbers
    program = [_load(_ARCH), *_unless_equal(machine.audit_arch, RET_KILL), _load(_NUMBER)]
    if machine.has_x32:
        program += [_jump(_JUMP_GREATER_EQUAL, X32_BIT, 0, 1), _refuse(errno.ENOSYS)]
    for name in HOT:
        program += _for_call(numbers[name], [_return(RET_ALLOW)])
    rules = {
        "mmap": [
            *_refuse_write_exec(),
            *_refuse_flags(3, MAP_SHARED, errno.EPERM),
            _return(RET_ALLOW),
        ],
        "mprotect": [*_refuse_write_exec(), _return(RET_ALLOW)],
        "openat": [*_refuse_flags(2, O_WRITING, errno.EROFS), _return(RET_ALLOW)],
        "open": [*_refuse_flags(1, O_WRITING, errno.EROFS), _return(RET_ALLOW)],
        "clone": _only_values(0, (FORK_FLAGS,), _return(RET_NOTIFY), errno.EAGAIN),
        # ENOSYS makes glibc fall back to clone, whose flags are not behind a pointer.
        "clone3": [_refuse(errno.ENOSYS)],
        "ioctl": _only_values(1, IOCTLS, _return(RET_ALLOW), errno.ENOTTY),
        "fcntl": _only_values(1, FCNTLS, _return(RET_ALLOW), errno.EPERM),
        "prlimit64": _rule_prlimit(),
    }
    for name in RULED:
        if name in numbers:
            program += _for_call(numbers[name], rules[name])
    for name in sorted(set(numbers) - set(RULED) - set(HOT), key=lambda name: numbers[name]):
        program += _for_call(numbers[name], [_return(RET_ALLOW)])
    return (*program, _refuse(errno.EPERM))


def install_filter() -> int:
    """Install the filter in this process and all its children; there is no way back.

    Returns:
        The descriptor on which the supervisor hears of fork requests.

    Raises:
        Unavailable: If the machine has no table or the kernel no such filter.
    """
    name = os.uname().machine
    machine = MACHINES.get(name)
    if machine is None:
        raise Unavailable("no-table", f"Cannot confine steps on {name}: no system-call table")
    code = b"".join(instruction.pack() for instruction in build_filter(machine))
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    instructions = ctypes.create_string_buffer(code, len(code))
    # struct sock_fprog: unsigned short, padding, pointer.
    program = struct.pack("@HP", len(code) // 8, ctypes.addressof(instructions))
    try:
        return syscall(
            machine.seccomp,
            _SET_MODE_FILTER,
            _FILTER_FLAG_NEW_LISTENER,
            ctypes.create_string_buffer(program, len(program)),
        )
    except OSError as error:
        raise Unavailable("no-seccomp", f"Cannot install the seccomp filter: {error}") from error


def _load(offset: int) -> Instruction:
    return Instruction(_LOAD, 0, 0, offset)


def _load_argument(index: int, *, high: bool = False) -> Instruction:
    # Both machines are little endian: the low half comes first.
    return _load(_ARGUMENTS + 8 * index + (4 if high else 0))


def _jump(code: int, operand: int, if_true: int, if_false: int) -> Instruction:
    return Instruction(code, if_true, if_false, operand)


def _return(value: int) -> Instruction:
    return Instruction(_RETURN, 0, 0, value)


def _refuse(code: int) -> Instruction:
    return _return(RET_ERRNO | code)


def _unless_equal(value: int, verdict: int) -> list[Instruction]:
    return [_jump(_JUMP_EQUAL, value, 1, 0), _return(verdict)]


def _for_call(number: int, rule: list[Instruction]) -> list[Instruction]:
    """Apply a rule, which always returns, to one call; skip it for every other."""
    return [_jump(_JUMP_EQUAL, number, 0, len(rule)), *rule]


def _refuse_flags(argument: int, flags: int, code: int) -> list[Instruction]:
    return [_load_argument(argument), _jump(_JUMP_SET, flags, 0, 1), _refuse(code)]


def _refuse_write_exec() -> list[Instruction]:
    return [
        _load_argument(2),
        Instruction(_AND, 0, 0, PROT_WRITE_EXEC),
        _jump(_JUMP_EQUAL, PROT_WRITE_EXEC, 0, 1),
        _refuse(errno.EACCES),
    ]


def _only_values(
    argument: int, values: tuple[int, ...], then: Instruction, code: int
) -> list[Instruction]:
    tests = [
        _jump(_JUMP_EQUAL, value, len(values) - place, 0) for place, value in enumerate(values)
    ]
    return [_load_argument(argument), *tests, _refuse(code), then]


def _rule_prlimit() -> list[Instruction]:
    """Allow reading, or the caller's own RLIMIT_CPU, whose hard limit the kernel only lowers."""
    return [
        _load_argument(2),
        _jump(_JUMP_EQUAL, 0, 0, 2),
        _load_argument(2, high=True),
        _jump(_JUMP_EQUAL, 0, 4, 0),
        _load_argument(1),
        _jump(_JUMP_EQUAL, 0, 0, 3),
        _load_argument(0),
        _jump(_JUMP_EQUAL, 0, 0, 1),
        _return(RET_ALLOW),
        _refuse(errno.EPERM),
    ]
