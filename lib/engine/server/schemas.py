"""Requests, as vLLM's routes take them. A field that would be ignored is refused instead."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class CompletionRequest(BaseModel):
    """Body of `POST /v1/completions`."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = None
    prompt: str | Annotated[list[str], Field(min_length=1, max_length=1024)]
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
    stream: Literal[False] = False
    echo: Literal[False] = False
    user: str | None = None

    @property
    def prompts(self) -> list[str]:
        """The prompts as a list."""
        return [self.prompt] if isinstance(self.prompt, str) else self.prompt

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
