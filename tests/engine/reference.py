"""Reference output of transformers: greedy continuations and logits, for comparison.

Usage: reference.py KIND CHECKPOINT < JSON list of texts; KIND is `greedy` (24 tokens) or `score`.
"""

import json
import sys

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
)


def main() -> None:
    """Prints one JSON value per text, as a list."""
    kind, checkpoint = sys.argv[1:]
    texts = json.load(sys.stdin)
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    loader = AutoModelForCausalLM if kind == "greedy" else AutoModelForSequenceClassification
    model = loader.from_pretrained(checkpoint, dtype=torch.float32).eval()
    results = []
    with torch.inference_mode():
        for text in texts:
            ids = tokenizer(text, return_tensors="pt")["input_ids"]
            if kind == "greedy":
                output = model.generate(ids, do_sample=False, max_new_tokens=24)
                results.append(output[0, ids.shape[1] :].tolist())
            else:
                results.append(model(input_ids=ids).logits[0, 0].item())
    print(json.dumps(results))


if __name__ == "__main__":
    main()
