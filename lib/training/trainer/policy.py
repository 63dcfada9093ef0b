"""Supervised fine-tuning of a policy on right trajectories (algorithm.md 4, SFT)."""

from functools import partial
from typing import Any

import torch
from transformers import AutoModelForCausalLM

from .checkpoint import save_model
from .encoding import TraceCollator, encode_trace
from .events import Events
from .failure import TrainingError
from .request import Request
from .rows import read_traces
from .run import PolicyTrainer, Progress, Rows, arguments, fit, with_adapters
from .tokenizer import add_special_tokens, load_tokenizer
from .trained import Trained


def train_policy(request: Request, events: Events) -> Trained:
    """Fine-tunes the base on the response parts that the policy writes itself."""
    settings = request.settings
    traces = read_traces(request.data)
    tokenizer = load_tokenizer(request.base)
    added = add_special_tokens(tokenizer, request.special_tokens)
    encoded = [encode_trace(trace, tokenizer) for trace in traces]
    rows = [row for row in encoded if len(row["input_ids"]) <= settings.max_length]
    if not rows:
        raise TrainingError(
            "data",
            f"Cannot train on {request.data}: expected traces of at most "
            f"{settings.max_length} tokens, got none; raise maxLength",
        )
    events.say("data", rows=len(rows), tooLong=len(encoded) - len(rows), heldOut=0, added=added)
    model = load_policy(request, tokenizer)
    data = Rows(rows, [len(row["input_ids"]) for row in rows])
    progress = Progress(events, data, request)
    trainer = PolicyTrainer(
        model=with_adapters(
            model,
            settings,
            task="CAUSAL_LM",
            trained_whole=["embed_tokens", "lm_head"] if added > 0 else [],
        ),
        args=arguments(request, len(data)),
        train_dataset=data,
        data_collator=TraceCollator(int(tokenizer.pad_token_id), settings.packing),
        callbacks=[progress],
    )
    fit(trainer, request)
    return Trained(
        tokenizer=tokenizer,
        steps=trainer.state.global_step,
        tokens=progress.tokens(trainer.state.global_step),
        curve=progress.curve,
        save=partial(save_model, trainer, None, settings),
    )


def load_policy(request: Request, tokenizer: Any) -> Any:
    """The base in float32, with rows for all tokens.

    Raises:
        TrainingError: If the folder holds no causal language model.
    """
    try:
        model, report = AutoModelForCausalLM.from_pretrained(
            request.base,
            dtype=torch.float32,
            attn_implementation="sdpa",
            output_loading_info=True,
        )
    except (OSError, ValueError, KeyError) as error:
        raise TrainingError("model", f"Cannot load the model {request.base}: {error}") from error
    if report["missing_keys"]:
        # Transformers would fill them with random numbers.
        missing = ", ".join(sorted(report["missing_keys"])[:3])
        raise TrainingError(
            "model", f"Cannot train {request.base} as a policy: its weights lack {missing}"
        )
    if len(tokenizer) > model.get_input_embeddings().num_embeddings:
        # New rows start at the mean of the old ones, which is what mean_resizing does.
        model.resize_token_embeddings(len(tokenizer), mean_resizing=True)
    model.config.use_cache = False
    return model
