"""Frames between the harness and a worker, and the requests in them."""

import json
import struct
from dataclasses import dataclass
from typing import Any

from supervisor.faults import ProtocolError

PROTOCOL = 1
"""Version of PROTOCOL.md that this code speaks."""
MAX_REQUEST_BYTES = 16 << 20
MAX_PREFIX = 1024
MAX_BATCH = 64
MAX_ID = 1 << 53
LENGTH = struct.Struct("!I")


@dataclass(frozen=True)
class RunRequest:
    """Run ``code`` after ``prefix``, both after the state ``parent`` (0: the root)."""

    id: int
    parent: int
    prefix: tuple[str, ...]
    code: str
    keep: bool

    @property
    def replays(self) -> bool:
        """Whether a path is run before the step."""
        return bool(self.prefix)

    @property
    def ids(self) -> range:
        """Numbers of the replies."""
        return range(self.id, self.id + 1)

    @property
    def all_codes(self) -> tuple[str, ...]:
        """Every code that is run."""
        return (*self.prefix, self.code)

    def as_orders(self) -> dict[str, Any]:
        """Give what the step's process is told."""
        return {"codes": [*self.prefix, self.code]}


@dataclass(frozen=True)
class BatchRequest:
    """Run candidates of one node in one process, each after ``prefix`` from the root.

    The first has the number ``id``, the next ones those that follow.
    """

    id: int
    prefix: tuple[str, ...]
    codes: tuple[str, ...]
    parent: int = 0
    replays: bool = False
    keep: bool = False

    @property
    def ids(self) -> range:
        """Numbers of the replies."""
        return range(self.id, self.id + len(self.codes))

    @property
    def all_codes(self) -> tuple[str, ...]:
        """Every code that is run."""
        return (*self.prefix, *self.codes)

    def as_orders(self) -> dict[str, Any]:
        """Give what the process is told."""
        return {"codes": list(self.codes), "path": list(self.prefix)}


@dataclass(frozen=True)
class ReleaseRequest:
    """Give states up."""

    ids: tuple[int, ...]


@dataclass(frozen=True)
class StatRequest:
    """Tell the counters."""

    id: int


Request = RunRequest | BatchRequest | ReleaseRequest | StatRequest


def encode_frame(body: dict[str, Any]) -> bytes:
    """Write one frame: pure ASCII JSON behind its length."""
    data = json.dumps(body, ensure_ascii=True, separators=(",", ":")).encode("ascii")
    return LENGTH.pack(len(data)) + data


class FrameReader:
    """Cuts a stream of bytes into bodies, and refuses a body over the cap before it is there."""

    def __init__(self, cap: int) -> None:
        """Start with nothing read; ``cap`` bounds a body, in bytes."""
        self._cap = cap
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        """Add what was read."""
        self._buffer += data

    def next(self) -> bytes | None:
        """Take the next whole body; ``None`` until there is one.

        Raises:
            ProtocolError: If its length is over the cap.
        """
        if len(self._buffer) < LENGTH.size:
            return None
        size = LENGTH.unpack_from(self._buffer)[0]
        if size > self._cap:
            raise ProtocolError(
                f"Cannot read a frame: expected at most {self._cap} bytes, got {size}"
            )
        end = LENGTH.size + size
        if len(self._buffer) < end:
            return None
        body = bytes(self._buffer[LENGTH.size : end])
        del self._buffer[:end]
        return body

    @property
    def pending(self) -> int:
        """Bytes read that belong to no body yet."""
        return len(self._buffer)


def parse_request(body: bytes) -> Request:
    """Read one request of the harness.

    Raises:
        ProtocolError: If it is not exactly a request of PROTOCOL.md, section 4.
    """
    try:
        value = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"Cannot read a request: expected JSON, got {error}") from error
    if not isinstance(value, dict):
        raise ProtocolError("Cannot read a request: expected an object")
    match value.get("op"):
        case "run":
            _expect(value, {"op", "id", "parent", "prefix", "code", "keep"})
            return _run_request(value)
        case "batch":
            _expect(value, {"op", "id", "prefix", "codes"})
            return _batch_request(value)
        case "release":
            _expect(value, {"op", "ids"})
            ids = value["ids"]
            if not isinstance(ids, list):
                raise ProtocolError("Cannot read a request: expected a list of ids")
            return ReleaseRequest(tuple(_identifier(one, 1) for one in ids))
        case "stat":
            _expect(value, {"op", "id"})
            return StatRequest(_identifier(value["id"], 1))
        case _:
            raise ProtocolError("Cannot read a request: expected op run, batch, release or stat")


def _run_request(value: dict[str, Any]) -> RunRequest:
    code, keep = value["code"], value["keep"]
    if not isinstance(code, str):
        raise ProtocolError("Cannot read a request: expected code as strings")
    if not isinstance(keep, bool):
        raise ProtocolError("Cannot read a request: expected keep as a boolean")
    return RunRequest(
        id=_identifier(value["id"], 1),
        parent=_identifier(value["parent"], 0),
        prefix=_codes(value["prefix"], MAX_PREFIX),
        code=code,
        keep=keep,
    )


def _batch_request(value: dict[str, Any]) -> BatchRequest:
    codes = _codes(value["codes"], MAX_BATCH)
    if not codes:
        raise ProtocolError("Cannot read a request: expected codes")
    identifier = _identifier(value["id"], 1)
    _identifier(identifier + len(codes) - 1, 1)
    return BatchRequest(identifier, _codes(value["prefix"], MAX_PREFIX), codes)


def _codes(value: object, most: int) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > most:
        raise ProtocolError(f"Cannot read a request: expected at most {most} codes")
    if not all(isinstance(one, str) for one in value):
        raise ProtocolError("Cannot read a request: expected code as strings")
    return tuple(value)


def _identifier(value: object, least: int) -> int:
    if type(value) is not int or not least <= value < MAX_ID:
        raise ProtocolError(f"Cannot read a request: expected an id >= {least}")
    return value


def _expect(value: dict[str, Any], names: set[str]) -> None:
    if set(value) != names:
        raise ProtocolError(f"Cannot read a request: expected exactly {sorted(names)}")


def cut_text(text: str, limit: int) -> str:
    """Make text valid Unicode (lone surrogates are escaped) of at most ``limit`` bytes of UTF-8."""
    data = text.encode("utf-8", "backslashreplace")
    if len(data) <= limit:
        return data.decode("utf-8")
    return data[:limit].decode("utf-8", "ignore")
