"""Times transformers' `generate` with a static cache; prints tokens and seconds as JSON.

Usage: plain_generate.py CHECKPOINT < {"prompts": [...], "n": 8, "maxTokens": 128, "stop": [...]}
"""

import json
import sys
import time
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

BATCH = 32


def main() -> None:
    """Generates in batches; the first one is not timed."""
    request = json.load(sys.stdin)
    tokenizer = AutoTokenizer.from_pretrained(
        sys.argv[1], padding_side="left", trust_remote_code=False
    )
    model = AutoModelForCausalLM.from_pretrained(
        sys.argv[1], dtype=torch.float32, use_safetensors=True, trust_remote_code=False
    ).eval()
    prompts = request["prompts"]
    batches = [prompts[start : start + BATCH] for start in range(0, len(prompts), BATCH)]
    generate(model, tokenizer, batches[0], request)
    started = time.perf_counter()
    tokens = sum(generate(model, tokenizer, batch, request) for batch in batches)
    print(json.dumps({"tokens": tokens, "seconds": time.perf_counter() - started}))


def generate(model: Any, tokenizer: Any, prompts: list[str], request: dict[str, Any]) -> int:
    """Samples and gives back how many tokens were generated, padding not counted."""
    inputs = tokenizer(prompts, return_tensors="pt", padding=True, return_token_type_ids=False)
    # Each stop string is one token, so it can end a row as the end of sequence does.
    ends = [tokenizer.eos_token_id, *tokenizer.convert_tokens_to_ids(request["stop"])]
    output = model.generate(
        **inputs,
        do_sample=True,
        top_k=0,
        num_return_sequences=request["n"],
        max_new_tokens=request["maxTokens"],
        cache_implementation="static",
        eos_token_id=ends,
    )
    new = output[:, inputs["input_ids"].shape[1] :]
    return int((new != tokenizer.pad_token_id).sum())


if __name__ == "__main__":
    main()
