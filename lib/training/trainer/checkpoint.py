"""Writing a checkpoint: whole, with a summary that is written last."""

import hashlib
import json
import shutil
import time
from pathlib import Path
from typing import Any

import torch

from .failure import TrainingError
from .request import Request, Settings
from .run import diverged
from .trained import HeldOut, Trained

SUMMARY = "rstar.json"
"""Its presence means that the checkpoint is whole."""


def save_model(trainer: Any, shell: Any, settings: Settings, folder: Path) -> None:
    """Writes the weights of a trained model.

    Args:
        trainer: The Trainer; under FSDP and DeepSpeed its processes hold a part each, and all of
            them must call this.
        shell: The model in whose form the weights are written; `None`: in their own.
        settings: The settings.
        folder: Where to.

    Raises:
        TrainingError: If the weights are not finite.
    """
    model = trainer.accelerator.unwrap_model(trainer.model)
    if settings.lora is not None:
        model = model.merge_and_unload()
        state = model.state_dict()
    else:
        wrapped = trainer.deepspeed if trainer.is_deepspeed_enabled else trainer.model
        state = trainer.accelerator.get_state_dict(wrapped)
    if not trainer.is_world_process_zero():
        return
    for name, weights in state.items():
        if not torch.isfinite(weights).all():
            raise diverged(f"after step {trainer.state.global_step}: {name} is not finite")
    if settings.bf16:
        # Tied weights share memory, and must go on sharing it to be written once.
        cast = {weights.data_ptr(): weights.to(torch.bfloat16) for weights in state.values()}
        state = {name: cast[weights.data_ptr()] for name, weights in state.items()}
    form = shell or model
    form.config.use_cache = True
    form.save_pretrained(folder, state_dict=state)
    if settings.bf16:
        _set_dtype(folder / "config.json", "bfloat16")


def _set_dtype(path: Path, name: str) -> None:
    """The type of the weights as written, which is not that of the model in memory."""
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**config, "dtype": name}, indent=2) + "\n", encoding="utf-8")


def write_checkpoint(request: Request, trained: Trained, started: float) -> dict[str, Any] | None:
    """Writes model, tokenizer and summary beside their place, and moves them there at once.

    Args:
        request: The request.
        trained: What came of it.
        started: When work began, by the monotonic clock.

    Returns:
        The summary; `None` in a process that only helped.

    Raises:
        TrainingError: If the output exists already.
    """
    partial = request.partial
    if request.is_main:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
    trained.save(partial)
    if not request.is_main:
        return None
    trained.tokenizer.save_pretrained(partial)
    summary = {
        "kind": request.kind,
        "base": str(request.base),
        "data": {"path": str(request.data), "sha256": request.data_sha256},
        "seed": request.seed,
        "settings": request.raw_settings,
        "steps": trained.steps,
        "tokens": trained.tokens,
        "seconds": round(time.monotonic() - started, 3),
        "curve": trained.curve,
        "calibration": _calibration(trained),
        "heldOut": _held_out(trained),
        "sha256": content_hash(partial),
    }
    (partial / SUMMARY).write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    if request.output.exists():
        raise TrainingError(
            "data", f"Cannot write {request.output}: expected no such folder, one appeared"
        )
    partial.rename(request.output)
    return summary


def _calibration(trained: Trained) -> dict[str, Any] | None:
    if trained.calibration is None:
        return None
    calibration = trained.calibration
    return {
        "b": calibration.b,
        "tau": calibration.tau,
        "fittedOn": calibration.fitted_on,
        "groups": calibration.groups,
        "problems": calibration.problems,
    }


def _held_out(trained: Trained) -> dict[str, Any] | None:
    if trained.held_out is None:
        return None
    round_1 = trained.held_out_round_1
    return {**_shown(trained.held_out), "round1": None if round_1 is None else _shown(round_1)}


def _shown(measured: HeldOut) -> dict[str, Any]:
    return {
        "pairAccuracy": measured.pair_accuracy,
        "pairs": measured.pairs,
        "problems": measured.problems,
    }


def content_hash(folder: Path) -> str:
    """Hash of a checkpoint: SHA-256 over the names and SHA-256 of its files, sorted by name."""
    whole = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        whole.update(f"{path.relative_to(folder)}\0{digest}\n".encode())
    return whole.hexdigest()
