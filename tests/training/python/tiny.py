"""A tiny base model with the starter's tokenizer, and requests to train it."""

import io
import json
from pathlib import Path
from typing import Any

import torch
from trainer.events import Events
from trainer.request import Kind, Request
from trainer.tokenizer import load_tokenizer
from transformers import LlamaConfig, LlamaForCausalLM

STARTER = Path(__file__).parents[3] / "fixtures" / "starter" / "base"

SETTINGS: dict[str, Any] = {
    "epochs": 2,
    "maxSteps": None,
    "learningRate": 1e-2,
    "batchSize": 4,
    "deviceBatchSize": None,
    "maxLength": 256,
    "weightDecay": 0.01,
    "adamBeta2": 0.95,
    "warmupSteps": 0,
    "maxGradNorm": 1.0,
    "bf16": False,
    "gradientCheckpointing": False,
    "packing": False,
    "headDropout": 0.1,
    "tanh": False,
    "heldOut": 0.1,
    "saveSteps": None,
    "threads": 1,
    "lora": None,
}

COSTS = ("deviceBatchSize", "gradientCheckpointing", "saveSteps", "threads")


def make_base(folder: Path) -> Path:
    """Writes the base."""
    tokenizer = load_tokenizer(STARTER)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=512,
        pad_token_id=int(tokenizer.pad_token_id),
        eos_token_id=int(tokenizer.eos_token_id),
        # Wide enough that random logits are not all alike.
        initializer_range=0.2,
        tie_word_embeddings=True,
    )
    LlamaForCausalLM(config).save_pretrained(folder / "base")
    tokenizer.save_pretrained(folder / "base")
    return folder / "base"


def make_request(folder: Path, kind: Kind, name: str = "out", **settings: object) -> Request:
    """A request over the data and the base in a folder, as the harness would write it."""
    path = folder / f"{name}.json"
    chosen = {**SETTINGS, **settings}
    row = {
        "kind": kind,
        "data": str(folder / "data.jsonl"),
        "dataSha256": "0" * 64,
        "base": str(folder / "base"),
        "output": str(folder / name),
        "seed": 1,
        "splitSeed": 1,
        "specialTokens": ["<code>", "<end_of_step>"],
        "settings": chosen,
        # As `learningSettings` in train_settings.ts has it.
        "learning": {key: value for key, value in chosen.items() if key not in COSTS},
    }
    path.write_text(json.dumps(row), encoding="utf-8")
    return Request.read(path)


def write_rows(folder: Path, rows: list[dict[str, Any]]) -> None:
    """Writes the data of a folder."""
    lines = [json.dumps(row) for row in rows]
    (folder / "data.jsonl").write_text("\n".join(lines), encoding="utf-8")


def group_rows(count: int, kind: str = "step") -> list[dict[str, Any]]:
    """Groups in which sums are right, by problem; every third one comes from round 2."""
    return [
        {
            "problem_id": f"p{index % 40}",
            "kind": kind,
            "round": 2 if index % 3 == 2 else 1,
            "prompt": f"<|user|>:\nAdd {index} and {index % 7}.\n<|assistant|>:",
            "positives": [{"text": f"<code>\nx = {index} + {index % 7}\n<end_of_step>", "q": 1.0}],
            "negatives": [
                {"text": f"<code>\nx = {index} * {index % 7}\n<end_of_step>", "q": -1.0},
                {"text": f"<code>\nx = {index}\n<end_of_step>", "q": -0.5},
            ],
        }
        for index in range(count)
    ]


def trace_rows(count: int) -> list[dict[str, Any]]:
    """Right solutions of different lengths."""
    return [
        {
            "problem_id": f"p{index}",
            "prompt": f"<|user|>:\nAdd {index}.\n<|assistant|>:",
            "response": [
                {"text": "\n<code>" + f"\nx = {index}" * (1 + index % 3), "train": True},
                {"text": "\n<output>1<end_of_output>\n", "train": False},
            ],
        }
        for index in range(count)
    ]


def silent() -> Events:
    """Events that nobody reads."""
    return Events(io.StringIO())
