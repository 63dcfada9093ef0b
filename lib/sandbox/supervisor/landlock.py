"""Landlock: nothing but reads below the named folders (Linux 5.13 and later)."""

import ctypes
import errno
import os
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

from supervisor.faults import Unavailable
from supervisor.interpreter import is_inside
from supervisor.kernel import PR_SET_NO_NEW_PRIVS, prctl, syscall

# The same numbers on every machine.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG = 1
_RULE_PATH_BENEATH = 1
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
# No EXECUTE right is given: libraries are mapped, not executed.

_FIRST_RIGHTS = (1 << 13) - 1
_LATER_RIGHTS = {2: 1 << 13, 3: 1 << 14, 5: 1 << 15}
"""REFER, TRUNCATE, IOCTL_DEV: the version of the interface that brought them."""


def landlock_abi() -> int:
    """Give the version of Landlock that the kernel offers; 0: none."""
    try:
        return syscall(_CREATE_RULESET, None, 0, _VERSION_FLAG)
    except OSError as error:
        if error.errno in (errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM):
            return 0
        raise


def ruleset_attributes(abi: int) -> bytes:
    """Write ``struct landlock_ruleset_attr`` with all rights that this version can refuse."""
    rights = _FIRST_RIGHTS
    for since, right in _LATER_RIGHTS.items():
        if abi >= since:
            rights |= right
    words = [rights]
    if abi >= 4:
        words.append(0b11)  # TCP bind and connect
    if abi >= 6:
        words.append(0b11)  # abstract unix sockets and signals outside of the domain
    return struct.pack(f"={len(words)}Q", *words)


def restrict_to_reading(paths: Sequence[str], hidden: Sequence[str]) -> int:
    """Take every file right from this process and its children but reading below ``paths``.

    Nothing below ``hidden`` can be read either.

    Returns:
        The version of the interface.

    Raises:
        Unavailable: If the kernel has no Landlock.
    """
    abi = landlock_abi()
    if abi < 1:
        raise Unavailable("no-landlock", "Cannot confine files: this kernel offers no Landlock")
    attributes = ruleset_attributes(abi)
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    ruleset = syscall(_CREATE_RULESET, buffer, len(attributes), 0)
    try:
        for path in paths:
            for part in around(os.path.realpath(path), hidden):
                _allow_reading(ruleset, part)
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        syscall(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return abi


def around(path: str, hidden: Sequence[str]) -> Iterator[str]:
    """Give the outermost paths of ``path`` that hold nothing hidden.

    A right holds for all that lies below, so that a folder above something hidden cannot be opened,
    not even for listing. Links are left out: what they lead to is opened by its own name, or is
    none of ours.
    """
    inside = [one for one in hidden if is_inside(one, path)]
    if path in hidden:
        return
    if not inside:
        yield path
        return
    for entry in sorted(os.scandir(path), key=lambda entry: entry.name):
        if not entry.is_symlink():
            yield from around(entry.path, inside)


def _allow_reading(ruleset: int, path: str) -> None:
    try:
        folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # Less is readable than was offered, which is safe; an import will say so.
    try:
        rights = _READ_FILE | _READ_DIR if Path(path).is_dir() else _READ_FILE
        rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, folder), 12)
        syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0)
    finally:
        os.close(folder)
