# ruff: noqa: UP031 - replies are formatted in C, past whatever the step has patched
"""The loop of every state: fork on request; the child runs a step and becomes a state itself.

From its first step on such a process is hostile: nothing that it says is believed beyond its own
outcome. Everything the loop needs is bound as a default argument, see ``runner.py``.
"""

import gc
import json
import os
import random
import resource
import socket
import struct
import time
from typing import Any, NoReturn

from supervisor.batch import run_batch
from supervisor.kernel import libc
from supervisor.runner import CodeOutcome, run_code

HELLO = b"H"
PREFIX_DONE = b"P"
RESULT = b"R"
FORK = b"F"
NO_FORK = b"N"
"""Message of a parent on the channel of a child that the kernel would not let it make."""
CHANNEL = 30
"""Descriptor of every process's own channel. High and always the same, so that no file object of an
ancestor, whose descriptor was closed, can come to name it."""

_LENGTH = struct.Struct("!I")
_MOST_MICROSECONDS = 2_000_000_000
"""The most that a process says of its own time; more is no use to anybody."""


def _reply(
    outcome: CodeOutcome,
    at: int | None,
    microseconds: int,
    *,
    _quote: Any = json.encoder.encode_basestring_ascii,
    _pack: Any = _LENGTH.pack,
    _len: Any = len,
    _result: bytes = RESULT,
) -> bytes:
    """Write the outcome as the one message of this process, without calling Python code."""
    quoted = [
        "null" if text is None else _quote(text)
        for text in (outcome.text, outcome.value, outcome.kind, outcome.message)
    ]
    used = microseconds if microseconds < _MOST_MICROSECONDS else _MOST_MICROSECONDS
    body: bytes = (
        '{"status":"%s","stdout":%s,"value":%s,"type":%s,"message":%s,"line":%s,"at":%s,'
        '"us":%s}'
        % (
            outcome.status,
            *quoted,
            "null" if outcome.line is None else "%d" % outcome.line,
            "null" if at is None else "%d" % at,
            "%d" % used,
        )
    ).encode("ascii")
    head: bytes = _result + _pack(_len(body))
    return head + body


def _receive(channel: Any, size: int, *, _len: Any = len, _exit: Any = os._exit) -> bytes:
    data = b""
    while _len(data) < size:
        part = channel.recv(size - _len(data))
        if not part:
            _exit(3)
        data += part
    return data


def _fork_or_say_no(
    channel: int,
    *,
    _fork: Any = os.fork,
    _write: Any = os.write,
    _os_error: Any = OSError,
    _no_fork: bytes = NO_FORK,
) -> int:
    """Fork; where the kernel has no process or memory left, tell the supervisor on ``channel``.

    Returns:
        0 in the child, anything else in the parent.
    """
    try:
        pid: int = _fork()
        return pid
    except _os_error:
        try:  # noqa: SIM105 - a step may have patched contextlib
            _write(channel, _no_fork)
        except _os_error:
            pass  # nobody waits for that child any more
        return -1


def serve_state(
    control: Any,
    namespace: dict[str, Any],
    limits: tuple[int, int, int],
    *,
    _receive_fds: Any = socket.recv_fds,
    _fork: Any = _fork_or_say_no,
    _exit: Any = os._exit,
    _bury: Any = libc.waitpid,
    _close: Any = os.close,
    _closerange: Any = os.closerange,
    _dup2: Any = os.dup2,
    _socket: Any = socket.socket,
    _loads: Any = json.loads,
    _unpack: Any = _LENGTH.unpack,
    _freeze: Any = gc.freeze,
    _set_limit: Any = resource.setrlimit,
    _get_limit: Any = resource.getrlimit,
    _cpu: int = resource.RLIMIT_CPU,
    _get_random: Any = random.getstate,
    _set_random: Any = random.setstate,
    _run: Any = run_code,
    _batch: Any = run_batch,
    _clock: Any = time.thread_time_ns,
    _answer: Any = _reply,
    _take: Any = _receive,
    _len: Any = len,
    _enumerate: Any = enumerate,
    _base: Any = BaseException,
    _hello: bytes = HELLO,
    _prefix_done: bytes = PREFIX_DONE,
    _channel: int = CHANNEL,
) -> NoReturn:
    """Serve one state for ever.

    ``limits``: CPU seconds of a code after which the kernel ends it, output bytes, kept output
    bytes.

    On every byte that comes with a descriptor this process forks. The child answers on that
    descriptor only.
    """
    cpu_seconds, output_limit, kept = limits
    depth = 0
    spoken = False
    while True:
        message, descriptors, _, _ = _receive_fds(control, 1, 1)
        if not message:
            _exit(0)
        # Children that died since. Nobody may ask how: another branch would learn of it.
        while _bury(-1, None, 1) > 0:
            pass
        # The random module seeds itself anew in every forked child: siblings must draw alike.
        randomness = _get_random()
        if _fork(descriptors[0]):
            for descriptor in descriptors:
                _close(descriptor)
            continue
        _set_random(randomness)
        control.close()
        _dup2(descriptors[0], _channel)
        _close(descriptors[0])
        control = _socket(1, 1, 0, _channel)
        control.sendall(_hello)  # the kernel attaches our pid
        request = _loads(_take(control, _unpack(_take(control, 4))[0]))
        codes = request["codes"]
        if "path" in request:
            _set_limit(_cpu, (cpu_seconds * _len(codes), _get_limit(_cpu)[1]))
            _batch(control, request["path"], codes, limits=(output_limit, kept), answer=_answer)
            continue
        _set_limit(_cpu, (cpu_seconds * _len(codes), _get_limit(_cpu)[1]))
        at = None
        for place, code in _enumerate(codes):
            last = place == _len(codes) - 1
            if last and place:
                control.sendall(_prefix_done)
            depth += 1
            # Frozen before every code, in a fork as in a replay: the collector must
            # see the same objects either way.
            _freeze()
            # The thread's clock: with a CPU limit the kernel shows the process's in whole ticks.
            began = _clock()
            outcome = _run(code, namespace, "<step %d>" % depth, output_limit, kept, spoken=spoken)
            used = (_clock() - began) // 1000
            spoken = spoken or outcome.text != ""
            _closerange(3, _channel)
            _closerange(_channel + 1, 64)
            if outcome.status != "ok":
                at = None if last else place
                break
        try:
            control.sendall(_answer(outcome, at, used))
        except _base:
            _exit(3)
        # It does not end by itself where no child is wanted: what it used could not be read then.
