"""States that a training keeps to go on from, and whether they are its own."""

import json
import shutil
from pathlib import Path
from typing import Any

from transformers.trainer import TRAINER_STATE_NAME

from .request import Request

_SPECIFICATION = "request.json"


def open_work(request: Request) -> str | None:
    """Makes ready the folder for states; what another training left there is thrown away.

    Returns:
        What a person is to know: that a state of this very training is gone on from, or that one of
        another is thrown away. `None` where there is no state.
    """
    work = request.work
    specification = _specification(request)
    path = work / _SPECIFICATION
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
    if known == specification:
        if request.is_main:
            _remove_torn(work)
        state = last_state(work)
        return None if state is None else f"going on from the state of step {_step(state)}"
    if not request.is_main:
        return None
    told = _why_not(last_state(work), known, specification)
    shutil.rmtree(work, ignore_errors=True)
    if request.settings.save_steps is not None:
        work.mkdir(parents=True)
        written = path.with_suffix(".partial")
        written.write_text(json.dumps(specification), encoding="utf-8")
        written.replace(path)
    return told


def _why_not(state: Path | None, known: Any, wanted: dict[str, Any]) -> str | None:
    """Why a state is not gone on from; `None` where there is none."""
    if state is None:
        return None
    before = _flat(known) if isinstance(known, dict) else {}
    now = _flat(wanted)
    changed = sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
    return (
        f"beginning anew: the state of step {_step(state)} is of a training with another "
        f"{', '.join(changed)}"
    )


def _flat(specification: dict[str, Any]) -> dict[str, Any]:
    settings = specification.get("settings", {})
    return {**{k: v for k, v in specification.items() if k != "settings"}, **settings}


def last_state(work: Path) -> Path | None:
    """The newest state that was written to its end, if there is any."""
    return max(filter(_is_whole, work.glob("checkpoint-*")), key=_step, default=None)


def _remove_torn(work: Path) -> None:
    """The Trainer keeps so many states: torn ones would take the place of whole ones."""
    for state in work.glob("checkpoint-*"):
        if not _is_whole(state):
            shutil.rmtree(state)


def _is_whole(state: Path) -> bool:
    """The Trainer writes a state in place, and this file last."""
    try:
        json.loads((state / TRAINER_STATE_NAME).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return False
    return True


def _step(state: Path) -> int:
    return int(state.name.rsplit("-", 1)[1])


def finish_work(request: Request) -> None:
    """Throws the states away; the checkpoint is whole."""
    shutil.rmtree(request.work, ignore_errors=True)


def _specification(request: Request) -> dict[str, Any]:
    """All that the weights depend on, but for the order of sums.

    A batch of the optimiser holds the same rows however it is cut for a device, its mean is over
    all of them, and the order of the rows depends on seed and epoch alone: so the way that leads
    out of too little memory, a smaller deviceBatchSize or gradientCheckpointing, goes on from here.
    """
    return {
        "kind": request.kind,
        "base": str(request.base),
        "data": request.data_sha256,
        "seed": request.seed,
        "splitSeed": request.split_seed,
        "settings": request.learning,
    }
