"""Tests that what the host does to a step is never a verdict on the step."""

import contextlib
import json
import os
import signal
import tempfile
import time
import unittest
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from attacks.client import Worker, cpu_time_of, plan_worker, without_libraries
from supervisor.processes import descendants, read_process
from supervisor.settings import Limits

LIMITS = Limits(60_000, 60_000, 64 << 20, 4096, 1024, 8192)
ODD_HOST = str(Path(__file__).resolve().parent / "_odd_host.py")
BWRAP = "/usr/bin/bwrap" if Path("/usr/bin/bwrap").exists() else None


def plan(limits: Limits = LIMITS, *, bwrap: str | None = None) -> dict[str, Any]:
    """Plan a worker without libraries: tier A with bubblewrap, B without."""
    return without_libraries(
        plan_worker(tier="B" if bwrap is None else "A", bwrap=bwrap, limits=limits, tag="")
    )


def on_odd_host(plan: dict[str, Any], *what: str) -> dict[str, Any]:
    """Give the plan for a worker on a host that misbehaves; a file's folder must be its own."""
    (tier,) = plan["tiers"]
    *head, supervisor, settings = tier["command"]
    folders = [str(Path(ODD_HOST).parent), *(str(Path(word).parent) for word in what[1:])]
    if "--remount-ro" in head:
        place = head.index("--remount-ro")
        for one in folders:
            above = [str(parent) for parent in reversed(Path(one).parents)][1:]
            ways = [word for parent in above for word in ("--perms", "0755", "--dir", parent)]
            head[place:place] = [*ways, "--ro-bind", one, one]
    command = [*head, ODD_HOST, str(Path(supervisor).parent), *what, settings]
    return {**plan, "tiers": [{**tier, "command": command}]}


@contextlib.contextmanager
def open_folder() -> Iterator[Path]:
    """Give a temporary folder that the user whom a worker of root becomes can read."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until something holds, a minute at most."""
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until, "it never came to be"
        time.sleep(0.01)


def is_dead(pid: int) -> bool:
    """Tell whether a process has ended, reaped or not."""
    found = read_process(pid)
    return found is None or found.state == "Z"


class OutOfMemoryTest(unittest.TestCase):
    """The kernel kills, or a control group is full."""

    def run_and_kill(self, *, with_oom: bool, parent_code: str | None = None) -> dict[str, Any]:
        """Run an endless step, kill its process as the kernel would, and give the answer."""
        with open_folder() as folder:
            vmstat = folder / "vmstat"
            vmstat.write_text("oom_kill 0\n", "ascii")
            with Worker(on_odd_host(plan(), "vmstat", str(vmstat))) as worker:
                parent = 0
                if parent_code is not None:
                    self.assertTrue(worker.run(parent_code, keep=True)["kept"])
                    parent = worker.last_id
                before = descendants(worker.process.pid)
                worker.start("while True: pass", parent=parent)
                wait_for(lambda: len(descendants(worker.process.pid) - before) == 1)
                (step,) = descendants(worker.process.pid) - before
                # Well past its hello: its code runs.
                wait_for(lambda: cpu_time_of({step}) > 100_000)
                if with_oom:
                    vmstat.write_text("oom_kill 1\n", "ascii")
                os.kill(step, signal.SIGKILL)
                found = worker.receive(60)
                self.assertEqual(worker.run("print(6*7)")["stdout"], "42\n")
        return found

    def test_a_step_that_the_kernel_killed_has_no_verdict(self) -> None:
        """From the root and from a state."""
        for code in (None, "x = 1"):
            found = self.run_and_kill(with_oom=True, parent_code=code)
            self.assertEqual(found["status"], "host_failed")
            self.assertIn("killed by the host", found["error"]["message"])

    def test_a_step_that_died_otherwise_has_failed(self) -> None:
        """The kernel killed nobody."""
        found = self.run_and_kill(with_oom=False)
        self.assertEqual((found["status"], found["error"]["type"]), ("error", "crashed"))

    def test_a_full_control_group_costs_states_and_no_verdict(self) -> None:
        """Seen through bubblewrap too; the files are not for steps."""
        for bwrap in {None, BWRAP}:
            with open_folder() as folder:
                for name, text in (("max", 1 << 30), ("current", 1 << 20), ("stat", "anon 0")):
                    (folder / f"memory.{name}").write_text(f"{text}\n", "ascii")
                with mock.patch("supervisor.tiers.find_memory_groups", return_value=(str(folder),)):
                    made = plan(bwrap=bwrap)
                with Worker(with_reserve(made, 1 << 29)) as worker:
                    self.assertTrue(worker.run("x = 1", keep=True)["kept"])
                    self.assertEqual(worker.stat()["memory_available_bytes"], 1023 << 20)
                    (folder / "memory.current").write_text(f"{1 << 30}\n", "ascii")
                    self.assertEqual(worker.stat()["memory_available_bytes"], 0)
                    found = worker.run("print(2)", keep=True)
                    self.assertEqual((found["stdout"], found["kept"]), ("2\n", False))
                    self.assertEqual(worker.stat()["live_states"], 0)
                    for path in (f"{folder}/memory.max", "/rstar/memory/0/memory.max"):
                        found = worker.run(f"open({path!r}).read()")
                        self.assertEqual(found["status"], "error", found)


