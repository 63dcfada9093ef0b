"""Which tiers of confinement work on this host: each is started and tried with real snippets."""

import json
import os
import select
import subprocess
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from supervisor.bubblewrap import (
    ENVIRONMENT,
    NOBODY,
    PRELOAD_FOLDER,
    SUPERVISOR_FOLDER,
    bubblewrap_command,
    memory_group_inside,
)
from supervisor.faults import CURES, Unavailable
from supervisor.interpreter import Interpreter
from supervisor.memory import find_memory_groups
from supervisor.outcome import reply_cap
from supervisor.reading import reading_fault
from supervisor.settings import Limits, PlanRequest, WorkerSettings
from supervisor.wire import FrameReader, encode_frame

DESCRIPTIONS = {
    "A": "bubblewrap namespaces, seccomp allow-list, Landlock and resource limits",
    "B": "seccomp allow-list, Landlock and resource limits, no namespaces",
    "C": "bubblewrap namespaces, seccomp allow-list and resource limits, no Landlock",
    "none": "nothing: model-written code runs with the rights of the harness",
}
_FLAGS = ("-s", "-S", "-P")  # not -I or -E: both ignore PYTHONHASHSEED
_START_SECONDS = 20
_SNIPPET_LIMITS = Limits(2000, 2000, 256 << 20, 65536, 4096, 65536)

SNIPPETS = (
    ("runs Python", "6*7", "ok"),
    ("refuses sockets", "import socket\nsocket.socket()", "error"),
    ("refuses processes", "import os\nos.fork()", "error"),
    ("refuses programs", "import os\nos.execv('/bin/sh', ['sh', '-c', 'exit 0'])", "error"),
    ("refuses reading of files", "open('/etc/passwd').read()", "error"),
    ("refuses writing of files", "open('/tmp/rstar-probe', 'x')", "error"),
    ("refuses signals", "import os\nos.kill(os.getppid(), 0)", "error"),
    ("limits memory", "x = bytearray(1 << 34)", "memory"),
)
"""Name, code, expected status: one of every group of attacks."""


