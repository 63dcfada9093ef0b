"""The system-call filter as data: its tables, and what it decides, by a small BPF machine."""

import errno
import struct
import unittest

from supervisor.seccomp import (
    FORK_FLAGS,
    RET_ALLOW,
    RET_ERRNO,
    RET_KILL,
    RET_NOTIFY,
    Instruction,
    build_filter,
)
from supervisor.syscalls import AARCH64, HOT, MACHINES, RULED, X86_64, Machine

MAX_INSTRUCTIONS = 4096


def decide(
    program: tuple[Instruction, ...], number: int, arguments: tuple[int, ...] = (), arch: int = 0
) -> int:
    """Run the filter on one call."""
    words = [*arguments, 0, 0, 0, 0, 0, 0][:6]
    data = struct.pack("<iIQ6Q", number, arch, 0, *words)
    accumulator = place = 0
    while True:
        step = program[place]
        place += 1
        match step.code:
            case 0x20:
                accumulator = struct.unpack_from("<I", data, step.operand)[0]
            case 0x54:
                accumulator &= step.operand
            case 0x15:
                place += step.if_true if accumulator == step.operand else step.if_false
            case 0x35:
                place += step.if_true if accumulator >= step.operand else step.if_false
            case 0x45:
                place += step.if_true if accumulator & step.operand else step.if_false
            case 0x06:
                return step.operand
            case other:
                raise AssertionError(f"unknown instruction {other:#x}")


def refused(code: int) -> int:
    """Give what the filter returns for an error."""
    return RET_ERRNO | code


