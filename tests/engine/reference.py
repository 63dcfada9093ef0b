"""Reference output of transformers: greedy continuations, logits, log-probabilities.

Usage: reference.py KIND CHECKPOINT < JSON list; KIND is `greedy` (24 tokens of each text), `score`
(of each text), or `logprobs`: of each pair of prompt and continuation, both as tokens, the natural
logarithms of the probabilities of all tokens at each place of the continuation, the likeliest 20.
"""

import json
import sys
from typing import Any

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
)


def logprobs(model: Any, prompt: list[int], continuation: list[int]) -> list[Any]:
    """Per token of the continuation: its log-probability, and the likeliest tokens with theirs."""
    logits = model(input_ids=torch.tensor([prompt + continuation])).logits[0]
    places = logits[len(prompt) - 1 : -1].double().log_softmax(-1)
    own = places.gather(-1, torch.tensor(continuation)[:, None])[:, 0].tolist()
    top = places.topk(20, dim=-1)
    return list(zip(own, top.indices.tolist(), top.values.tolist(), strict=True))


def main() -> None:
    """Prints one JSON value per text, as a list."""
    kind, checkpoint = sys.argv[1:]
    texts = json.load(sys.stdin)
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    loader = AutoModelForSequenceClassification if kind == "score" else AutoModelForCausalLM
    model = loader.from_pretrained(checkpoint, dtype=torch.float32).eval()
    results = []
    with torch.inference_mode():
        for text in texts:
            if kind == "logprobs":
                results.append(logprobs(model, *text))
                continue
            ids = tokenizer(text, return_tensors="pt")["input_ids"]
            if kind == "greedy":
                output = model.generate(ids, do_sample=False, max_new_tokens=24)
                results.append(output[0, ids.shape[1] :].tolist())
            else:
                results.append(model(input_ids=ids).logits[0, 0].item())
    print(json.dumps(results))


if __name__ == "__main__":
    main()
