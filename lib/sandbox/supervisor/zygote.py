"""The process that every step descends from: warm, confined, and never running a step."""

import array
import builtins
import ctypes
import gc
import json
import os
import resource
import socket
import sys
import time
import types
from _sitebuiltins import Quitter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from supervisor import landlock, privileges, seccomp
from supervisor.batch import prepare_code
from supervisor.closed_folders import list_before_closing
from supervisor.faults import Unavailable
from supervisor.kernel import libc
from supervisor.processes import read_process
from supervisor.profiles import Preload, load_profile
from supervisor.rules import REPORT_DESCRIPTOR
from supervisor.runner import run_code
from supervisor.settings import WorkerSettings
from supervisor.stand_ins import stand_in
from supervisor.step import serve_state

READABLE_DEVICES = ("/dev/null", "/dev/urandom")
_MADV_HUGEPAGE, _MADV_COLLAPSE = 14, 25
_HUGE_PAGE = 2 << 20
_WORTH_COLLAPSING = 1 << 20
_WARM_ROUNDS = 20
_FORK_ROUNDS = 7


def run_zygote(
    control: socket.socket, settings: WorkerSettings, preload: Preload | None
) -> NoReturn:
    """Load, confine, report through ``control``, then serve the root state for ever.

    The report is one message: JSON, and the descriptor of the fork requests. A failure is reported
    the same way.
    """
    try:
        _make_report_descriptor(control)
        report, listener = _prepare(settings, preload)
    except Unavailable as error:
        control.sendall(json.dumps({"fault": error.as_json()}).encode("ascii"))
        os._exit(1)
    attached = [] if listener is None else [listener]
    ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", attached))]
    # Named in full: asking the descriptor what it is would be refused by now.
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, REPORT_DESCRIPTOR) as reporting:
        reporting.sendmsg([json.dumps(report).encode("ascii")], ancillary if attached else [])
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


def _make_report_descriptor(control: socket.socket) -> None:
    """Give the report its descriptor, before descriptors are limited, see rules.py."""
    try:
        os.dup2(control.fileno(), REPORT_DESCRIPTOR)
    except OSError as error:
        # It is beyond the number of files that this process may open.
        raise Unavailable("start-failed", f"Cannot start the zygote: EMFILE ({error})") from error


def _empty_main_module() -> dict[str, Any]:
    """Make the namespace of the steps: a real module's, so that pickle finds their classes."""
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    namespace = vars(module)
    namespace.clear()
    namespace.update({"__name__": "__main__", "__builtins__": builtins})
    return namespace


def _prepare(
    settings: WorkerSettings, preload: Preload | None
) -> tuple[dict[str, Any], int | None]:
    started = time.monotonic()
    _require_packages(settings.site)
    if settings.tier != "none":
        stand_in()
        list_before_closing(settings.hidden)
    if preload is None:
        _behave_like_a_program()
    modules = load_profile(preload, settings.modules)
    _warm_runner()
    _silence_standard_streams()
    privileges.limit_resources(settings.limits.memory_bytes)
    gc.collect()
    _collapse_heap()
    gc.freeze()
    fork_us = _fork_cost_us()
    privileges.be_first_victim()
    privileges.forbid_inspection()
    stat = read_process(os.getpid())
    confined = settings.tier != "none"
    abi = 0
    if confined and settings.tier != "C":
        readable = (*settings.read_only, *READABLE_DEVICES)
        abi = landlock.restrict_to_reading(readable, settings.hidden)
    listener = seccomp.install_filter() if confined else None
    report = {
        "landlock_abi": abi,
        "seccomp": "off" if listener is None else "notify",
        "modules": modules,
        "python": ".".join(map(str, sys.version_info[:3])),
        "zygote_rss_bytes": 0 if stat is None else stat.resident_bytes,
        "fork_us": fork_us,
        "warm_ms": int((time.monotonic() - started) * 1000),
    }
    return report, listener


def _behave_like_a_program() -> None:
    """Give steps what programs have and an interpreter without ``site`` lacks.

    A number with many digits is no fault of a step: its time and its output are bounded anyway.
    """
    sys.set_int_max_str_digits(0)
    for name in ("exit", "quit"):
        vars(builtins)[name] = Quitter(name, "the end of the program")


def _require_packages(site: Sequence[str]) -> None:
    """Look into every folder of packages, also for the planner, whose checks import nothing.

    Raises:
        Unavailable: If one is out of reach here.
    """
    for folder in site:
        try:
            os.scandir(folder).close()
        except OSError as error:
            message = f"Cannot read the packages in {folder}: {error.strerror}"
            raise Unavailable("interpreter-unreadable", message) from error


def _warm_runner() -> None:
    """Have the interpreter specialise what every child runs once, and not again in each."""
    for _ in range(_WARM_ROUNDS):
        run_code("print(1)\n1", {}, "<warm>", 64, 64)
        prepare_code("total = abs(3) * 2 - len([1, 2])\nprint(f'{total}')", 1)


def _fork_cost_us() -> int:
    """Measure what a fork costs here, with a step that does next to nothing: processor time.

    The least of several: another process may disturb one, and nothing makes one cheaper.
    """
    costs = []
    for _ in range(_FORK_ROUNDS):
        before = _processor_us()
        pid = os.fork()
        if pid == 0:
            run_code("x = 1 + 1\nprint(x)", {}, "<fork>", 64, 64)
            os._exit(0)
        os.waitpid(pid, 0)
        costs.append(_processor_us() - before)
    return max(1, min(costs))


def _processor_us() -> int:
    """Processor time of this process and of its children that ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    ended = children.ru_utime + children.ru_stime
    return time.process_time_ns() // 1000 + int(ended * 1_000_000)


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
