"""Reading exported files: one JSON object a line."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from .failure import TrainingError

Item = TypeVar("Item")


@dataclass(frozen=True)
class Part:
    """A piece of a response; `train` is false for what the harness wrote into it."""

    text: str
    train: bool


@dataclass(frozen=True)
class Trace:
    """A right trajectory."""

    problem_id: str
    prompt: str
    response: list[Part]


@dataclass(frozen=True)
class Side:
    """One completion of a group's prefix, and its Q-value where it is known."""

    text: str
    q: float | None


@dataclass(frozen=True)
class PairGroup:
    """Completions of one prefix, better and worse ones.

    Of kind `step` they are single steps, of kind `final` whole solutions.
    """

    problem_id: str
    prompt: str
    kind: str
    positives: list[Side]
    negatives: list[Side]
    round: int | None = None
    """Round whose trees it comes from; `None` where the data does not say."""
    weight: float = 1.0
    """Weight in a mean over groups: less than one where a row is a part of a group."""


def read_traces(path: Path) -> list[Trace]:
    """Reads SFT data."""
    return _read(path, ("problem_id", "prompt", "response"), _trace)


def read_pairs(path: Path) -> list[PairGroup]:
    """Reads preference groups; a group needs both sides."""
    return _read(path, ("problem_id", "prompt", "positives", "negatives"), _group)


def _trace(row: dict[str, Any]) -> Trace:
    response = [Part(_text(part["text"]), bool(part["train"])) for part in row["response"]]
    if not any(part.train and part.text for part in response):
        raise ValueError("expected a response with a part that is trained, got none")
    return Trace(_text(row["problem_id"]), _text(row["prompt"]), response)


def _group(row: dict[str, Any]) -> PairGroup:
    positives = [Side(_text(side["text"]), side.get("q")) for side in row["positives"]]
    negatives = [Side(_text(side["text"]), side.get("q")) for side in row["negatives"]]
    if not positives or not negatives:
        raise ValueError("expected at least one positive and one negative, got an empty side")
    kind = row.get("kind", "step")
    return PairGroup(
        _text(row["problem_id"]),
        _text(row["prompt"]),
        kind,
        positives,
        negatives,
        _round(row.get("round")),
        _weight(row.get("weight", 1)),
    )


def _round(value: object) -> int | None:
    if value is None or isinstance(value, int):
        return value
    raise TypeError(f"expected a whole number as round, got {json.dumps(value)}")


def _weight(value: object) -> float:
    if isinstance(value, int | float) and 0 < value <= 1:
        return float(value)
    raise TypeError(f"expected a weight above 0 and at most 1, got {json.dumps(value)}")


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise TypeError(f"expected text, got {json.dumps(value)}")


def _read(
    path: Path, fields: tuple[str, ...], make: Callable[[dict[str, Any]], Item]
) -> list[Item]:
    items = []
    for number, row in _rows(path):
        missing = [field for field in fields if field not in row]
        if missing:
            raise TrainingError(
                "data",
                f"Cannot read {path}: line {number}: expected the fields {', '.join(fields)}, "
                f"got none named {', '.join(missing)}; was it exported for another kind?",
            )
        try:
            items.append(make(row))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            reason = f"no field {error}" if isinstance(error, KeyError) else error
            raise TrainingError(
                "data", f"Cannot read {path}: line {number}: {reason}; export it again"
            ) from error
    if not items:
        raise TrainingError("data", f"Cannot train on {path}: expected rows, got none")
    return items


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise TrainingError(
                    "data", f"Cannot read {path}: line {number} is no JSON: {error}"
                ) from error
            if not isinstance(row, dict):
                raise TrainingError(
                    "data", f"Cannot read {path}: line {number}: expected an object"
                )
            yield number, row