class SupervisorTest(unittest.TestCase):
    """The trusted process itself fails."""

    def test_nothing_outlives_a_supervisor_that_fails(self) -> None:
        """Not a state, which is stopped and whom nobody else would end without namespaces."""
        with open_folder() as folder:
            switch = folder / "switch"
            with Worker(on_odd_host(plan(), "no-memory", str(switch))) as worker:
                self.assertTrue(worker.run("x = 1", keep=True)["kept"])
                below = descendants(worker.process.pid)
                self.assertEqual(len(below), 2)
                switch.touch()
                found = worker.run("print(1)")
                told = (found["op"], found["cause"], found["message"])
                self.assertEqual(told, ("fatal", "internal", "MemoryError: "))
                self.assertEqual(worker.process.wait(60), 1)
                wait_for(lambda: all(is_dead(pid) for pid in below))


class ProcessTableTest(unittest.TestCase):
    """No process is to be had."""

    def test_a_full_process_table_is_no_verdict_and_passes(self) -> None:
        """The zygote says so and lives on; a state is given up, for it might lie."""
        with open_folder() as folder:
            full = folder / "full"
            odd = on_odd_host(plan(bwrap=BWRAP), "process-table", str(full))
            with Worker(odd) as worker:
                if worker.ready["uid"] == 0:
                    self.skipTest("the kernel does not count the processes of root")
                self.assertTrue(worker.run("x = 1", keep=True)["kept"])
                parent = worker.last_id
                full.touch()
                found = worker.run("print(1)")
                self.assertEqual(found["status"], "host_failed")
                self.assertIn("process table", found["error"]["message"])
                self.assertEqual(worker.run("print(x)", parent=parent)["status"], "evicted")
                self.assertEqual(worker.run("print(x)", prefix=("x = 1",))["status"], "host_failed")
                self.assertEqual(worker.stat()["live_states"], 0)
                full.unlink()
                self.assertEqual(worker.run("print(x)", prefix=("x = 1",))["stdout"], "1\n")
                wait_for(lambda: worker.stat()["processes"] == 1)


class ClockTest(unittest.TestCase):
    """The wall clock is set while steps run."""

    def test_limits_do_not_depend_on_the_wall_clock(self) -> None:
        """Neither too early nor never, nor do states age by it."""
        limits = Limits(1_500, 60_000, 64 << 20, 4096, 1024, 8192)
        with Worker(on_odd_host(plan(limits), "clock")) as worker:
            jumps = "import time\nprint(abs(time.time() - time.time()) > 86400)"
            self.assertEqual(worker.run(jumps)["stdout"], "True\n")
            for number in range(20):
                found = worker.run(f"print({number})", keep=True)
                self.assertEqual((found["status"], found["stdout"]), ("ok", f"{number}\n"))
                self.assertLess(found["wall_us"], 1_500_000)
            found = worker.run("while True: pass")
            self.assertEqual(found["status"], "timeout")
            self.assertGreaterEqual(found["wall_us"], 1_490_000)


class BusyTest(unittest.TestCase):
    """Others have the cores."""

    def test_a_step_that_gets_no_core_has_no_verdict(self) -> None:
        """From the root, in a path and below a state; what answers in time counts."""
        limits = Limits(1_500, 60_000, 64 << 20, 4096, 1024, 8192)
        endless = "while True: pass"
        with Worker(on_odd_host(plan(limits), "busy")) as worker:
            self.assertEqual(worker.run("print(6*7)", keep=True)["stdout"], "42\n")
            parent = worker.last_id
            answers = [
                worker.run(endless),
                worker.run(endless, parent=parent),
                worker.run("1", prefix=(endless,)),
            ]
            for found in answers:
                self.assertEqual(found["status"], "host_failed")
                self.assertIn("on a core", found["error"]["message"])
                self.assertGreaterEqual(found["wall_us"], 2_990_000)


def with_reserve(plan: dict[str, Any], reserve_bytes: int) -> dict[str, Any]:
    """Give the plan with another memory reserve."""
    (tier,) = plan["tiers"]
    *head, settings = tier["command"]
    changed = json.dumps({**json.loads(settings), "memory_reserve_bytes": reserve_bytes})
    return {**plan, "tiers": [{**tier, "command": [*head, changed]}]}


if __name__ == "__main__":
    unittest.main()
