"""Requests, as vLLM's routes take them. A field that would be ignored is refused instead."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

MAX_LOGPROBS = 20
"""Most alternatives per token, as in vLLM unless it is told otherwise."""

TokenId = Annotated[int, Field(ge=0)]


class CompletionRequest(BaseModel):
    """Body of `POST /v1/completions`."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = None
    prompt: (
        str
        | Annotated[list[str], Field(min_length=1, max_length=1024)]
        | list[TokenId]
        | Annotated[list[list[TokenId]], Field(min_length=1, max_length=1024)]
    )
    n: Annotated[int, Field(ge=1, le=1024)] = 1
    max_tokens: Annotated[int, Field(ge=1)] | None = 16
    temperature: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] = 1.0
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    stop: str | Annotated[list[str], Field(max_length=64)] | None = None
    seed: int | None = None
    include_stop_str_in_output: bool = False
    skip_special_tokens: bool = True
    add_special_tokens: bool = True
    return_token_ids: bool = False
    logprobs: Annotated[int, Field(ge=0, le=MAX_LOGPROBS)] | None = None
    return_tokens_as_token_ids: bool = False
    stream: Literal[False] = False
    echo: Literal[False] = False
    user: str | None = None

    @property
    def prompts(self) -> list[str | list[int]]:
        """The prompts as a list: texts, or tokens."""
        if isinstance(self.prompt, str):
            return [self.prompt]
        prompts: list[str | list[int]] = []
        tokens: list[int] = []
        for part in self.prompt:
            if isinstance(part, int):
                tokens.append(part)
            else:
                prompts.append(part)
        return prompts or [tokens]

    @property
    def stops(self) -> list[str]:
        """The stop strings as a list."""
        if self.stop is None:
            return []
        return [self.stop] if isinstance(self.stop, str) else self.stop


class PoolingRequest(BaseModel):
    """Body of `POST /pooling`."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = None
    input: str | Annotated[list[str], Field(min_length=1, max_length=4096)]
    use_activation: bool | None = None
    add_special_tokens: bool = True
    encoding_format: Literal["float"] = "float"
    user: str | None = None

    @property
    def inputs(self) -> list[str]:
        """The texts as a list."""
        return [self.input] if isinstance(self.input, str) else self.input


class TokenizeRequest(BaseModel):
    """Body of `POST /tokenize`."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = None
    prompt: str
    add_special_tokens: bool = True


class DetokenizeRequest(BaseModel):
    """Body of `POST /detokenize`."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = None
    tokens: Annotated[list[TokenId], Field(max_length=1_000_000)]
