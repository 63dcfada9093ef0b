"""Report of a step's process, checked word for word; and the replies made of it."""

import json
import re
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from supervisor import batch
from supervisor.settings import Limits
from supervisor.step import RESULT
from supervisor.wire import LENGTH, cut_text

STATUSES = ("ok", "error", "memory", "output_truncated")
"""Statuses that a process may report; ``timeout`` and the rest are the supervisor's words."""
_FIELDS = {"status", "stdout", "value", "type", "message", "line", "at", "us"}
_TYPE_CHARACTERS = 200
_MESSAGE_CHARACTERS = 2000
_LINES = 1 << 31
_DIGITS = re.compile(r"0|[1-9][0-9]{0,9}")
_Kind = TypeVar("_Kind", int, str)


@dataclass(frozen=True)
class StepError:
    """Why a step failed."""

    type: str
    message: str
    line: int | None = None
    at: int | None = None
    """Which code of a prefix; for replays only."""


@dataclass(frozen=True)
class Outcome:
    """How a step ended, without the numbers that the supervisor measures."""

    status: str
    stdout: str = ""
    value: str | None = None
    error: StepError | None = None
    code_us: int = 0
    """Processor time of the code alone, as its own process clocked it: no more than a hint."""


TIMEOUT = Outcome(
    "timeout", error=StepError("TimeoutError", "the step reached its time limit and was ended")
)
CRASHED = Outcome(
    "error", error=StepError("crashed", "the process of the step died without a result")
)
_RESULT_HEAD = len(RESULT) + LENGTH.size
ALONE = Outcome("alone", error=StepError("Alone", "not harmless, or too dear, for company"))
PATH_ALONE = Outcome("alone", error=StepError("PathAlone", "its path is not harmless"))
CANCELLED = Outcome("cancelled", error=StepError("Cancelled", "the step was released"))
EVICTED = Outcome("evicted", error=StepError("Evicted", "the parent is not a live state"))


NO_PROCESS = "the host let no process be made for the step (process table full, or out of memory)"
NEVER_BEGAN = "the process of the step ended, or hung, before it was given its code"
NO_CORE = "the host was so busy that the step got hardly any time on a core"
KILLED = "the process of the step was killed by the host, as it does when it is out of memory"


def host_failed(reason: str) -> Outcome:
    """Give what is no outcome: the host failed the step, and nothing is known of it."""
    return Outcome("host_failed", error=StepError("HostFailed", reason))


def crashed(reason: str) -> Outcome:
    """Give the outcome of a process that did not keep to the rules."""
    return Outcome("error", error=StepError("crashed", reason))


def reply_cap(limits: Limits) -> int:
    """Longest message of a step's process: two texts, each byte of which may be escaped to six."""
    return 12 * limits.kept_output_bytes + 65536


def overdue(*, in_prefix: bool) -> Outcome:
    """Give the outcome of a process that was ended at its limit, in its path or in its step."""
    return replace(TIMEOUT, status="replay_failed") if in_prefix else TIMEOUT


def died(*, in_prefix: bool) -> Outcome:
    """Give the outcome of a process that died, in its path or in its step."""
    return replace(CRASHED, status="replay_failed") if in_prefix else CRASHED


def take_answer(data: bytearray, limits: Limits) -> Outcome | None:
    """Take the next answer of a batch from what came; ``None``: no whole one is there.

    Raises:
        ValueError: If the bytes are no answer.
    """
    if data[:1] in (b"", RESULT):
        if len(data) < _RESULT_HEAD:
            return None
        size = LENGTH.unpack_from(data, len(RESULT))[0]
        if size > reply_cap(limits):
            raise ValueError("length")
        end = _RESULT_HEAD + size
        if len(data) < end:
            return None
        body = bytes(data[_RESULT_HEAD:end])
        del data[:end]
        return read_outcome(body, 0, limits)
    known = {batch.ALONE: ALONE, batch.PATH_ALONE: PATH_ALONE}.get(bytes(data[:1]))
    if known is None:
        raise ValueError("no answer")
    del data[:1]
    return known


