"""Failures that a person can do something about."""

import errno
from typing import Literal

FailureKind = Literal["data", "model", "settings", "memory", "disk", "diverged"]


_WRITE_FAILURES = ("No space left on device", "PytorchStreamWriter failed", "unexpected pos")
"""Messages of tensor writers about a full disk: they report it as text of their own."""


class TrainingError(Exception):
    """Training cannot go on, for a reason that has a name.

    Args:
        kind: `data` (the file), `model` (the base), `settings`, `memory`, `disk`, or `diverged`
            (the loss).
        message: What was being done, with which value, and what to do next.
    """

    def __init__(self, kind: FailureKind, message: str) -> None:
        super().__init__(message)
        self.kind: FailureKind = kind


def named_failure(error: BaseException, subject: str) -> TrainingError | None:
    """The failure behind an exception, where it has a name.

    Args:
        error: What was raised.
        subject: What was being trained, for the message.
    """
    if isinstance(error, TrainingError):
        return error
    if _is_out_of_memory(error):
        return TrainingError(
            "memory",
            f"Cannot train {subject}: out of memory ({_first_line(error)}); take a smaller "
            "deviceBatchSize or gradientCheckpointing, with which a kept state is gone on from, a "
            "smaller maxLength, or LoRA",
        )
    if getattr(error, "errno", None) == errno.ENOSPC or any(
        text in str(error) for text in _WRITE_FAILURES
    ):
        return TrainingError(
            "disk",
            f"Cannot write the checkpoint of {subject}: the disk is full, or does not take it "
            f"({_first_line(error)}); make room and train again",
        )
    return None


def _is_out_of_memory(error: BaseException) -> bool:
    """GPUs have an exception of their own; on the CPU the allocator raises a plain RuntimeError."""
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or (isinstance(error, RuntimeError) and "can't allocate memory" in str(error))
    )


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
