"""A worker from its start to its end."""

import json
import os
import resource
import socket
import sys
import time
import traceback
from typing import Any, NoReturn

from supervisor import privileges
from supervisor.faults import ProtocolError, Unavailable
from supervisor.kernel import PR_SET_CHILD_SUBREAPER, prctl
from supervisor.memory import MemoryWatch
from supervisor.processes import effective_capabilities, no_new_privileges
from supervisor.profiles import Preload, read_preload
from supervisor.settings import WorkerSettings, parse_worker_settings
from supervisor.step import CHANNEL
from supervisor.supervisor import Supervisor
from supervisor.wire import PROTOCOL, encode_frame
from supervisor.zygote import run_zygote

_SPARE_DESCRIPTORS = 64
_MAX_DESCRIPTORS = 65536
_STEP_ENVIRONMENT = {
    "HOME": "/nonexistent",
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


def main(argument: str) -> NoReturn:
    """Run a worker; ``argument`` is its settings as JSON. Ends by ``os._exit`` only."""
    started = time.monotonic()
    try:
        settings = parse_worker_settings(json.loads(argument))
        sys.path.extend(settings.site)
        os.environ.clear()
        os.environ.update(_STEP_ENVIRONMENT)
        # Whom the worker becomes may not be allowed to read the harness's own files.
        preload = None if settings.preload is None else read_preload(settings.preload)
        if settings.tier != "none":
            privileges.drop_privileges(settings.drop_uid)
        worker, report = _start(settings, preload)
    except Unavailable as error:
        _last_word(error.cause, error.message)
        os._exit(1)
    except (OSError, ProtocolError, ValueError) as error:
        _last_word("start-failed", f"Cannot start a worker: {error}")
        os._exit(1)
    worker.serve({**report, "startup_ms": int((time.monotonic() - started) * 1000)})


def _start(settings: WorkerSettings, preload: Preload | None) -> tuple[Supervisor, dict[str, Any]]:
    """Fork the zygote and wait until it is confined."""
    max_states = min(settings.max_states, _raise_descriptor_limit())
    ours, theirs = socket.socketpair()
    if os.getpid() != 1:
        prctl(PR_SET_CHILD_SUBREAPER, 1)  # orphans stay ours
    pid = os.fork()
    if pid == 0:
        _become_zygote((ours, theirs), settings, preload)
    theirs.close()
    message, descriptors, _, _ = socket.recv_fds(ours, 65536, 1)
    if not message:
        raise Unavailable("start-failed", "Cannot start the zygote: it died, see standard error")
    report = json.loads(message)
    if "fault" in report:
        raise Unavailable(report["fault"]["cause"], report["fault"]["message"])
    ready = {
        "op": "ready",
        "protocol": PROTOCOL,
        "tier": settings.tier,
        "pid": os.getpid(),
        "uid": os.getuid(),
        "capabilities": effective_capabilities(),
        "no_new_privs": no_new_privileges(),
        "landlock_abi": report["landlock_abi"],
        "seccomp": report["seccomp"],
        "namespaces": settings.tier in ("A", "C"),
        "max_states": max_states,
        "python": report["python"],
        "modules": report["modules"],
        "preload": settings.preload,
        "zygote_rss_bytes": report["zygote_rss_bytes"],
        "fork_us": report["fork_us"],
    }
    worker = Supervisor(
        limits=settings.limits,
        max_states=max_states,
        memory=MemoryWatch(settings.memory_groups),
        memory_reserve_bytes=settings.memory_reserve_bytes,
        zygote=(pid, ours),
        zygote_bytes=report["zygote_rss_bytes"],
        listener=descriptors[0] if descriptors else None,
    )
    return worker, ready


def _become_zygote(
    pair: tuple[socket.socket, socket.socket], settings: WorkerSettings, preload: Preload | None
) -> NoReturn:
    ours, theirs = pair
    try:
        privileges.die_with_parent()
        # Detached, so that no socket object is left behind that names a number used for
        # something else.
        ours.detach()
        os.dup2(theirs.detach(), CHANNEL)
        os.closerange(3, CHANNEL)
        os.closerange(CHANNEL + 1, _MAX_DESCRIPTORS)
        run_zygote(socket.socket(fileno=CHANNEL), settings, preload)
    except BaseException:
        os.write(2, traceback.format_exc().encode("utf-8", "backslashreplace"))
    os._exit(1)


def _raise_descriptor_limit() -> int:
    """Take all descriptors that may be had; give the states they suffice for (two each)."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MAX_DESCRIPTORS if most == resource.RLIM_INFINITY else min(most, _MAX_DESCRIPTORS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    return max(0, (wanted - _SPARE_DESCRIPTORS) // 2)


def _last_word(cause: str, message: str) -> None:
    os.write(1, encode_frame({"op": "fatal", "cause": cause, "message": message}))