def take_outcome(data: bytearray, prefix_length: int, limits: Limits) -> Outcome | None:
    """Read the outcome once its message is whole; ``None`` until then.

    Raises:
        ValueError: If the bytes are no message, or more than one.
    """
    if data[: len(RESULT)] not in (b"", RESULT):
        raise ValueError("no result")
    if len(data) < _RESULT_HEAD:
        return None
    size = LENGTH.unpack_from(data, len(RESULT))[0]
    if size > reply_cap(limits) or len(data) > _RESULT_HEAD + size:
        raise ValueError("length")
    if len(data) < _RESULT_HEAD + size:
        return None
    body = bytes(data[_RESULT_HEAD:])
    data.clear()
    return read_outcome(body, prefix_length, limits)


def read_outcome(body: bytes, prefix_length: int, limits: Limits) -> Outcome:
    """Check the message of a step's process.

    Raises:
        ValueError: If it is not exactly what an honest process sends.
    """
    value = json.loads(body.decode("ascii"), parse_int=_small_number, parse_constant=_refuse)
    if not isinstance(value, dict) or set(value) != _FIELDS:
        raise ValueError("fields")
    status = value["status"]
    if not isinstance(status, str) or status not in STATUSES:
        raise ValueError("status")
    at = _optional(value["at"], int)
    if at is not None and (at >= prefix_length or status == "ok"):
        raise ValueError("at")
    stdout, message = value["stdout"], value["message"]
    if not isinstance(stdout, str) or not isinstance(message, str):
        raise ValueError("text")
    kind, shown = _optional(value["type"], str), _optional(value["value"], str)
    line = _optional(value["line"], int)
    if line is not None and line < 1:
        raise ValueError("line")
    used = value["us"]
    if type(used) is not int:
        raise ValueError("time")
    error = _error(status, kind, message, line, at)
    if at is not None:
        return Outcome("replay_failed", error=error)
    kept = limits.kept_output_bytes
    if status not in ("ok", "output_truncated"):
        shown = None
    return Outcome(
        status,
        stdout=cut_text(stdout, kept),
        value=None if shown is None else cut_text(shown, kept),
        error=error,
        code_us=used,
    )


def too_long(codes: tuple[str, ...], limits: Limits) -> Outcome | None:
    """Give the outcome of code that is longer than allowed; ``None``: it may run."""
    for code in codes:
        size = len(code.encode("utf-8", "surrogatepass"))
        if size > limits.max_code_bytes:
            message = f"the code has {size} bytes; at most {limits.max_code_bytes} are run"
            return Outcome("error", error=StepError("ValueError", message))
    return None


def as_reply(identifier: int, outcome: Outcome) -> dict[str, Any]:
    """Give the reply of PROTOCOL.md, its numbers still zero."""
    error: dict[str, Any] | None = None
    if outcome.error is not None:
        error = {
            "type": outcome.error.type,
            "message": outcome.error.message,
            "line": outcome.error.line,
        }
        if outcome.status == "replay_failed":
            error["at"] = outcome.error.at
    return {
        "op": "result",
        "id": identifier,
        "status": outcome.status,
        "stdout": outcome.stdout,
        "value": outcome.value,
        "error": error,
        "wall_us": 0,
        "cpu_us": 0,
        "code_us": 0,
        "memory_bytes": 0,
        "kept": False,
    }


def _error(
    status: str, kind: str | None, message: str, line: int | None, at: int | None
) -> StepError | None:
    if status == "ok":
        return None
    if status == "output_truncated":
        return StepError("OutputLimit", "the step printed more than it may", None, at)
    return StepError(
        cut_text(kind or "", 4 * _TYPE_CHARACTERS)[:_TYPE_CHARACTERS],
        cut_text(message, 4 * _MESSAGE_CHARACTERS)[:_MESSAGE_CHARACTERS],
        line,
        at,
    )


def _optional(value: object, kind: type[_Kind]) -> _Kind | None:
    if value is None:
        return None
    if type(value) is not kind:
        raise ValueError("type")
    return value


def _small_number(text: str) -> int:
    # Long digit strings are quadratic to read, and no field needs them.
    if not _DIGITS.fullmatch(text) or int(text) >= _LINES:
        raise ValueError("number")
    return int(text)


def _refuse(text: str) -> None:
    raise ValueError(text)
