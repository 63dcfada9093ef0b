"""The route `/v1/completions`."""

import threading
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from fastapi import Request

from .checkpoint import Checkpoint
from .device_loop import DeviceLoop
from .errors import RequestError
from .generation import Generated, Generation
from .logprobs import completion_logprobs
from .policy import PolicyScheduler
from .schemas import CompletionRequest
from .stops import StopRules
from .waiting import from_device, unless_disconnected


@dataclass(frozen=True)
class ServedPolicy:
    """The policy under its served name."""

    name: str
    checkpoint: Checkpoint
    scheduler: PolicyScheduler


async def complete(
    loop: DeviceLoop, policy: ServedPolicy, body: CompletionRequest, request: Request
) -> dict[str, Any]:
    """Generates what is asked for and answers as vLLM does.

    Raises:
        RequestError: If the request cannot be served.
    """
    checkpoint = policy.checkpoint
    max_tokens = body.max_tokens or 16
    rules = StopRules.of(
        checkpoint.tokenizer,
        body.stops,
        include_in_text=body.include_stop_str_in_output,
        skip_special_tokens=body.skip_special_tokens,
    )
    prompts = [
        _prompt_ids(checkpoint, prompt, add_special_tokens=body.add_special_tokens)
        for prompt in body.prompts
    ]
    for prompt in prompts:
        check_length(len(prompt), max_tokens, checkpoint.max_length)

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
                logprobs=body.logprobs,
            )
            loop.submit(lambda: policy.scheduler.enqueue(generation))
            return generation.cancelled

        return from_device(enqueue)

    replies = await unless_disconnected(request, [submit(prompt) for prompt in prompts])
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
                "logprobs": completion_logprobs(
                    choice, checkpoint, as_ids=body.return_tokens_as_token_ids
                ),
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


def _prompt_ids(
    checkpoint: Checkpoint, prompt: str | list[int], *, add_special_tokens: bool
) -> list[int]:
    """Tokens of a prompt; one that is given as tokens is taken as it stands."""
    if isinstance(prompt, str):
        return checkpoint.tokenize(prompt, add_special_tokens=add_special_tokens)
    check_tokens(prompt, checkpoint)
    return prompt


def check_tokens(tokens: list[int], checkpoint: Checkpoint) -> None:
    """Refuses tokens that the model does not have.

    Raises:
        RequestError: If there is one.
    """
    unknown = max(tokens, default=0)
    if unknown >= checkpoint.vocabulary:
        raise RequestError.bad_request(f"Token id {unknown} is out of vocabulary")


def check_length(prompt: int, completion: int, limit: int) -> None:
    """Refuses a prompt without tokens, and more tokens than the model can see.

    Raises:
        RequestError: If it is so.
    """
    if prompt == 0:
        raise RequestError.bad_request("The prompt cannot be empty: it has no tokens")
    if prompt + completion > limit:
        raise RequestError.bad_request(
            f"This model's maximum context length is {limit} tokens. However, you requested "
            f"{prompt + completion} tokens ({prompt} in the prompt, {completion} in the "
            "completion). Please reduce the length of the prompt or the completion."
        )
