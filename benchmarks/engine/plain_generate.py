"""Times transformers' `generate` on the prompts of standard input; prints tokens and seconds."""

import json
import sys
import time

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer


def main() -> None:
    """Generates twice and times the second run."""
    checkpoint, cache = sys.argv[1:]
    request = json.load(sys.stdin)
    tokenizer = AutoTokenizer.from_pretrained(checkpoint, padding_side="left")
    model = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32)
    inputs = tokenizer(
        request["prompts"], return_tensors="pt", padding=True, return_token_type_ids=False
    )
    for _ in range(2):
        started = time.perf_counter()
        output = model.generate(
            **inputs,
            do_sample=True,
            top_k=0,
            num_return_sequences=request["n"],
            max_new_tokens=request["maxTokens"],
            **({"cache_implementation": "static"} if cache == "static" else {}),
        )
        seconds = time.perf_counter() - started
    new = output[:, inputs["input_ids"].shape[1] :]
    tokens = int((new != tokenizer.pad_token_id).sum())
    print(json.dumps({"tokens": tokens, "seconds": seconds}))


if __name__ == "__main__":
    main()
