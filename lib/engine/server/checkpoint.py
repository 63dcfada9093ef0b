"""Loading checkpoints, and saying what is wrong with those that cannot be served."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from model_process.untrusted import FILES_ONLY, TENSORS_ONLY, explain_refusal
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
)

from .errors import StartError
from .stops import continuation_text

_DEFAULT_LENGTH = 4096


class Checkpoint:
    """A model with its tokenizer."""

    def __init__(self, folder: Path, model: Any, tokenizer: Any, device: torch.device) -> None:
        self.folder = folder
        self.model = model
        self.tokenizer = tokenizer
        self.device = device
        self.max_length = _max_length(model.config.get_text_config())
        self.vocabulary: int = model.config.get_text_config().vocab_size
        self.end_tokens = _end_tokens(model, tokenizer)
        """Tokens that end a sequence."""
        self._token_texts: dict[int, str] = {}
        self.parameters = sum(parameter.numel() for parameter in model.parameters())
        _check_layers(folder, model.config.get_text_config())
        if "position_ids" not in inspect.signature(model.forward).parameters:
            raise StartError(
                f'Cannot serve "{folder}": {type(model).__name__} takes no position_ids, '
                "which batching rows of different lengths needs; serve it with vLLM"
            )
        if getattr(tokenizer, "backend_tokenizer", None) is None:
            raise StartError(
                f'Cannot serve "{folder}": expected a tokenizer with a tokenizer.json, '
                f"got {type(tokenizer).__name__}"
            )

    def tokenize(self, text: str, *, add_special_tokens: bool) -> list[int]:
        """Token ids of a text; literal special tokens become their tokens."""
        encoded = self.tokenizer(text, add_special_tokens=add_special_tokens)
        ids: list[int] = encoded["input_ids"]
        return ids

    def detokenize(self, tokens: list[int]) -> str:
        """Text of tokens, special tokens included."""
        text: str = self.tokenizer.decode(
            tokens, skip_special_tokens=False, clean_up_tokenization_spaces=False
        )
        return text

    def token_text(self, token: int) -> str:
        """Text that a token adds to another: some tokenizers drop a space before the first."""
        text = self._token_texts.get(token)
        if text is None:
            tail = self.tokenize("a", add_special_tokens=False)
            text = continuation_text(self.tokenizer, tail, [token], skip_special_tokens=False)
            self._token_texts[token] = text
        return text


def load_policy(folder: Path, device: torch.device) -> Checkpoint:
    """A causal language model.

    Raises:
        StartError: If the folder holds none that can be served.
    """
    return _load(folder, device, AutoModelForCausalLM.from_pretrained)


def load_ppm(folder: Path, device: torch.device) -> Checkpoint:
    """A sequence classifier with one output.

    Raises:
        StartError: If the folder holds none that can be served.
    """
    checkpoint = _load(folder, device, AutoModelForSequenceClassification.from_pretrained)
    config = checkpoint.model.config.get_text_config()
    if checkpoint.model.config.num_labels != 1:
        raise StartError(
            f'Cannot serve "{folder}" as a PPM: expected num_labels 1, '
            f"got {checkpoint.model.config.num_labels}"
        )
    if config.pad_token_id is None:
        raise StartError(f'Cannot serve "{folder}" as a PPM: its config has no pad_token_id')
    return checkpoint


def _load(folder: Path, device: torch.device, load_model: Callable[..., Any]) -> Checkpoint:
    # What a GPU computes fast is what the checkpoint says; a CPU computes fast in float32.
    dtype = "auto" if device.type == "cuda" else torch.float32
    try:
        config = AutoConfig.from_pretrained(folder, **FILES_ONLY)
        model, report = load_model(
            folder,
            config=config,
            dtype=dtype,
            attn_implementation="sdpa",
            output_loading_info=True,
            **TENSORS_ONLY,
        )
        tokenizer = AutoTokenizer.from_pretrained(folder, **FILES_ONLY)
    except (OSError, ValueError, KeyError) as error:
        reason = explain_refusal(folder, error)
        raise StartError(f'Cannot load the checkpoint "{folder}": {reason}') from error
    if report["missing_keys"]:
        # Transformers would fill them with random numbers.
        missing = ", ".join(sorted(report["missing_keys"])[:3])
        raise StartError(
            f'Cannot load the checkpoint "{folder}" as {type(model).__name__}: '
            f"its weights lack {missing}"
        )
    return Checkpoint(folder, model.to(device).eval(), tokenizer, device)


def _end_tokens(model: Any, tokenizer: Any) -> frozenset[int]:
    generation = getattr(model, "generation_config", None)
    end = None if generation is None else generation.eos_token_id
    if end is None:
        end = tokenizer.eos_token_id
    if end is None:
        return frozenset()
    return frozenset(end) if isinstance(end, list) else frozenset([end])


def _max_length(config: Any) -> int:
    """Longest sequence: within a sliding window, windowed attention is full attention."""
    lengths = [
        getattr(config, "max_position_embeddings", None) or _DEFAULT_LENGTH,
        getattr(config, "sliding_window", None),
    ]
    return min(length for length in lengths if length is not None)


def _check_layers(folder: Path, config: Any) -> None:
    kinds = set(getattr(config, "layer_types", None) or ["full_attention"])
    unknown = kinds - {"full_attention", "sliding_attention"}
    if unknown:
        raise StartError(
            f'Cannot serve "{folder}": its layers are {", ".join(sorted(unknown))}; '
            "the embedded engine knows full attention only; serve it with vLLM"
        )