class FilterTest(unittest.TestCase):
    """Both machines, call by call."""

    def each(self) -> list[tuple[Machine, tuple[Instruction, ...]]]:
        """Give every machine with its filter."""
        return [(machine, build_filter(machine)) for machine in MACHINES.values()]

    def check(self, name: str, arguments: tuple[int, ...], expected: int) -> None:
        """Expect a decision on every machine that has the call."""
        for machine, program in self.each():
            if name in machine.numbers:
                with self.subTest(machine=machine.name, call=name, arguments=arguments):
                    number = machine.numbers[name]
                    found = decide(program, number, arguments, machine.audit_arch)
                    self.assertEqual(found, expected)

    def test_jumps_stay_inside_and_the_program_fits(self) -> None:
        """A jump past the end would be refused by the kernel, and hide a rule."""
        for _, program in self.each():
            self.assertLess(len(program), MAX_INSTRUCTIONS)
            for place, step in enumerate(program):
                self.assertLess(place + 1 + max(step.if_true, step.if_false), len(program) + 1)

    def test_only_named_calls_pass(self) -> None:
        """Every number that no row names is refused, up to well past the newest."""
        for machine, program in self.each():
            named = set(machine.numbers.values())
            for number in set(range(1024)) - named:
                found = decide(program, number, (), machine.audit_arch)
                self.assertEqual(found, refused(errno.EPERM), (machine.name, number))

    def test_plain_calls_pass(self) -> None:
        """Every row without a rule of its own is allowed."""
        for machine, program in self.each():
            for name in set(machine.numbers) - set(RULED):
                found = decide(program, machine.numbers[name], (), machine.audit_arch)
                self.assertEqual(found, RET_ALLOW, (machine.name, name))

    def test_no_row_is_there_that_should_not_be(self) -> None:
        """Calls that a step must never make have no row at all."""
        never = {
            "socket",
            "socketpair",
            "connect",
            "execve",
            "execveat",
            "kill",
            "tgkill",
            "ptrace",
        }
        never |= {
            "pipe2",
            "memfd_create",
            "io_uring_setup",
            "prctl",
            "unlinkat",
            "mkdirat",
            "setsid",
        }
        never |= {"openat2", "mount", "unshare", "setns", "bpf", "shmget", "process_vm_readv"}
        for machine in MACHINES.values():
            self.assertEqual(never & set(machine.numbers), set())

    def test_numbers_are_unique(self) -> None:
        """Two names for one number would make one rule shadow the other."""
        for machine in MACHINES.values():
            self.assertEqual(len(set(machine.numbers.values())), len(machine.numbers))

    def test_hot_calls_exist_on_both(self) -> None:
        """The filter names them without asking."""
        for machine in MACHINES.values():
            self.assertLessEqual(set(HOT), set(machine.numbers))

    def test_another_architecture_is_killed(self) -> None:
        """A 32-bit call on x86_64, or any foreign call."""
        self.assertEqual(decide(build_filter(X86_64), 0, (), 0x40000003), RET_KILL)
        self.assertEqual(decide(build_filter(AARCH64), 63, (), X86_64.audit_arch), RET_KILL)

    def test_x32_is_refused(self) -> None:
        """The x32 numbers reach the same calls by other numbers."""
        found = decide(build_filter(X86_64), 0x40000000, (), X86_64.audit_arch)
        self.assertEqual(found, refused(errno.ENOSYS))

    def test_files_open_for_reading_only(self) -> None:
        """O_RDONLY with harmless flags passes, whatever writes does not."""
        self.check("openat", (0, 0, 0x80000), RET_ALLOW)
        self.check("open", (0, 0x80000), RET_ALLOW)
        for flags in (1, 2, 3, 0x40, 0x200, 0x400, 0x410000, 0x80001):
            self.check("openat", (0, 0, flags), refused(errno.EROFS))
            self.check("open", (0, flags), refused(errno.EROFS))

    def test_fork_is_put_to_the_supervisor(self) -> None:
        """Exactly glibc's fork; a thread or a namespace flag fails."""
        self.check("clone", (FORK_FLAGS,), RET_NOTIFY)
        for flags in (0x11, 0x3D0F00, FORK_FLAGS | 0x10000000, FORK_FLAGS & ~0x1000000):
            self.check("clone", (flags,), refused(errno.EAGAIN))
        self.check("clone3", (), refused(errno.ENOSYS))

    def test_memory_is_private_and_never_writable_and_executable(self) -> None:
        """Rules of mmap and mprotect."""
        self.check("mmap", (0, 4096, 3, 0x22), RET_ALLOW)
        self.check("mmap", (0, 4096, 5, 0x2), RET_ALLOW)
        self.check("mmap", (0, 4096, 7, 0x22), refused(errno.EACCES))
        self.check("mmap", (0, 4096, 3, 0x21), refused(errno.EPERM))
        self.check("mmap", (0, 4096, 1, 0x3), refused(errno.EPERM))
        self.check("mprotect", (0, 4096, 6), refused(errno.EACCES))
        self.check("mprotect", (0, 4096, 5), RET_ALLOW)

    def test_limits_can_be_read_and_cpu_time_lowered(self) -> None:
        """prlimit64 with a new limit only for the caller's own RLIMIT_CPU."""
        self.check("prlimit64", (0, 9, 0), RET_ALLOW)
        self.check("prlimit64", (0, 0, 0x7F0000001000), RET_ALLOW)
        self.check("prlimit64", (0, 9, 0x7F0000001000), refused(errno.EPERM))
        self.check("prlimit64", (1, 0, 0x7F0000001000), refused(errno.EPERM))
        self.check("prlimit64", (0, 9, 0x7F00000000), refused(errno.EPERM))

    def test_device_and_descriptor_controls(self) -> None:
        """A few ioctl and fcntl commands, nothing else (TIOCSTI, F_SETLK, F_SETPIPE_SZ)."""
        self.check("ioctl", (0, 0x5401), RET_ALLOW)
        self.check("ioctl", (0, 0x5412), refused(errno.ENOTTY))
        self.check("fcntl", (0, 1030), RET_ALLOW)
        self.check("fcntl", (0, 6), refused(errno.EPERM))
        self.check("fcntl", (0, 1031), refused(errno.EPERM))


if __name__ == "__main__":
    unittest.main()
