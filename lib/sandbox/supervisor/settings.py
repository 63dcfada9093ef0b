"""Settings of a worker at its start, and requests to the planner: parsed and checked once."""

import re
from dataclasses import asdict, dataclass, fields
from typing import Any

from supervisor.faults import ProtocolError

TIERS = ("A", "B", "C")
"""Tiers that confine, best first."""


@dataclass(frozen=True)
class Limits:
    """Limits of one step, in milliseconds and bytes; the defaults belong to the harness."""

    wall_ms: int
    cpu_ms: int
    memory_bytes: int
    max_output_bytes: int
    kept_output_bytes: int
    max_code_bytes: int


@dataclass(frozen=True)
class WorkerSettings:
    """Settings of one worker; they travel as JSON in its command line."""

    tier: str
    limits: Limits
    max_states: int
    memory_reserve_bytes: int
    memory_groups: tuple[str, ...]
    """Folders of the control groups whose limits count beside the host's memory."""
    site: tuple[str, ...]
    """Folders appended to ``sys.path``."""
    read_only: tuple[str, ...]
    """Folders and files that steps may read."""
    hidden: tuple[str, ...]
    """Folders below these that they may not read; without links."""
    preload: str | None
    """Module file that the zygote imports; ``None``: sympy and numpy."""
    modules: tuple[str, ...] | None
    """Modules to import instead of the profile's: the planner's checks need none."""
    drop_uid: int | None
    """User and group to change to; ``None``: keep."""
    tag: str

    def as_json(self) -> dict[str, Any]:
        """Give what ``parse_worker_settings`` reads."""
        return asdict(self)


@dataclass(frozen=True)
class PlanRequest:
    """Request to the planner (PROTOCOL.md, section 1)."""

    tier: str | None
    probe_all: bool
    bwrap: str | None
    preload: str | None
    limits: Limits
    max_states: int
    memory_reserve_bytes: int
    tag: str


def parse_worker_settings(value: object) -> WorkerSettings:
    """Check the settings of a worker.

    Raises:
        ProtocolError: If a field is missing, unknown or of the wrong type.
    """
    found = _exact_fields(value, WorkerSettings)
    drop_uid = found["drop_uid"]
    return WorkerSettings(
        tier=_one_of(found["tier"], "tier", (*TIERS, "none")),
        limits=parse_limits(found["limits"]),
        max_states=_whole(found["max_states"], "max_states", 0),
        memory_reserve_bytes=_whole(found["memory_reserve_bytes"], "memory_reserve_bytes", 0),
        memory_groups=_texts(found["memory_groups"], "memory_groups"),
        site=_texts(found["site"], "site"),
        read_only=_texts(found["read_only"], "read_only"),
        hidden=_texts(found["hidden"], "hidden"),
        preload=_optional_text(found["preload"], "preload"),
        modules=None if found["modules"] is None else _texts(found["modules"], "modules"),
        drop_uid=None if drop_uid is None else _whole(drop_uid, "drop_uid", 1),
        tag=_tag(found["tag"]),
    )


def parse_plan_request(value: object) -> PlanRequest:
    """Check the request to the planner.

    Raises:
        ProtocolError: If a field is missing, unknown or of the wrong type.
    """
    found = _exact_fields(value, PlanRequest)
    tier = found["tier"]
    if not isinstance(found["probe_all"], bool):
        raise ProtocolError("Cannot read probe_all: expected a boolean")
    return PlanRequest(
        tier=None if tier is None else _one_of(tier, "tier", (*TIERS, "none")),
        probe_all=found["probe_all"],
        bwrap=_optional_text(found["bwrap"], "bwrap"),
        preload=_optional_text(found["preload"], "preload"),
        limits=parse_limits(found["limits"]),
        max_states=_whole(found["max_states"], "max_states", 0),
        memory_reserve_bytes=_whole(found["memory_reserve_bytes"], "memory_reserve_bytes", 0),
        tag=_tag(found["tag"]),
    )


def parse_limits(value: object) -> Limits:
    """Check the limits.

    Raises:
        ProtocolError: If a field is missing, unknown or not a positive whole number.
    """
    found = _exact_fields(value, Limits)
    return Limits(**{name: _whole(number, name, 1) for name, number in found.items()})


def _exact_fields(value: object, kind: type[Any]) -> dict[str, Any]:
    wanted = {field.name for field in fields(kind)}
    if not isinstance(value, dict) or set(value) != wanted:
        raise ProtocolError(
            f"Cannot read {kind.__name__}: expected an object with {sorted(wanted)}"
        )
    return value


def _whole(value: object, name: str, least: int) -> int:
    # bool is an int to Python and not to JSON.
    if type(value) is not int or not least <= value < 1 << 62:
        raise ProtocolError(f"Cannot read {name}: expected a whole number >= {least}")
    return value


def _texts(value: object, name: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ProtocolError(f"Cannot read {name}: expected a list of strings")
    return tuple(value)


def _optional_text(value: object, name: str) -> str | None:
    if value is not None and (not isinstance(value, str) or not value.startswith("/")):
        raise ProtocolError(f"Cannot read {name}: expected null or a full path")
    return value


def _one_of(value: object, name: str, words: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in words:
        raise ProtocolError(f"Cannot read {name}: expected one of {', '.join(words)}")
    return value


def _tag(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9_-]{0,64}", value):
        raise ProtocolError("Cannot read tag: expected at most 64 letters, digits, '_' or '-'")
    return value
