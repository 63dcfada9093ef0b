"""The system-call filter of everything below the supervisor.

An allow-list: whatever it does not name fails with EPERM, so that a refusal is an ordinary Python
exception. fork(2) is put to the supervisor (SECCOMP_RET_USER_NOTIF), which holds a token for every
fork it asked for. Installed once in the zygote, inherited by all.
"""

import ctypes
import errno
import os
import resource
import struct

from supervisor import bpf
from supervisor.bpf import Instruction
from supervisor.faults import Unavailable
from supervisor.kernel import PR_SET_NO_NEW_PRIVS, libc, prctl, syscall
from supervisor.rules import rules_of
from supervisor.syscalls import HOT, MACHINES, Machine

X32_BIT = 0x40000000
_FILTER_FLAG_NEW_LISTENER = 8
_SET_MODE_FILTER = 1
_ROOM = 4
"""How many times the address space limit a mapping may lie from the C library."""


def build_filter(machine: Machine, mappings: range) -> tuple[Instruction, ...]:
    """Assemble the filter of one machine; ``mappings``: see ``rules_of``."""
    numbers = machine.numbers
    rules = rules_of(machine, mappings)
    program = [*bpf.kill_other_machines(machine.audit_arch), bpf.load_number()]
    if machine.has_x32:
        program += bpf.refuse_from(X32_BIT, errno.ENOSYS)
    rest = sorted(set(numbers) - set(HOT), key=lambda name: (name not in rules, numbers[name]))
    for name in (*HOT, *rest):
        program += bpf.for_call(numbers[name], rules.get(name, [bpf.allow()]))
    return (*program, bpf.refuse(errno.EPERM))


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
    program = build_filter(machine, mapping_range())
    code = b"".join(instruction.pack() for instruction in program)
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    instructions = ctypes.create_string_buffer(code, len(code))
    # struct sock_fprog: unsigned short, padding, pointer.
    pointer = struct.pack("@HP", len(program), ctypes.addressof(instructions))
    try:
        return syscall(
            machine.seccomp,
            _SET_MODE_FILTER,
            _FILTER_FLAG_NEW_LISTENER,
            ctypes.create_string_buffer(pointer, len(pointer)),
        )
    except OSError as error:
        raise Unavailable("no-seccomp", f"Cannot install the seccomp filter: {error}") from error


def mapping_range() -> range:
    """Give the high halves of addresses around this process's libraries.

    The kernel puts every mapping beside the last one, so that all lie within the limit of address
    space of each other.
    """
    here = ctypes.cast(libc.mmap, ctypes.c_void_p).value or 0
    room = _ROOM * resource.getrlimit(resource.RLIMIT_AS)[0]
    return range(max(here - room, 0) >> 32, (here + room >> 32) + 1)
