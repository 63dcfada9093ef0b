"""States that a training keeps to go on from, and whether they are its own."""

import json
import shutil
from typing import Any

from .request import Request

_SPECIFICATION = "request.json"


def open_work(request: Request) -> bool:
    """Makes ready the folder for states; what another training left there is thrown away.

    Returns:
        Whether there is a state of this very training to go on from.
    """
    work = request.work
    specification = _specification(request)
    path = work / _SPECIFICATION
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
    if known == specification:
        return any(work.glob("checkpoint-*"))
    if not request.is_main:
        return False
    shutil.rmtree(work, ignore_errors=True)
    if request.settings.save_steps is not None:
        work.mkdir(parents=True)
        path.write_text(json.dumps(specification), encoding="utf-8")
    return False


def finish_work(request: Request) -> None:
    """Throws the states away; the checkpoint is whole."""
    shutil.rmtree(request.work, ignore_errors=True)


def _specification(request: Request) -> dict[str, Any]:
    """All that the weights depend on."""
    return {
        "kind": request.kind,
        "base": str(request.base),
        "data": request.data_sha256,
        "seed": request.seed,
        "settings": {**request.raw_settings, "threads": None, "saveSteps": None},
    }
