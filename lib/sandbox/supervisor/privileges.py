"""Giving up what a step must not have: root, capabilities, address space, descriptors, dumps."""

import ctypes
import errno
import os
import resource
import struct
from pathlib import Path

from supervisor.kernel import (
    PR_CAPBSET_DROP,
    PR_SET_DUMPABLE,
    PR_SET_NO_NEW_PRIVS,
    PR_SET_PDEATHSIG,
    libc,
    prctl,
)
from supervisor.processes import PAGE_BYTES

_CAP_SETGID, _CAP_SETUID = 6, 7
_CAPABILITY_VERSION_3 = 0x20080522
_SIGKILL = 9
STEP_DESCRIPTORS = 32
_STACK_BYTES = 8 << 20


def drop_privileges(uid: int | None) -> None:
    """Change to an unprivileged user where one is named, and drop every capability in any case.

    Raises:
        OSError: If the kernel refuses.
    """
    if os.geteuid() == 0:
        _empty_bounding_set(keep=() if uid is None else (_CAP_SETGID, _CAP_SETUID))
        if uid is not None:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
    header = ctypes.create_string_buffer(struct.pack("=Ii", _CAPABILITY_VERSION_3, 0), 8)
    if libc.capset(header, ctypes.create_string_buffer(24)) < 0:
        raise OSError(ctypes.get_errno(), "Cannot drop the capabilities")
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    if os.getpid() == 1:
        die_with_parent()  # bubblewrap had set it; a change of uid clears it


def die_with_parent() -> None:
    """Have the kernel kill this process when the thread that started it ends."""
    prctl(PR_SET_PDEATHSIG, _SIGKILL)


def limit_resources(memory_bytes: int) -> None:
    """Set the limits that hold for this process and all its children.

    ``memory_bytes`` of address space are given above the present size.
    """
    present = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * PAGE_BYTES
    for kind, value in (
        (resource.RLIMIT_AS, present + memory_bytes),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, STEP_DESCRIPTORS),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_STACK, _STACK_BYTES),
    ):
        resource.setrlimit(kind, (value, value))


def be_first_victim() -> None:
    """Ask the kernel to take this process and its children first when memory runs out."""
    try:
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise


def forbid_inspection() -> None:
    """Let no process of the same user read this one's memory or trace it."""
    prctl(PR_SET_DUMPABLE, 0)


def _empty_bounding_set(keep: tuple[int, ...]) -> None:
    for capability in range(64):
        if capability in keep:
            continue
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError as error:
            if error.errno == errno.EINVAL:  # past the last capability of this kernel
                return
            if error.errno != errno.EPERM:  # without CAP_SETPCAP; NO_NEW_PRIVS covers it
                raise
