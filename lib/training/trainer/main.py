"""One training, from request to checkpoint."""

import os
import sys
import time
from pathlib import Path

from .events import Events, take_standard_output
from .failure import named_failure
from .request import Request

_SMALL_MODEL_THREADS = 4
"""More threads than this only get into one another's way while a small model is trained."""
_SMALL_MODEL_BYTES = 100 << 20


def main(path: Path) -> int:
    """Trains what the request asks for; returns the exit code.

    A failure that a person can do something about is an event and exit code 3; anything else is a
    traceback on standard error.
    """
    request = Request.read(path)
    events = Events(take_standard_output(), speaks=request.is_main)
    events.say("progress", message="loading libraries")
    try:
        train(request, events)
    except Exception as error:
        failure = named_failure(error, str(request.base))
        if failure is None:
            raise
        events.say("failed", kind=failure.kind, message=str(failure))
        if not request.is_main:
            # Only the main process has events; what started this one shows its standard error.
            print(failure, file=sys.stderr)
        return 3
    return 0


def train(request: Request, events: Events) -> None:
    """Trains and writes the checkpoint, whole or not at all."""
    # After standard output is taken, and late: this takes seconds.
    import torch
    from transformers import set_seed
    from transformers.utils import logging

    from .checkpoint import write_checkpoint
    from .policy import train_policy
    from .resume import finish_work, open_work
    from .reward import train_reward

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    torch.set_num_threads(request.settings.threads or _threads(request.base))
    set_seed(request.seed)
    started = time.monotonic()
    for told in (open_work(request), _unused_devices(torch.cuda.device_count())):
        if told is not None:
            events.say("notice", message=told)
    trained = (
        train_policy(request, events) if request.kind == "sft" else train_reward(request, events)
    )
    summary = write_checkpoint(request, trained, started)
    if summary is None:
        return
    finish_work(request)
    events.say("done", **summary)


def _unused_devices(found: int) -> str | None:
    """Notice for people whose devices lie idle: a process trains on one."""
    if found < 2 or "WORLD_SIZE" in os.environ:
        return None
    return (
        f"training on one of {found} GPUs; a configuration of accelerate (trainer.accelerate) "
        "uses all"
    )


def _threads(base: Path) -> int:
    """Threads of one computation on a CPU: one per core that we may use, few for a small model."""
    cores = len(os.sched_getaffinity(0))
    size = sum(file.stat().st_size for file in base.glob("*.safetensors"))
    return min(cores, _SMALL_MODEL_THREADS) if size < _SMALL_MODEL_BYTES else cores
