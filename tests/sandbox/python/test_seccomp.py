"""The system-call filter as data: its tables, and what it decides, by a small BPF machine."""

import ctypes
import errno
import struct
import unittest
from unittest import mock

from supervisor.bpf import RET_ALLOW, RET_ERRNO, RET_KILL, RET_NOTIFY, Instruction
from supervisor.rules import FORK_FLAGS, REPORT_DESCRIPTOR, rules_of
from supervisor.seccomp import build_filter, mapping_range
from supervisor.syscalls import AARCH64, HOT, MACHINES, X86_64, Machine

MAX_INSTRUCTIONS = 4096
MAPPINGS = range(0x7F10, 0x7F21)
"""High halves of the addresses at which these filters let mappings be asked for."""


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
        return [(machine, build_filter(machine, MAPPINGS)) for machine in MACHINES.values()]

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
            for name in set(machine.numbers) - set(rules_of(machine, MAPPINGS)):
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
        never |= {"uname", "sysinfo", "readlink", "readlinkat", "times", "waitid", "statx"}
        never |= {"set_robust_list", "futex_waitv", "flock", "mincore", "preadv2", "inotify_init1"}
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
        self.assertEqual(decide(build_filter(X86_64, MAPPINGS), 0, (), 0x40000003), RET_KILL)
        self.assertEqual(
            decide(build_filter(AARCH64, MAPPINGS), 63, (), X86_64.audit_arch), RET_KILL
        )

    def test_x32_is_refused(self) -> None:
        """The x32 numbers reach the same calls by other numbers."""
        found = decide(build_filter(X86_64, MAPPINGS), 0x40000000, (), X86_64.audit_arch)
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

    def test_mappings_are_asked_for_near_the_libraries_only(self) -> None:
        """Anywhere, by the kernel's choice, or within the range."""
        for flags in (0x22, 0x32, 0x100022):
            self.check("mmap", (0, 4096, 3, flags), RET_ALLOW)
            for high in (0x7F10, 0x7F20):
                self.check("mmap", (high << 32, 4096, 3, flags), RET_ALLOW)
                self.check("mmap", (high << 32 | 0xFFFFF000, 4096, 3, flags), RET_ALLOW)
            for place in (
                4096,
                0x1000 << 32,
                0x7F0F << 32 | 0xFFFFF000,
                0x7F21 << 32,
                0xFFFF << 32,
            ):
                self.check("mmap", (place, 4096, 3, flags), refused(errno.ENOMEM))

    def test_libraries_and_what_the_kernel_puts_beside_them_are_in_the_range(self) -> None:
        """And hardly more: page tables of it all stay small."""
        with mock.patch("resource.getrlimit", return_value=(1 << 30, 1 << 30)):
            found = mapping_range()
        self.assertIn(ctypes.addressof(ctypes.create_string_buffer(64 << 20)) >> 32, found)
        self.assertLessEqual(len(found), 3)

    def test_memory_has_no_odd_flags(self) -> None:
        """Huge pages of the host, droppable and growing maps, moves to a place, merging, paging."""
        for flag in (0x8, 0x100, 0x2000, 0x40000, 0x80000, 0x4000000):
            self.check("mmap", (0, 4096, 3, 0x22 | flag), refused(errno.EPERM))
        self.check("mmap", (0, 4096, 0x1000003, 0x22), refused(errno.EPERM))
        self.check("mprotect", (0, 4096, 0x21), refused(errno.EPERM))
        self.check("mremap", (0, 4096, 8192, 1), RET_ALLOW)
        for flags in (2, 3, 4, 5):
            self.check("mremap", (0, 4096, 8192, flags), refused(errno.EPERM))
        for advice in (4, 8, 14):
            self.check("madvise", (0, 4096, advice), RET_ALLOW)
        for advice in (3, 9, 10, 12, 20, 21, 22, 23, 25, 100, 101, 102, 1 << 31):
            self.check("madvise", (0, 4096, advice), refused(errno.EINVAL))

    def test_futexes_are_private_and_plain(self) -> None:
        """Every operation without the flag, and every odd one with it."""
        for operation in (128, 129, 137, 138, 393):
            self.check("futex", (0x7F0000001000, operation), RET_ALLOW)
        others = [op | private for op in range(16) for private in (0, 128, 256, 384)]
        for operation in set(others) - {128, 129, 137, 138, 393}:
            self.check("futex", (0x7F0000001000, operation), refused(errno.EPERM))

    def test_messages_have_no_flags(self) -> None:
        """Neither out of band nor peeked at; sendmsg on the zygote's report alone."""
        self.check("sendto", (30, 1, 1, 0, 0, 0), RET_ALLOW)
        self.check("sendto", (30, 1, 1, 0, 1 << 32, 16), refused(errno.EPERM))
        self.check("recvfrom", (30, 1, 1, 0), RET_ALLOW)
        self.check("recvmsg", (30, 1, 0), RET_ALLOW)
        self.check("sendmsg", (REPORT_DESCRIPTOR, 1, 0), RET_ALLOW)
        self.check("sendmsg", (30, 1, 0), refused(errno.EPERM))
        for flags in (1, 2, 0x40, 0x8000, 0x20000000, 0x4000000):
            self.check("sendto", (30, 1, 1, flags), refused(errno.EPERM))
            self.check("recvfrom", (30, 1, 1, flags), refused(errno.EPERM))
            self.check("recvmsg", (30, 1, flags), refused(errno.EPERM))
            self.check("sendmsg", (REPORT_DESCRIPTOR, 1, flags), refused(errno.EPERM))

    def test_a_dead_child_tells_nothing(self) -> None:
        """Else a step could leave word with a common ancestor for its siblings."""
        self.check("wait4", (2**32 - 1, 0, 1, 0), RET_ALLOW)
        self.check("wait4", (2**32 - 1, 0x7F0000001000, 1, 0), refused(errno.EPERM))
        self.check("wait4", (2**32 - 1, 0x7F00000000, 1, 0), refused(errno.EPERM))
        self.check("wait4", (2**32 - 1, 0, 1, 0x7F0000001000), refused(errno.EPERM))
        self.check("rt_sigaction", (2, 1, 1), RET_ALLOW)
        self.check("rt_sigaction", (17, 1, 1), refused(errno.EPERM))
        self.check("getrusage", (0,), RET_ALLOW)
        self.check("getrusage", (2**32 - 1,), refused(errno.EPERM))
        self.check("getrusage", (2**64 - 1,), refused(errno.EPERM))

    def test_clocks_are_not_those_of_other_processes(self) -> None:
        """A negative number names the CPU time of a process, or a descriptor."""
        for clock in (0, 1, 2, 3, 4, 7, 11):
            self.check("clock_gettime", (clock,), RET_ALLOW)
        for clock in (12, 2**32 - 6, 2**64 - 6, 2**32 - 2 - (1234 << 3)):
            self.check("clock_gettime", (clock,), refused(errno.EINVAL))
            self.check("clock_getres", (clock,), refused(errno.EINVAL))
        self.check("clock_nanosleep", (1,), RET_ALLOW)
        for clock in (2, 8, 9, 2**32 - 6):
            self.check("clock_nanosleep", (clock,), refused(errno.EINVAL))

    def test_nothing_is_asked_of_other_processes(self) -> None:
        """Neither limits nor cores."""
        self.check("sched_getaffinity", (0, 8), RET_ALLOW)
        self.check("sched_getaffinity", (1, 8), refused(errno.EPERM))
        self.check("prlimit64", (1, 9, 0), refused(errno.EPERM))
        self.check("getrandom", (1, 8, 1), RET_ALLOW)
        self.check("getrandom", (1, 8, 2), refused(errno.EINVAL))
        self.check("close_range", (3, 29, 0), RET_ALLOW)
        self.check("close_range", (3, 29, 2), refused(errno.EPERM))

    def test_odd_ways_to_open_are_refused(self) -> None:
        """O_PATH, which Landlock does not look at, O_ASYNC, O_NOATIME; folders can be opened."""
        for flags in (0x200000, 0x2000, 0x40000, 0x280000):
            self.check("openat", (0, 0, flags), refused(errno.EPERM))
            self.check("open", (0, flags), refused(errno.EPERM))
        for machine, directory in ((X86_64, 0x10000), (AARCH64, 0x4000)):
            program = build_filter(machine, MAPPINGS)
            number = machine.numbers["openat"]
            found = decide(program, number, (0, 0, directory | 0x80800), machine.audit_arch)
            self.assertEqual(found, RET_ALLOW)

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