@dataclass(frozen=True)
class Check:
    """One snippet that was tried."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True)
class TierReport:
    """Whether a tier works, and its command line if it does."""

    tier: str
    description: str
    command: tuple[str, ...] | None
    checks: tuple[Check, ...]
    fault: Unavailable | None

    def as_json(self) -> dict[str, Any]:
        """Give the object of PROTOCOL.md, section 1."""
        fault = self.fault
        return {
            "tier": self.tier,
            "works": fault is None,
            "description": self.description,
            "command": None if self.command is None else list(self.command),
            "checks": [vars(check) for check in self.checks],
            "cause": None if fault is None else fault.cause,
            "message": None if fault is None else fault.message,
            "cure": None if fault is None else CURES[fault.cause],
        }


def try_tier(tier: str, request: PlanRequest, interpreter: Interpreter) -> TierReport:
    """Start a worker of this tier without libraries and run the snippets in it."""
    checks: list[Check] = []
    description = DESCRIPTIONS[tier]
    try:
        if tier in ("A", "C") and request.bwrap is None:
            raise Unavailable("bwrap-missing", "Cannot use namespaces: bubblewrap is not installed")
        drop_uid, reason = _user_to_become(tier, interpreter)
        description += reason
        settings = _settings(tier, request, interpreter, drop_uid)
        probe = replace(
            settings, limits=_SNIPPET_LIMITS, preload=None, modules=(), max_states=0, tag=""
        )
        _try_snippets(_command(probe, request, interpreter), checks, confined=tier != "none")
        command = tuple(_command(settings, request, interpreter))
    except Unavailable as fault:
        return TierReport(tier, description, None, tuple(checks), fault)
    return TierReport(tier, description, command, tuple(checks), None)


def explain_start(stderr: str) -> str:
    """Name the cause of a worker that said nothing, from what bubblewrap wrote."""
    for words, cause in (
        ("ENOSPC", "user-namespaces-disabled"),
        ("No space left on device", "user-namespaces-disabled"),
        ("namespaces exceeded", "user-namespaces-disabled"),
        ("No permissions to create new namespace", "user-namespaces-disabled"),
        ("setting up uid map", "apparmor"),
        ("RTM_NEWADDR", "apparmor"),
        ("Creating new namespace failed", "container-seccomp"),
        ("Operation not permitted", "container-seccomp"),
        ("Invalid argument", "container-seccomp"),
        ("Permission denied", "interpreter-unreadable"),
    ):
        if words in stderr:
            return cause
    return "start-failed"


def _settings(
    tier: str, request: PlanRequest, interpreter: Interpreter, drop_uid: int | None
) -> WorkerSettings:
    preload = request.preload
    if preload is not None and tier in ("A", "C"):
        preload = f"{PRELOAD_FOLDER}/{Path(preload).name}"
    return WorkerSettings(
        tier=tier,
        limits=request.limits,
        max_states=request.max_states,
        memory_reserve_bytes=request.memory_reserve_bytes,
        memory_groups=find_memory_groups(),
        site=interpreter.site,
        read_only=interpreter.readable,
        hidden=interpreter.hidden,
        preload=preload,
        modules=None,
        drop_uid=drop_uid,
        tag=request.tag,
    )


def _user_to_become(tier: str, interpreter: Interpreter) -> tuple[int | None, str]:
    """Choose whom a worker of root becomes, and say why that is not an ordinary user.

    Raises:
        Unavailable: If it could not read the interpreter then.
    """
    if os.geteuid() != 0 or tier == "none":
        return None, ""
    mounted = tier in ("A", "C")
    fault = reading_fault(interpreter, NOBODY, mounted=mounted)
    if fault is None:
        return NOBODY, ""
    # Without namespaces a private interpreter is out of reach for another user: root stays,
    # without any capability.
    if not mounted and reading_fault(interpreter, None, mounted=False) is None:
        return None, f"; as root without capabilities, because {fault}"
    raise Unavailable("interpreter-unreadable", f"Cannot give up the rights of root: {fault}")


def _command(settings: WorkerSettings, request: PlanRequest, interpreter: Interpreter) -> list[str]:
    # What the harness starts bears the name that was granted to it. Bubblewrap starts the
    # interpreter by itself, where that name may lead nowhere.
    folder, head, program = str(Path(__file__).resolve().parent), list[str](), interpreter.name
    if settings.tier in ("A", "C") and request.bwrap is not None:
        groups = settings.memory_groups
        folder, program = SUPERVISOR_FOLDER, interpreter.executable
        head = bubblewrap_command(request.bwrap, interpreter, request.preload, groups)
        inside = tuple(memory_group_inside(number) for number in range(len(groups)))
        settings = replace(settings, memory_groups=inside)
    words = json.dumps(settings.as_json(), separators=(",", ":"))
    return [*head, program, *_FLAGS, folder, words]


def _try_snippets(command: list[str], checks: list[Check], *, confined: bool) -> None:
    try:
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=ENVIRONMENT,
            cwd="/",
        ) as worker:
            try:
                _converse(worker, checks, confined=confined)
            finally:
                worker.kill()
    except OSError as error:
        raise Unavailable("start-failed", f"Cannot start {command[0]}: {error}") from error


def _converse(worker: subprocess.Popen[bytes], checks: list[Check], *, confined: bool) -> None:
    assert worker.stdin is not None
    frames = FrameReader(reply_cap(_SNIPPET_LIMITS))
    ready = _next_frame(worker, frames)
    if ready["op"] == "fatal":
        raise Unavailable(ready["cause"], ready["message"])
    for number, (name, code, expected) in enumerate(SNIPPETS, 1):
        if not confined and expected == "error":
            continue
        request = {"op": "run", "id": number, "parent": 0, "prefix": [], "code": code}
        worker.stdin.write(encode_frame({**request, "keep": False}))
        worker.stdin.flush()
        found = _next_frame(worker, frames)
        told = found["error"] or {"type": "", "message": ""}
        ok = found["status"] == expected and told["type"] != "crashed"
        checks.append(Check(name, ok, f"{told['type']}: {told['message']}".strip(": ")))
        if not ok:
            message = f'The check "{name}" gave {found["status"]}, expected {expected}'
            raise Unavailable("check-failed", message)


def _next_frame(worker: subprocess.Popen[bytes], frames: FrameReader) -> dict[str, Any]:
    assert worker.stdout is not None and worker.stderr is not None  # noqa: PT018
    until = time.monotonic() + _START_SECONDS
    while (body := frames.next()) is None:
        left = max(0.0, until - time.monotonic())
        if not select.select([worker.stdout], [], [], left)[0]:
            raise Unavailable("start-failed", f"No answer of a worker in {_START_SECONDS} s")
        data = os.read(worker.stdout.fileno(), 65536)
        if not data:
            text = worker.stderr.read().decode("utf-8", "replace").strip()[-500:]
            raise Unavailable(explain_start(text), f"A worker ended at its start: {text}")
        frames.feed(data)
    found: dict[str, Any] = json.loads(body)
    return found
