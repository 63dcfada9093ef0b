"""A worker as a test sees it: its frames and its processes."""

import contextlib
import json
import os
import select
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from supervisor.faults import Unavailable
from supervisor.plan import make_plan
from supervisor.processes import descendants, read_process
from supervisor.settings import Limits, PlanRequest
from supervisor.wire import FrameReader, encode_frame

_REPLY_CAP = 1 << 22
_START_SECONDS = 60


class WorkerDied(Exception):  # noqa: N818 - what a test looks for
    """The worker ended, or did not answer in time."""


def plan_worker(
    *, tier: str | None, bwrap: str | None, limits: Limits, tag: str, max_states: int = 64
) -> dict[str, Any]:
    """Plan one tier (``None``: the best one).

    Raises:
        Unavailable: If it does not work here.
    """
    request = PlanRequest(
        tier=tier,
        probe_all=False,
        bwrap=bwrap,
        preload=None,
        limits=limits,
        max_states=max_states,
        memory_reserve_bytes=0,
        tag=tag,
    )
    plan = make_plan(request)
    fault = plan.get("error")
    if fault is None and plan["chosen"] is None:
        fault = plan["tiers"][-1]
    if fault is not None:
        raise Unavailable(fault["cause"], fault["message"])
    return plan


def without_libraries(plan: dict[str, Any]) -> dict[str, Any]:
    """Give the same plan for workers that import no libraries, and so start at once."""
    tiers = []
    for tier in plan["tiers"]:
        *head, settings = tier["command"] or [None]
        if settings is not None:
            head.append(json.dumps({**json.loads(settings), "modules": []}))
        tiers.append({**tier, "command": head})
    return {**plan, "tiers": tiers}


class Worker:
    """One running worker."""

    def __init__(self, plan: dict[str, Any]) -> None:
        """Start the worker of a plan and wait until it is ready."""
        tier = next(one for one in plan["tiers"] if one["tier"] == plan["chosen"])
        self.process = subprocess.Popen(
            tier["command"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=plan["environment"],
            cwd="/",
        )
        self._frames = FrameReader(_REPLY_CAP)
        self.last_id = 0
        self.ready = self.receive(_START_SECONDS)
        if self.ready["op"] != "ready":
            raise Unavailable(self.ready["cause"], self.ready["message"])

    def __enter__(self) -> Self:
        """Give the worker."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the worker."""
        self.close()

    def write(self, data: bytes) -> None:
        """Send raw bytes.

        Raises:
            WorkerDied: If nobody reads them.
        """
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(data)
            self.process.stdin.flush()
        except OSError as error:
            raise WorkerDied("the worker reads no more") from error

    def receive(self, seconds: float) -> dict[str, Any]:
        """Wait for one frame.

        Raises:
            WorkerDied: If none comes in time.
        """
        assert self.process.stdout is not None
        until = time.monotonic() + seconds
        while (body := self._frames.next()) is None:
            left = max(0.0, until - time.monotonic())
            if not select.select([self.process.stdout], [], [], left)[0]:
                raise WorkerDied(f"no answer in {seconds} s")
            data = os.read(self.process.stdout.fileno(), 1 << 16)
            if not data:
                raise WorkerDied("the worker ended")
            self._frames.feed(data)
        found: dict[str, Any] = json.loads(body)
        return found

    def has_answer(self, seconds: float) -> bool:
        """Tell whether something can be read, waiting so long for it."""
        assert self.process.stdout is not None
        return bool(select.select([self.process.stdout], [], [], seconds)[0])

    def run(
        self,
        code: str,
        *,
        parent: int = 0,
        prefix: tuple[str, ...] = (),
        keep: bool = False,
        seconds: float = 60,
    ) -> dict[str, Any]:
        """Run one step and wait for its result."""
        self.start(code, parent=parent, prefix=prefix, keep=keep)
        return self.receive(seconds)

    def start(
        self, code: str, *, parent: int = 0, prefix: tuple[str, ...] = (), keep: bool = False
    ) -> None:
        """Ask for one step."""
        self.last_id += 1
        request = {"op": "run", "id": self.last_id, "parent": parent, "prefix": list(prefix)}
        self.write(encode_frame({**request, "code": code, "keep": keep}))

    def run_batch(
        self, path: tuple[str, ...], codes: tuple[str, ...], *, seconds: float = 60
    ) -> list[dict[str, Any]]:
        """Run candidates together and wait for the result of each, in order."""
        request = {"op": "batch", "id": self.last_id + 1, "prefix": path, "codes": codes}
        self.last_id += len(codes)
        self.write(encode_frame(request))
        return [self.receive(seconds) for _ in codes]

    def stat(self, seconds: float = 10) -> dict[str, Any]:
        """Ask for the counters."""
        self.last_id += 1
        self.write(encode_frame({"op": "stat", "id": self.last_id}))
        return self.receive(seconds)

    def release(self, *ids: int) -> None:
        """Give states up."""
        self.write(encode_frame({"op": "release", "ids": list(ids)}))

    def close(self) -> int:
        """End the worker by the end of its input; give its exit status."""
        assert self.process.stdin is not None and self.process.stdout is not None  # noqa: PT018
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        return self.process.returncode

    def processes(self, tag: str) -> set[int]:
        """Live processes below the worker, and any other that carries its tag, zombies left out."""
        return descendants(self.process.pid) | tagged_processes(tag) | {self.process.pid}


def tagged_processes(tag: str) -> set[int]:
    """Live processes with the tag in their command line, the caller left out."""
    found = set()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            if tag.encode() in (entry / "cmdline").read_bytes():
                found.add(int(entry.name))
    return {pid for pid in found if (stat := read_process(pid)) is not None and stat.state != "Z"}


def cpu_time_of(pids: set[int]) -> int:
    """CPU time of the processes together, microseconds."""
    stats = (read_process(pid) for pid in pids)
    return sum(stat.cpu_us for stat in stats if stat is not None)
