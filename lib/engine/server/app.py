"""vLLM's routes."""

import asyncio
import threading
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse

from .checkpoint import Checkpoint
from .device_loop import DeviceLoop
from .errors import RequestError
from .generation import Generated, Generation
from .metrics import ModelLoad, render_metrics
from .policy import PolicyScheduler
from .ppm import PpmScorer, Scoring
from .schemas import CompletionRequest, PoolingRequest
from .stops import StopRules

T = TypeVar("T")


@dataclass(frozen=True)
class ServedPolicy:
    """The policy under its served name."""

    name: str
    checkpoint: Checkpoint
    scheduler: PolicyScheduler


@dataclass(frozen=True)
class ServedPpm:
    """The PPM under its served name."""

    name: str
    checkpoint: Checkpoint
    scorer: PpmScorer


def build_app(loop: DeviceLoop, policy: ServedPolicy | None, ppm: ServedPpm | None) -> FastAPI:
    """The HTTP application over a started device loop."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    started = int(time.time())

    @app.exception_handler(RequestError)
    async def _refused(_request: Request, error: RequestError) -> JSONResponse:
        return _error(error)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        # The place and the rule, not the value: prompts stay out of messages.
        problems = [(".".join(str(p) for p in e["loc"][1:]), e["msg"]) for e in error.errors()]
        message = "; ".join(f"{where}: {what}" for where, what in problems)
        return _error(RequestError.bad_request(message, problems[0][0] if problems else None))

    @app.get("/health")
    async def _health() -> Response:
        return Response(status_code=200 if loop.alive else 503)

    @app.get("/metrics")
    async def _metrics() -> PlainTextResponse:
        return PlainTextResponse(render_metrics(_loads(policy, ppm)))

    @app.get("/v1/models")
    async def _models() -> dict[str, Any]:
        served = [model for model in (policy, ppm) if model is not None]
        return {"object": "list", "data": [_card(model, started) for model in served]}

    @app.post("/v1/completions")
    async def _completions(body: CompletionRequest, request: Request) -> dict[str, Any]:
        if policy is None or body.model not in (None, policy.name):
            raise RequestError.model_not_found(body.model or "")
        return await _complete(loop, policy, body, request)

    @app.post("/pooling")
    async def _pooling(body: PoolingRequest, request: Request) -> dict[str, Any]:
        if ppm is None or body.model not in (None, ppm.name):
            raise RequestError.model_not_found(body.model or "")
        return await _pool(loop, ppm, body, request)

    return app


def _error(error: RequestError) -> JSONResponse:
    body = {
        "message": error.message,
        "type": error.kind,
        "param": error.param,
        "code": error.status,
    }
    return JSONResponse({"error": body}, status_code=error.status)


def _loads(policy: ServedPolicy | None, ppm: ServedPpm | None) -> list[ModelLoad]:
    loads = []
    if policy is not None:
        s = policy.scheduler
        loads.append(ModelLoad(policy.name, s.running, s.waiting, s.cache_usage, s.counters))
    if ppm is not None:
        p = ppm.scorer
        loads.append(ModelLoad(ppm.name, p.running, p.waiting, 0.0, p.counters))
    return loads


def _card(model: ServedPolicy | ServedPpm, created: int) -> dict[str, Any]:
    return {
        "id": model.name,
        "object": "model",
        "created": created,
        "owned_by": "rstar",
        "root": str(model.checkpoint.folder),
        "parent": None,
        "max_model_len": model.checkpoint.max_length,
    }


async def _complete(
    loop: DeviceLoop, policy: ServedPolicy, body: CompletionRequest, request: Request
) -> dict[str, Any]:
    checkpoint = policy.checkpoint
    max_tokens = body.max_tokens or 16
    rules = StopRules.of(
        checkpoint.tokenizer,
        body.stops,
        include_in_text=body.include_stop_str_in_output,
        skip_special_tokens=body.skip_special_tokens,
    )
    prompts = [
        checkpoint.tokenize(prompt, add_special_tokens=body.add_special_tokens)
        for prompt in body.prompts
    ]
    for prompt in prompts:
        _check_length(len(prompt), max_tokens, checkpoint.max_length)

    def submit(prompt: list[int]) -> Awaitable[list[Generated]]:
        def enqueue(done: Callable[[list[Generated] | Exception], None]) -> threading.Event:
            generation = Generation(
                prompt=prompt,
                n=body.n,
                max_tokens=max_tokens,
                temperature=body.temperature,
                top_p=body.top_p,
                seed=body.seed,
                rules=rules,
                on_done=done,
            )
            loop.submit(lambda: policy.scheduler.enqueue(generation))
            return generation.cancelled

        return _from_device(enqueue)

    replies = await _unless_disconnected(request, [submit(prompt) for prompt in prompts])
    choices = [choice for reply in replies for choice in reply]
    generated = sum(len(choice.tokens) for choice in choices)
    prompted = sum(map(len, prompts))
    return {
        "id": f"cmpl-{uuid.uuid4().hex}",
        "object": "text_completion",
        "created": int(time.time()),
        "model": policy.name,
        "choices": [
            {
                "index": index,
                "text": choice.text,
                "logprobs": None,
                "finish_reason": choice.finish_reason,
                "stop_reason": choice.stop_reason,
                "token_ids": choice.tokens if body.return_token_ids else None,
            }
            for index, choice in enumerate(choices)
        ],
        "usage": {
            "prompt_tokens": prompted,
            "completion_tokens": generated,
            "total_tokens": prompted + generated,
        },
    }


async def _pool(
    loop: DeviceLoop, ppm: ServedPpm, body: PoolingRequest, request: Request
) -> dict[str, Any]:
    texts = [
        ppm.checkpoint.tokenize(text, add_special_tokens=body.add_special_tokens)
        for text in body.inputs
    ]
    for text in texts:
        _check_length(len(text), 0, ppm.checkpoint.max_length)

    def enqueue(done: Callable[[list[float] | Exception], None]) -> threading.Event:
        scoring = Scoring(texts, done)
        loop.submit(lambda: ppm.scorer.enqueue(scoring))
        return scoring.cancelled

    [logits] = await _unless_disconnected(request, [_from_device(enqueue)])
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


def _check_length(prompt: int, completion: int, limit: int) -> None:
    if prompt == 0:
        raise RequestError.bad_request("The prompt cannot be empty: it has no tokens")
    if prompt + completion > limit:
        raise RequestError.bad_request(
            f"This model's maximum context length is {limit} tokens. However, you requested "
            f"{prompt + completion} tokens ({prompt} in the prompt, {completion} in the "
            "completion). Please reduce the length of the prompt or the completion."
        )


async def _from_device(
    submit: Callable[[Callable[[T | Exception], None]], threading.Event],
) -> T:
    """Waits for what the device thread reports; a cancelled wait cancels the work."""
    event_loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = event_loop.create_future()

    def settle(result: T | Exception) -> None:
        if future.done():
            return
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)

    cancelled = submit(lambda result: _call_soon(event_loop, settle, result))
    try:
        return await future
    finally:
        cancelled.set()


def _call_soon(
    event_loop: asyncio.AbstractEventLoop, settle: Callable[[Any], None], result: Any
) -> None:
    # A server that is shutting down has closed its loop; nobody waits any more.
    if not event_loop.is_closed():
        event_loop.call_soon_threadsafe(settle, result)


async def _unless_disconnected(request: Request, parts: list[Awaitable[T]]) -> list[T]:
    """All results; work for a client that went away is cancelled."""
    work: asyncio.Future[list[T]] = asyncio.ensure_future(asyncio.gather(*parts))
    gone = asyncio.ensure_future(_disconnected(request))
    try:
        either: set[asyncio.Future[Any]] = {work, gone}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise RequestError(499, "ClientClosedRequest", "The client closed the connection")
        return work.result()
    finally:
        gone.cancel()
        work.cancel()


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
