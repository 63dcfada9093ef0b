"""Memory that no limit of the kernel counts: page tables, measured from outside of the step."""

import unittest
from pathlib import Path

from attacks.client import Worker, plan_worker, without_libraries
from supervisor.processes import descendants, memory_sizes
from supervisor.settings import Limits

MEMORY = 256 << 20
LIMITS = Limits(60_000, 60_000, MEMORY, 4096, 1024, 8192)
BWRAP = "/usr/bin/bwrap" if Path("/usr/bin/bwrap").exists() else None
SPREAD = f"""
import ctypes
l = ctypes.CDLL(None)
l.mmap.restype = ctypes.c_void_p
l.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
l.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
made, size = 0, {MEMORY - (32 << 20)}
for _ in range(60_000):
    a = l.mmap(None, size, 3, 0x22, -1, 0)
    if a in (None, 2**64 - 1): continue
    ctypes.c_char.from_address(a).value = b"x"
    l.munmap(a + 4096, size - 4096)
    made += 1
print(made)
"""
"""Each map leaves its lowest page behind, so that the next one is put far below it."""
FULL = f"x = bytearray({MEMORY - (64 << 20)})\nprint(len(x))"
"""Touches nearly all that is allowed."""


class PageTableTest(unittest.TestCase):
    """A step that spends its memory on page tables."""

    def peak(self, worker: Worker, code: str) -> tuple[dict[str, object], int]:
        """Run a step; give its answer and the largest page tables seen below the worker."""
        worker.start(code)
        most = 0
        while not worker.has_answer(0.005):
            for pid in descendants(worker.process.pid):
                sizes = memory_sizes(pid)
                most = max(most, 0 if sizes is None else sizes.page_tables)
        return worker.receive(60), most

    def test_page_tables_stay_a_small_part_of_the_limit(self) -> None:
        """Without the bound these maps took 700 MB; with it the step gets no more maps."""
        for bwrap in {None, BWRAP}:
            tier = "B" if bwrap is None else "A"
            plan = without_libraries(plan_worker(tier=tier, bwrap=bwrap, limits=LIMITS, tag=""))
            with self.subTest(tier=tier), Worker(plan) as worker:
                found, most = self.peak(worker, SPREAD)
                self.assertEqual(found["status"], "ok", found)
                made = int(str(found["stdout"]))
                self.assertLess(made, 30_000)
                self.assertLess(most, MEMORY // 2)
                # Another branch has all of its own; a dense use is nowhere near the bound.
                found, most = self.peak(worker, FULL)
                self.assertEqual(found["stdout"], f"{MEMORY - (64 << 20)}\n")
                self.assertLess(most, MEMORY // 64)


if __name__ == "__main__":
    unittest.main()
