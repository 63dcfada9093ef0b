"""Runs a program where the kernel refuses something: ``refuse.py namespaces|landlock PROGRAM …``.

What a container's seccomp profile, or a kernel without the feature, answers. It holds for the
program and all that it starts.
"""

import ctypes
import errno
import os
import struct
import sys

_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_NUMBER, _FIRST_ARGUMENT = 0, 16
_NEW_NAMESPACES = 0x7E020000
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET."""
_CALLS = {
    "x86_64": {"clone": 56, "unshare": 272, "clone3": 435, "landlock": 444},
    "aarch64": {"clone": 220, "unshare": 97, "clone3": 435, "landlock": 444},
}
_SET_NO_NEW_PRIVS, _SET_SECCOMP, _FILTER = 38, 22, 2


def refuse_namespaces(calls: dict[str, int]) -> list[bytes]:
    """Give the filter that makes no new namespace.

    ``clone3`` keeps its flags behind a pointer: without it, the C library takes ``clone``.
    """
    return [
        _instruction(_LOAD, _NUMBER),
        *_answer(calls["clone3"], errno.ENOSYS),
        *_answer(calls["unshare"], errno.EPERM),
        _instruction(_EQUAL, calls["clone"], if_false=3),
        _instruction(_LOAD, _FIRST_ARGUMENT),
        _instruction(_ANY_BIT, _NEW_NAMESPACES, if_false=1),
        _instruction(_RETURN, _ERRNO | errno.EPERM),
        _instruction(_RETURN, _ALLOW),
    ]


def refuse_landlock(calls: dict[str, int]) -> list[bytes]:
    """Give the filter that answers as a kernel on which Landlock is off."""
    return [
        _instruction(_LOAD, _NUMBER),
        *_answer(calls["landlock"], errno.EOPNOTSUPP),
        _instruction(_RETURN, _ALLOW),
    ]


def install(instructions: list[bytes]) -> None:
    """Install a filter in this process; what it starts inherits it."""
    libc = ctypes.CDLL(None, use_errno=True)
    code = b"".join(instructions)
    words = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("@HP", len(instructions), ctypes.addressof(words))
    buffer = ctypes.create_string_buffer(program, len(program))
    for arguments in ((_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (_SET_SECCOMP, _FILTER, buffer)):
        if libc.prctl(*arguments) < 0:
            raise OSError(ctypes.get_errno(), "Cannot install the filter")


def _answer(number: int, code: int) -> list[bytes]:
    return [_instruction(_EQUAL, number, if_false=1), _instruction(_RETURN, _ERRNO | code)]


def _instruction(code: int, operand: int, *, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, 0, if_false, operand)


def main(what: str, *command: str) -> None:
    """Install the filter and become the program."""
    calls = _CALLS[os.uname().machine]
    install({"namespaces": refuse_namespaces, "landlock": refuse_landlock}[what](calls))
    os.execv(command[0], command)


if __name__ == "__main__":
    main(*sys.argv[1:])
