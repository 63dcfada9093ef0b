"""The route `/pooling`."""

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from fastapi import Request

from .checkpoint import Checkpoint
from .completions import check_length
from .device_loop import DeviceLoop
from .ppm import PpmScorer, Scoring
from .schemas import PoolingRequest
from .waiting import from_device, unless_disconnected


@dataclass(frozen=True)
class ServedPpm:
    """The PPM under its served name."""

    name: str
    checkpoint: Checkpoint
    scorer: PpmScorer


async def pool(
    loop: DeviceLoop, ppm: ServedPpm, body: PoolingRequest, request: Request
) -> dict[str, Any]:
    """Scores texts and answers as vLLM does.

    Raises:
        RequestError: If the request cannot be served.
    """
    texts = [
        ppm.checkpoint.tokenize(text, add_special_tokens=body.add_special_tokens)
        for text in body.inputs
    ]
    for text in texts:
        check_length(len(text), 0, ppm.checkpoint.max_length)

    def enqueue(done: Callable[[list[float] | Exception], None]) -> threading.Event:
        scoring = Scoring(texts, done)
        loop.submit(lambda: ppm.scorer.enqueue(scoring))
        return scoring.cancelled

    [logits] = await unless_disconnected(request, [from_device(enqueue)])
    values = torch.tensor(logits, dtype=torch.float64)
    if body.use_activation is not False:
        values = values.sigmoid()
    tokens = sum(map(len, texts))
    return {
        "id": f"pool-{uuid.uuid4().hex}",
        "object": "list",
        "created": int(time.time()),
        "model": ppm.name,
        "data": [
            {"index": index, "object": "pooling", "data": [value]}
            for index, value in enumerate(values.tolist())
        ],
        "usage": {"prompt_tokens": tokens, "completion_tokens": 0, "total_tokens": tokens},
    }
