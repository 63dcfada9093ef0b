"""The process that every step descends from: warm, confined, and never running a step."""

import array
import builtins
import ctypes
import gc
import json
import os
import socket
import sys
import time
import types
from pathlib import Path
from typing import Any, NoReturn

from supervisor import landlock, privileges, seccomp
from supervisor.faults import Unavailable
from supervisor.kernel import libc
from supervisor.processes import read_process
from supervisor.profiles import load_profile
from supervisor.runner import run_code
from supervisor.settings import WorkerSettings
from supervisor.step import serve_state

READABLE_DEVICES = ("/dev/null", "/dev/urandom")
_MADV_HUGEPAGE, _MADV_COLLAPSE = 14, 25
_HUGE_PAGE = 2 << 20
_WORTH_COLLAPSING = 1 << 20
_WARM_ROUNDS = 20


def run_zygote(control: socket.socket, settings: WorkerSettings) -> NoReturn:
    """Load, confine, report through ``control``, then serve the root state for ever.

    The report is one message: JSON, and the descriptor of the fork requests. A failure is reported
    the same way.
    """
    try:
        report, listener = _prepare(settings)
    except Unavailable as error:
        control.sendall(json.dumps({"fault": error.as_json()}).encode("ascii"))
        os._exit(1)
    attached = [] if listener is None else [listener]
    ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", attached))]
    control.sendmsg([json.dumps(report).encode("ascii")], ancillary if attached else [])
    for descriptor in attached:
        os.close(descriptor)
    limits = settings.limits
    # The supervisor judges. The kernel's own limit stands behind it, well above: it counts whole
    # ticks, which on a busy core are more than was used.
    cpu_seconds = 2 * -(-limits.cpu_ms // 1000) + 1
    serve_state(
        control,
        _empty_main_module(),
        (cpu_seconds, limits.max_output_bytes, limits.kept_output_bytes),
    )


def _empty_main_module() -> dict[str, Any]:
    """Make the namespace of the steps: a real module's, so that pickle finds their classes."""
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    namespace = vars(module)
    namespace.clear()
    namespace.update({"__name__": "__main__", "__builtins__": builtins})
    return namespace


def _prepare(settings: WorkerSettings) -> tuple[dict[str, Any], int | None]:
    started = time.monotonic()
    modules = load_profile(settings.preload, settings.modules)
    _warm_runner()
    _silence_standard_streams()
    privileges.limit_resources(settings.limits.memory_bytes)
    gc.collect()
    _collapse_heap()
    gc.freeze()
    privileges.be_first_victim()
    privileges.forbid_inspection()
    stat = read_process(os.getpid())
    confined = settings.tier != "none"
    abi = 0
    if confined and settings.tier != "C":
        abi = landlock.restrict_to_reading((*settings.read_only, *READABLE_DEVICES))
    listener = seccomp.install_filter() if confined else None
    report = {
        "landlock_abi": abi,
        "seccomp": "off" if listener is None else "notify",
        "modules": modules,
        "python": ".".join(map(str, sys.version_info[:3])),
        "zygote_rss_bytes": 0 if stat is None else stat.resident_bytes,
        "warm_ms": int((time.monotonic() - started) * 1000),
    }
    return report, listener


def _warm_runner() -> None:
    """Have the interpreter specialise the runner's byte code once, and not again in every child."""
    for _ in range(_WARM_ROUNDS):
        run_code("print(1)\n1", {}, "<warm>", 64, 64)


def _silence_standard_streams() -> None:
    """Let no step reach the protocol: descriptors 0, 1 and 2 become /dev/null."""
    null = os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)


def _collapse_heap() -> None:
    """Put the heap into huge pages, which halves the cost of a fork. Failure is harmless."""
    for line in Path("/proc/self/maps").read_text("utf-8", "replace").splitlines():
        fields = line.split()
        anonymous = fields[4] == "0" and (len(fields) == 5 or fields[5] == "[heap]")
        if "rw" not in fields[1] or not anonymous:
            continue
        first, last = (int(address, 16) for address in fields[0].split("-"))
        if last - first < _WORTH_COLLAPSING:
            continue
        libc.madvise(first, ctypes.c_size_t(last - first), _MADV_HUGEPAGE)
        low = -(-first // _HUGE_PAGE) * _HUGE_PAGE
        high = last // _HUGE_PAGE * _HUGE_PAGE
        if high > low:
            libc.madvise(low, ctypes.c_size_t(high - low), _MADV_COLLAPSE)
