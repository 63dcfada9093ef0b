"""The two kinds of forward pass, and the check that a model can be served with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import DynamicCache

from .checkpoint import Checkpoint
from .errors import StartError
from .prefix_cache import Prefix, PrefixCache
from .row_cache import RowCache

_CHECK_TOKENS = 24


@dataclass(frozen=True)
class FilledPrompts:
    """Computed prompts: what each begins with, and what was left of it."""

    prefixes: Sequence[Prefix | None]
    cache: DynamicCache
    """Keys and values, row by row: the beginning, padded to `width`, then the rest."""
    width: int
    lengths: Sequence[int]

    def pieces(self, index: int) -> list[tuple[DynamicCache, int, slice]]:
        """Where keys and values of one prompt lie, in order."""
        known = _known(self.prefixes[index])
        rest = slice(self.width, self.width + self.lengths[index] - known)
        return [(self.cache, index, slice(0, known)), (self.cache, index, rest)]

    @property
    def positions(self) -> int:
        """Positions of the cache."""
        return int(self.cache.layers[0].keys.shape[2])

    def held(self, device: torch.device) -> torch.Tensor:
        """Which positions of the cache hold a token: prompts, positions."""
        known = torch.tensor([[_known(prefix)] for prefix in self.prefixes], device=device)
        ends = torch.tensor([[length] for length in self.lengths], device=device)
        place = torch.arange(self.positions, device=device)[None, :]
        return (place < known) | ((place >= self.width) & (place - self.width < ends - known))


def fill_prompts(
    model: Any,
    prompts: Sequence[Sequence[int]],
    device: torch.device,
    prefixes: Sequence[Prefix | None],
    **options: Any,
) -> tuple[Any, FilledPrompts]:
    """Computes the model's output for prompts, and their keys and values.

    Prompts are padded on the right. What a prefix holds is not computed or put out again.
    """
    known = [_known(prefix) for prefix in prefixes]
    rest = [list(prompt[start:]) for prompt, start in zip(prompts, known, strict=True)]
    width = max(map(len, rest))
    cache = DynamicCache()
    own = torch.arange(width, device=device)
    start = torch.tensor(known, device=device)
    mask = None
    if max(known) > 0:
        _restore(cache, prefixes, max(known))
        before = torch.arange(max(known), device=device)
        mask = causal_mask(before[None, :] < start[:, None], width)
    output = model(
        input_ids=torch.tensor([t + [0] * (width - len(t)) for t in rest], device=device),
        # Without prefixes what comes later is never seen, so no mask is needed.
        attention_mask=mask,
        position_ids=start[:, None] + own[None, :],
        past_key_values=cache,
        use_cache=True,
        **options,
    )
    return output, FilledPrompts(prefixes, cache, max(known), [len(prompt) for prompt in prompts])


def causal_mask(seen: torch.Tensor, width: int) -> torch.Tensor:
    """Where tokens may look that come behind a cache: all of its positions that count, and back.

    Args:
        seen: Positions of the cache that count: rows, positions.
        width: Tokens of a row.

    Returns:
        rows, 1, tokens, positions and tokens.
    """
    own = torch.arange(width, device=seen.device)
    causal = (own[None, :] <= own[:, None]).expand(len(seen), 1, width, width)
    return torch.cat((seen[:, None, None, :].expand(-1, 1, width, -1), causal), dim=-1)


def forward_prompts(
    model: Any,
    prompts: Sequence[Sequence[int]],
    device: torch.device,
    prefixes: Sequence[Prefix | None] | None = None,
) -> tuple[torch.Tensor, FilledPrompts]:
    """The logits after each prompt's last token, and keys and values of all prompts."""
    prefixes = [None] * len(prompts) if prefixes is None else prefixes
    last = torch.tensor(
        [len(p) - _known(prefix) - 1 for p, prefix in zip(prompts, prefixes, strict=True)],
        device=device,
    )
    ends, place = last.unique(return_inverse=True)
    output, filled = fill_prompts(model, prompts, device, prefixes, logits_to_keep=ends)
    return output.logits[torch.arange(len(prompts), device=device), place], filled


def _known(prefix: Prefix | None) -> int:
    return 0 if prefix is None else prefix.length


def _restore(cache: DynamicCache, prefixes: Sequence[Prefix | None], width: int) -> None:
    """Puts the beginnings of all rows into an empty cache, padded on the right."""
    like = next(prefix.source for prefix in prefixes if prefix is not None)
    for layer, (keys, values) in enumerate(zip(like.keys, like.values, strict=True)):
        # Zeros, not what the memory held: a masked NaN is still a NaN.
        new_keys = keys.new_zeros((len(prefixes), keys.shape[0], width, keys.shape[2]))
        new_values = values.new_zeros((len(prefixes), values.shape[0], width, values.shape[2]))
        for row, prefix in enumerate(prefixes):
            if prefix is not None:
                length = prefix.length
                new_keys[row, :, :length] = prefix.source.keys[layer][:, :length]
                new_values[row, :, :length] = prefix.source.values[layer][:, :length]
        cache.update(new_keys, new_values, layer)


def checked_cache(checkpoint: Checkpoint) -> RowCache:
    """An empty cache for a model whose batched decoding was compared with plain forward passes.

    Two rows of different lengths, and two prompts that are computed behind what is known of them,
    must give the logits of a pass over the whole text.

    Raises:
        StartError: If they do not.
    """
    model, device = checkpoint.model, checkpoint.device
    vocabulary = model.config.get_text_config().vocab_size
    ids = [(7919 * (i + 1)) % vocabulary for i in range(_CHECK_TOKENS)]
    prompts = [ids[:-1], ids[: _CHECK_TOKENS // 2]]
    nexts = torch.tensor([[ids[len(prompt)]] for prompt in prompts], device=device)
    _, filled = forward_prompts(model, prompts, device)
    probe = RowCache(filled.cache, device)
    probe.reserve(len(prompts), _CHECK_TOKENS)
    known = PrefixCache(max_bytes=len(prompts) * _CHECK_TOKENS * probe.bytes_per_token)
    for index, prompt in enumerate(prompts):
        probe.fill(slice(index, index + 1), filled.pieces(index))
        known.put(prompt, filled.pieces(index))
    lengths = torch.tensor([len(prompt) for prompt in prompts], device=device)
    mask = probe.begin_step(lengths, max(len(prompt) for prompt in prompts))
    decoded = model(
        input_ids=nexts,
        attention_mask=mask,
        position_ids=lengths[:, None],
        past_key_values=probe,
        use_cache=True,
    ).logits[:, -1]
    longer = [ids[: len(prompt) + 1] for prompt in prompts]
    prefixes = [known.longest(longer[0]), None]
    behind, _ = forward_prompts(model, longer, device, prefixes)
    for index, whole in enumerate(longer):
        plain = model(input_ids=torch.tensor([whole], device=device), use_cache=False)
        expected = plain.logits[0, -1]
        for found in (decoded[index], behind[index]):
            gap = (found - expected).abs().max() / expected.abs().max().clamp(min=1e-6)
            if not gap < _tolerance(expected.dtype):
                raise StartError(
                    f'Cannot serve "{checkpoint.folder}": batched decoding of '
                    f"{type(model).__name__} differs from its plain forward pass "
                    f"(relative {gap:.3g}); serve it with vLLM"
                )
    return RowCache(filled.cache, device)


def _tolerance(dtype: torch.dtype) -> float:
    return 1e-3 if dtype == torch.float32 else 5e-2
