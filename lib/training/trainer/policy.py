"""Supervised fine-tuning of a policy on right trajectories (docs/architecture.md, "training")."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import torch
from model_process.untrusted import TENSORS_ONLY, explain_refusal
from transformers import AutoModelForCausalLM

from .checkpoint import save_model
from .encoding import TraceCollator, encode_trace
from .events import Events
from .failure import TrainingError
from .request import Request
from .rows import read_traces
from .run import PolicyTrainer, Progress, Rows, arguments, fit, with_adapters
from .tokenizer import add_special_tokens, load_tokenizer, pieces_of
from .trained import Trained


def train_policy(request: Request, events: Events) -> Trained:
    """Fine-tunes the base on the response parts that the policy writes itself."""
    settings = request.settings
    traces = read_traces(request.data)
    tokenizer = load_tokenizer(request.base)
    pieces = pieces_of(tokenizer, request.special_tokens)
    added = add_special_tokens(tokenizer, request.special_tokens)
    by_trace = [encode_trace(trace, tokenizer) for trace in traces]
    encoded = [row for rows in by_trace for row in rows]
    rows = [row for row in encoded if len(row["input_ids"]) <= settings.max_length]
    if not rows:
        raise TrainingError(
            "data",
            f"Cannot train on {request.data}: expected traces of at most "
            f"{settings.max_length} tokens, got none; raise maxLength",
        )
    events.say(
        "data",
        rows=len(rows),
        tooLong=len(encoded) - len(rows),
        heldOut=0,
        added=added,
        inParts=sum(len(rows) > 1 for rows in by_trace),
    )
    model = load_policy(request, tokenizer, pieces)
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


def load_policy(request: Request, tokenizer: Any, pieces: Mapping[str, Sequence[int]]) -> Any:
    """The base in float32, with rows for all tokens.

    Args:
        request: What to train.
        tokenizer: The base's, with the format's tokens.
        pieces: Tokens of the format that the base did not know, and what their text was made of.

    Raises:
        TrainingError: If the folder holds no causal language model.
    """
    try:
        model, report = AutoModelForCausalLM.from_pretrained(
            request.base,
            dtype=torch.float32,
            attn_implementation="sdpa",
            output_loading_info=True,
            **TENSORS_ONLY,
        )
    except (OSError, ValueError, KeyError) as error:
        reason = explain_refusal(request.base, error)
        raise TrainingError("model", f"Cannot load the model {request.base}: {reason}") from error
    if report["missing_keys"]:
        # Transformers would fill them with random numbers.
        missing = ", ".join(sorted(report["missing_keys"])[:3])
        raise TrainingError(
            "model", f"Cannot train {request.base} as a policy: its weights lack {missing}"
        )
    if len(tokenizer) > model.get_input_embeddings().num_embeddings:
        model.resize_token_embeddings(len(tokenizer), mean_resizing=True)
    start_new_rows(
        model, {tokenizer.convert_tokens_to_ids(token): pieces[token] for token in pieces}
    )
    model.config.use_cache = False
    return model


def start_new_rows(model: Any, pieces: Mapping[int, Sequence[int]]) -> None:
    """Starts the rows of new tokens at the mean of those that their text was made of so far.

    Whether the matrix grew or had rows to spare, which were never trained and are often all alike.
    """
    layers = (model.get_input_embeddings(), model.get_output_embeddings())
    # Tied ones are one matrix: the second time it gets the same values.
    tables = [layer.weight for layer in layers if layer is not None]
    bias = getattr(layers[1], "bias", None)
    with torch.no_grad():
        for table in tables if bias is None else [*tables, bias]:
            for token, parts in pieces.items():
                # A text that the tokenizer cannot write has no parts: all rows stand for them.
                table[token] = (table[list(parts)] if parts else table).mean(dim=0)
