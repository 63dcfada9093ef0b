"""A bare training loop: AdamW, warm-up, linear decay."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.nn import functional
from transformers import LlamaForCausalLM

from .examples import IGNORED, Encoded, batches, pad

WARM_UP_STEPS = 30


@dataclass(frozen=True)
class Stage:
    """One stage of the curriculum."""

    name: str
    learning_rate: float
    batch_size: int
    seed: int


def train_stage(
    model: LlamaForCausalLM, examples: Sequence[Encoded], stage: Stage, padding: int
) -> float:
    """Goes once through the examples.

    Returns:
        Mean loss over the last hundred steps.
    """
    steps = -(-len(examples) // stage.batch_size)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=stage.learning_rate, betas=(0.9, 0.95), weight_decay=0.01
    )

    def factor(step: int) -> float:
        return min((step + 1) / WARM_UP_STEPS, (steps - step) / steps)

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
    model.train()
    losses: list[float] = []
    tokens, start = 0, time.monotonic()
    for step, batch in enumerate(batches(examples, stage.batch_size, stage.seed)):
        ids, labels = pad(batch, padding)
        loss = response_loss(model, ids, labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        losses.append(loss.item())
        tokens += ids.numel()
        if (step + 1) % 100 == 0 or step + 1 == steps:
            speed = tokens / (time.monotonic() - start)
            mean = sum(losses[-100:]) / len(losses[-100:])
            report = f"{stage.name}: step {step + 1}/{steps}, loss {mean:.4f}, {speed:.0f} tokens/s"
            print(report, file=sys.stderr, flush=True)
    return sum(losses[-100:]) / len(losses[-100:])


def response_loss(model: LlamaForCausalLM, ids: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy over the labelled tokens, each predicted from those before it.

    The head runs on labelled positions only: two thirds of the tokens are prompt.
    """
    hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state[:, :-1]
    targets = labels[:, 1:]
    kept = targets != IGNORED
    return functional.cross_entropy(model.lm_head(hidden[kept]), targets[kept])
