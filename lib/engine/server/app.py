"""vLLM's routes."""

import time
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse

from .completions import ServedPolicy, check_tokens, complete
from .device_loop import DeviceLoop
from .errors import RequestError
from .metrics import ModelLoad, render_metrics
from .pooling import ServedPpm, pool
from .schemas import CompletionRequest, DetokenizeRequest, PoolingRequest, TokenizeRequest


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
    async def _completions(body: CompletionRequest, request: Request) -> JSONResponse:
        reply = await complete(loop, _policy_named(policy, body.model), body, request)
        # As a response: FastAPI would walk through every number of a dictionary.
        return JSONResponse(reply)

    @app.post("/tokenize")
    async def _tokenize(body: TokenizeRequest) -> dict[str, Any]:
        checkpoint = _policy_named(policy, body.model).checkpoint
        tokens = checkpoint.tokenize(body.prompt, add_special_tokens=body.add_special_tokens)
        return {"count": len(tokens), "max_model_len": checkpoint.max_length, "tokens": tokens}

    @app.post("/detokenize")
    async def _detokenize(body: DetokenizeRequest) -> dict[str, str]:
        checkpoint = _policy_named(policy, body.model).checkpoint
        check_tokens(body.tokens, checkpoint)
        return {"prompt": checkpoint.detokenize(body.tokens)}

    @app.post("/pooling")
    async def _pooling(body: PoolingRequest, request: Request) -> dict[str, Any]:
        if ppm is None or body.model not in (None, ppm.name):
            raise RequestError.model_not_found(body.model or "")
        return await pool(loop, ppm, body, request)

    return app


def _policy_named(policy: ServedPolicy | None, model: str | None) -> ServedPolicy:
    if policy is None or model not in (None, policy.name):
        raise RequestError.model_not_found(model or "")
    return policy


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
        "end_token_ids": sorted(model.checkpoint.end_tokens),
    }
