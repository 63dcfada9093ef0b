"""Tests of what counts as available memory, and of which deaths are the kernel's doing."""

import tempfile
import time
import unittest
from pathlib import Path

from supervisor.memory import MemoryWatch, OomKills, find_memory_groups, group_files

MIB = 1 << 20


class MemoryTest(unittest.TestCase):
    """Reading of made-up /proc and control-group files."""

    def setUp(self) -> None:
        """Make a folder that stands for the kernel's."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.meminfo = self.write("meminfo", "MemTotal: 9 kB\nMemAvailable: 4096 kB\n")

    def write(self, name: str, text: str) -> Path:
        """Write a file of the made-up kernel."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "ascii")
        return path

    def group(self, name: str, *, limit: str, usage: int, inactive: int = 0) -> str:
        """Make a control group of version 2."""
        self.write(f"{name}/memory.max", f"{limit}\n")
        self.write(f"{name}/memory.current", f"{usage}\n")
        stat = f"anon 1\nactive_file 7\ninactive_file {inactive}\n"
        return str(self.write(f"{name}/memory.stat", stat).parent)

    def available(self, *groups: str) -> int:
        """Give what is available with these groups."""
        return MemoryWatch(groups, self.meminfo).available_bytes()

    def test_the_host_counts_without_a_group(self) -> None:
        """And a host that does not say is an error."""
        self.assertEqual(self.available(), 4 * MIB)
        self.meminfo.write_text("MemTotal: 9 kB\n", "ascii")
        with self.assertRaisesRegex(OSError, "Cannot read MemAvailable"):
            self.available()

    def test_the_smallest_counts(self) -> None:
        """Group or host."""
        small = self.group("small", limit=str(10 * MIB), usage=9 * MIB)
        large = self.group("large", limit=str(99 * MIB), usage=9 * MIB)
        unlimited = self.group("unlimited", limit="max", usage=9 * MIB)
        self.assertEqual(self.available(large, unlimited), 4 * MIB)
        self.assertEqual(self.available(large, small), MIB)

    def test_file_pages_that_can_be_had_back_are_available(self) -> None:
        """As MemAvailable of the host counts them."""
        group = self.group("cached", limit=str(10 * MIB), usage=10 * MIB, inactive=3 * MIB)
        self.assertEqual(self.available(group), 3 * MIB)
        self.assertFalse(MemoryWatch([group], self.meminfo).is_short(3 * MIB))
        self.assertTrue(MemoryWatch([group], self.meminfo).is_short(3 * MIB + 1))

    def test_a_group_above_its_limit_has_nothing(self) -> None:
        """Never a negative number."""
        self.assertEqual(self.available(self.group("over", limit="5", usage=9)), 0)

    def test_version_1_counts_too(self) -> None:
        """Its files have other names, and its unlimited is a number."""
        self.write("v1/memory.limit_in_bytes", str(3 * MIB))
        self.write("v1/memory.usage_in_bytes", str(2 * MIB))
        self.write("v1/memory.stat", "inactive_file 1\ntotal_inactive_file 16\n")
        group = str(self.root / "v1")
        self.assertEqual(self.available(group), MIB + 16)
        self.assertEqual(len(group_files(group)), 3)
        self.write("v1/memory.limit_in_bytes", "9223372036854771712")
        self.assertEqual(self.available(group), 4 * MIB)

    def test_a_group_that_is_gone_limits_nothing(self) -> None:
        """Or that is removed between two readings."""
        group = self.group("gone", limit="5", usage=1)
        (Path(group) / "memory.current").unlink()
        self.assertEqual(self.available(group, str(self.root / "never")), 4 * MIB)

    def find(self, belongs: str, mounts: str) -> tuple[str, ...]:
        """Find groups for made-up contents of /proc/self."""
        self.write("proc/cgroup", belongs)
        self.write("proc/mountinfo", mounts)
        return find_memory_groups(self.root / "proc")

    def test_every_limit_above_the_process_is_found(self) -> None:
        """Innermost first; groups without a limit are left out."""
        mount = f"{self.root}/fs"
        inner = self.group("fs/a/b/c", limit="9", usage=1)
        self.group("fs/a/b", limit="max", usage=1)
        outer = self.group("fs/a", limit="8", usage=1)
        self.group("fs/z", limit="7", usage=1)
        line = f"41 31 0:38 / {mount} rw,relatime - cgroup2 cgroup2 rw\n"
        self.assertEqual(self.find("0::/a/b/c\n", line), (inner, outer))

    def test_in_a_container_the_mount_is_the_process_s_own_group(self) -> None:
        """Seen with and without a namespace of control groups."""
        own = self.group("fs", limit="9", usage=1)
        namespace = f"41 31 0:38 / {own} ro - cgroup2 cgroup rw\n"
        self.assertEqual(self.find("0::/\n", namespace), (own,))
        whole = f"41 31 0:38 /docker/x {own} ro - cgroup2 cgroup rw\n"
        self.assertEqual(self.find("0::/docker/x\n", whole), (own,))
        self.assertEqual(self.find("0::/../other\n", namespace), (own,))

    def test_version_1_is_found_by_its_controller(self) -> None:
        """Other controllers' mounts have no such files and are not looked at."""
        self.write("fs/job/memory.limit_in_bytes", "9")
        mounts = (
            f"35 31 0:32 / {self.root}/fs rw,relatime - cgroup cgroup rw,memory\n"
            f"36 31 0:33 / {self.root}/other rw,relatime - cgroup cgroup rw,cpu,cpuacct\n"
            "37 31 0:34 / /proc rw - proc proc rw\n"
        )
        found = self.find("9:cpu,cpuacct:/other\n4:memory:/job\n0::/x\n", mounts)
        self.assertEqual(found, (f"{self.root}/fs/job",))

    def test_no_proc_no_groups(self) -> None:
        """A host that hides them."""
        self.assertEqual(find_memory_groups(self.root / "nothing"), ())


class OomKillsTest(unittest.TestCase):
    """Which deaths the kernel may have caused."""

    def test_a_kill_excuses_every_step_that_ran_then_and_none_that_began_later(self) -> None:
        """Two victims of one moment included."""
        with tempfile.TemporaryDirectory() as folder:
            vmstat = Path(folder) / "vmstat"
            vmstat.write_text("pgfault 1\noom_kill 3\noom_kill_extra 9\n", "ascii")
            kills = OomKills(vmstat)
            before = time.monotonic()
            self.assertFalse(kills.happened_since(before))
            vmstat.write_text("pgfault 1\noom_kill 5\n", "ascii")
            self.assertTrue(kills.happened_since(before))
            self.assertTrue(kills.happened_since(before))
            self.assertFalse(kills.happened_since(time.monotonic()))

    def test_a_kernel_that_does_not_count_excuses_nothing(self) -> None:
        """No such line."""
        with tempfile.TemporaryDirectory() as folder:
            vmstat = Path(folder) / "vmstat"
            vmstat.write_text("pgfault 1\n", "ascii")
            self.assertFalse(OomKills(vmstat).happened_since(time.monotonic()))


if __name__ == "__main__":
    unittest.main()
