"""The two kinds of forward pass, and the check that a model can be served with them."""

from collections.abc import Sequence
from typing import Any

import torch
from transformers import DynamicCache

from .checkpoint import Checkpoint
from .errors import StartError
from .row_cache import RowCache

_CHECK_TOKENS = 24


def forward_prompts(
    model: Any, prompts: Sequence[list[int]], device: torch.device
) -> tuple[torch.Tensor, DynamicCache]:
    """The logits after each prompt's last token, and keys and values of all prompts.

    Prompts are padded on the right: what comes later is never seen, so no mask is needed.
    """
    width = max(len(prompt) for prompt in prompts)
    ids = torch.tensor([p + [0] * (width - len(p)) for p in prompts], device=device)
    cache = DynamicCache()
    last = torch.tensor([len(prompt) - 1 for prompt in prompts], device=device)
    ends, place = last.unique(return_inverse=True)
    output = model(
        input_ids=ids,
        position_ids=torch.arange(width, device=device)[None, :].expand(len(prompts), width),
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=ends,
    )
    return output.logits[torch.arange(len(prompts), device=device), place], cache


def checked_cache(checkpoint: Checkpoint) -> RowCache:
    """An empty cache for a model whose batched decoding was compared with plain forward passes.

    Two rows of different lengths must give the logits of a pass over the whole text.

    Raises:
        StartError: If they do not.
    """
    model, device = checkpoint.model, checkpoint.device
    vocabulary = model.config.get_text_config().vocab_size
    ids = [(7919 * (i + 1)) % vocabulary for i in range(_CHECK_TOKENS)]
    prompts = [ids[:-1], ids[: _CHECK_TOKENS // 2]]
    nexts = torch.tensor([[ids[len(prompt)]] for prompt in prompts], device=device)
    _, filled = forward_prompts(model, prompts, device)
    probe = RowCache(filled, device)
    probe.reserve(len(prompts), _CHECK_TOKENS)
    for index, prompt in enumerate(prompts):
        probe.fill(slice(index, index + 1), filled, index, len(prompt))
    lengths = torch.tensor([len(prompt) for prompt in prompts], device=device)
    mask = probe.begin_step(lengths, max(len(prompt) for prompt in prompts))
    decoded = model(
        input_ids=nexts,
        attention_mask=mask,
        position_ids=lengths[:, None],
        past_key_values=probe,
        use_cache=True,
    ).logits[:, -1]
    for index, prompt in enumerate(prompts):
        whole = torch.tensor([ids[: len(prompt) + 1]], device=device)
        plain = model(input_ids=whole, use_cache=False).logits[0, -1]
        gap = (decoded[index] - plain).abs().max() / plain.abs().max().clamp(min=1e-6)
        if not gap < _tolerance(plain.dtype):
            raise StartError(
                f'Cannot serve "{checkpoint.folder}": batched decoding of {type(model).__name__} '
                f"differs from its plain forward pass (relative {gap:.3g}); serve it with vLLM"
            )
    return RowCache(filled, device)


def _tolerance(dtype: torch.dtype) -> float:
    return 1e-3 if dtype == torch.float32 else 5e-2
