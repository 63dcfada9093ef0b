"""Classic BPF as seccomp runs it: instructions, and tests of arguments to make rules of."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass

RET_KILL = 0x80000000
RET_ALLOW = 0x7FFF0000
RET_NOTIFY = 0x7FC00000
RET_ERRNO = 0x00050000

_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16
_LOAD, _AND, _RETURN = 0x20, 0x54, 0x06
_JUMP_EQUAL, _JUMP_GREATER_EQUAL, _JUMP_SET = 0x15, 0x35, 0x45
_WORD = 0xFFFFFFFF


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


Rule = list[Instruction]
"""Instructions that return, or go on behind their last one."""


def load_number() -> Instruction:
    """Load the number of the call."""
    return Instruction(_LOAD, 0, 0, _NUMBER)


def kill_other_machines(audit_arch: int) -> Rule:
    """Kill on a call of another architecture."""
    load = Instruction(_LOAD, 0, 0, _ARCH)
    return [load, Instruction(_JUMP_EQUAL, 1, 0, audit_arch), _return(RET_KILL)]


def refuse_from(number: int, code: int) -> Rule:
    """Refuse every call from this number on; the number is loaded."""
    return [Instruction(_JUMP_GREATER_EQUAL, 0, 1, number), refuse(code)]


def for_call(number: int, rule: Rule) -> Rule:
    """Apply a rule, which always returns, to one call; skip it for every other."""
    return [Instruction(_JUMP_EQUAL, 0, len(rule), number), *rule]


def allow() -> Instruction:
    """Let the call happen."""
    return _return(RET_ALLOW)


def notify() -> Instruction:
    """Put the call to the supervisor."""
    return _return(RET_NOTIFY)


def refuse(code: int) -> Instruction:
    """Have the call fail with an error number."""
    return _return(RET_ERRNO | code)


def unless_flags_in(argument: int, allowed: int, code: int) -> Rule:
    """Refuse where an argument has a bit that is not allowed."""
    return [
        _load_argument(argument),
        Instruction(_JUMP_SET, 0, 1, _WORD & ~allowed),
        refuse(code),
    ]


def if_any_flag(argument: int, flags: int, code: int) -> Rule:
    """Refuse where an argument has one of the bits."""
    return unless_flags_in(argument, _WORD & ~flags, code)


def if_all_flags(argument: int, flags: int, code: int) -> Rule:
    """Refuse where an argument has all of the bits."""
    return [
        _load_argument(argument),
        Instruction(_AND, 0, 0, flags),
        Instruction(_JUMP_EQUAL, 0, 1, flags),
        refuse(code),
    ]


def unless_one_of(argument: int, values: Iterable[int], code: int) -> Rule:
    """Refuse where an argument is none of the values."""
    wanted = tuple(values)
    tests = [
        Instruction(_JUMP_EQUAL, len(wanted) - place, 0, value)
        for place, value in enumerate(wanted)
    ]
    return [_load_argument(argument), *tests, refuse(code)]


def if_value(argument: int, value: int, code: int) -> Rule:
    """Refuse where an argument is the value."""
    return [_load_argument(argument), Instruction(_JUMP_EQUAL, 0, 1, value), refuse(code)]


def unless_below(argument: int, bound: int, code: int) -> Rule:
    """Refuse where an argument, taken without a sign, reaches the bound."""
    return [
        _load_argument(argument),
        Instruction(_JUMP_GREATER_EQUAL, 0, 1, bound),
        refuse(code),
    ]


def unless_null(argument: int, code: int) -> Rule:
    """Refuse where a pointer is not null."""
    return [
        _load_argument(argument),
        Instruction(_JUMP_EQUAL, 0, 2, 0),
        _load_argument(argument, high=True),
        Instruction(_JUMP_EQUAL, 1, 0, 0),
        refuse(code),
    ]


def if_pointer_given(argument: int, then: Rule) -> Rule:
    """Apply a rule only where a pointer is not null."""
    return [
        _load_argument(argument),
        Instruction(_JUMP_EQUAL, 0, 2, 0),
        _load_argument(argument, high=True),
        Instruction(_JUMP_EQUAL, len(then), 0, 0),
        *then,
    ]


def unless_high_half_in(argument: int, halves: range, code: int) -> Rule:
    """Refuse where the high half of an address lies outside of a range."""
    return [
        _load_argument(argument, high=True),
        Instruction(_JUMP_GREATER_EQUAL, 0, 1, halves.start),
        Instruction(_JUMP_GREATER_EQUAL, 0, 1, halves.stop),
        refuse(code),
    ]


def _load_argument(index: int, *, high: bool = False) -> Instruction:
    # Both machines are little endian: the low half comes first.
    return Instruction(_LOAD, 0, 0, _ARGUMENTS + 8 * index + (4 if high else 0))


def _return(value: int) -> Instruction:
    return Instruction(_RETURN, 0, 0, value)
