"""Log-probabilities of generated tokens: how they are computed, and how vLLM writes them."""

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

if TYPE_CHECKING:
    from .checkpoint import Checkpoint
    from .generation import Generated


class TokenLogprobs(NamedTuple):
    """One position: the token that was drawn there, and the most probable ones.

    Natural logarithms of the model's own probabilities: before temperature and top-p.
    """

    drawn: float
    ids: list[int]
    """The most probable tokens, the likeliest first; the drawn one may be among them."""
    values: list[float]


def token_logprobs(
    logits: torch.Tensor, drawn: torch.Tensor, alternatives: list[int | None]
) -> list[TokenLogprobs | None]:
    """Log-probabilities of one position of each row.

    Args:
        logits: Rows by vocabulary.
        drawn: Token of each row.
        alternatives: How many of the most probable tokens each row wants; None for a row that
            wants no log-probabilities.

    Returns:
        One element per row.
    """
    wanted = [index for index, count in enumerate(alternatives) if count is not None]
    if not wanted:
        return [None] * len(alternatives)
    rows = torch.tensor(wanted, device=logits.device)
    chosen = logits[rows].float() if len(wanted) < len(alternatives) else logits.float()
    total = chosen.logsumexp(dim=-1, keepdim=True)
    own = chosen.gather(-1, drawn[rows, None]) - total
    most = min(max(count or 0 for count in alternatives), chosen.shape[-1])
    top = chosen.topk(most, dim=-1)
    result: list[TokenLogprobs | None] = [None] * len(alternatives)
    found = zip(
        wanted,
        _rounded(own[:, 0]),
        top.indices.tolist(),
        _rounded(top.values - total),
        strict=True,
    )
    for row, drawn_value, ids, values in found:
        count = alternatives[row] or 0
        result[row] = TokenLogprobs(drawn_value, ids[:count], values[:count])
    return result


def _rounded(values: torch.Tensor) -> Any:
    # Six digits are more than float32 has, and half as long to write as all of them.
    return values.double().mul_(1e6).round_().div_(1e6).tolist()


def completion_logprobs(
    choice: "Generated", checkpoint: "Checkpoint", *, as_ids: bool
) -> dict[str, Any] | None:
    """The field `logprobs` of a choice; None where none were asked for.

    As in vLLM, `top_logprobs` holds the drawn token as well, and tokens are written `token_id:N`
    where ids are asked for: a text may stand for several tokens.
    """
    if choice.logprobs is None:
        return None

    name = _id_name if as_ids else checkpoint.token_text
    offsets: list[int] = []
    offset = 0
    for token in choice.tokens:
        offsets.append(offset)
        offset += len(checkpoint.token_text(token))
    tops: list[dict[str, float]] = []
    for token, at in zip(choice.tokens, choice.logprobs, strict=True):
        # From behind: of tokens with equal texts the likeliest stays, and the drawn one before all.
        top = dict(zip(map(name, at.ids[::-1]), at.values[::-1], strict=True))
        top[name(token)] = at.drawn
        tops.append(top)
    return {
        "text_offset": offsets,
        "token_logprobs": [at.drawn for at in choice.logprobs],
        "tokens": [name(token) for token in choice.tokens],
        "top_logprobs": tops,
    }


@cache
def _id_name(token: int) -> str:
    return f"token_id:{token}"
