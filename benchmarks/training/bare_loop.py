"""A bare PyTorch loop over the batches that the trainer makes of a request, for comparison.

Usage: bare_loop.py TRAINING_ROOM REQUEST; prints one JSON object.
"""

import json
import sys
import time
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM

sys.path.insert(0, sys.argv[1])

from trainer.encoding import TraceCollator, encode_trace  # found by the line above
from trainer.request import Request
from trainer.rows import read_traces
from trainer.sampler import LengthGroupedBatches
from trainer.tokenizer import load_tokenizer


def main() -> None:
    """Trains as the request says: AdamW, clipping, linear warm-up and decay, and nothing else."""
    request = Request.read(Path(sys.argv[2]))
    settings = request.settings
    torch.set_num_threads(settings.threads or torch.get_num_threads())
    tokenizer = load_tokenizer(request.base)
    rows = [row for trace in read_traces(request.data) for row in encode_trace(trace, tokenizer)]
    lengths = [len(row["input_ids"]) for row in rows]
    collate = TraceCollator(int(tokenizer.pad_token_id), packing=False)
    sampler = LengthGroupedBatches(lengths, settings.batch_size, request.seed)
    model = AutoModelForCausalLM.from_pretrained(
        request.base, dtype=torch.float32, use_safetensors=True, trust_remote_code=False
    ).train()
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    epochs = round(settings.epochs)
    steps = epochs * -(-len(rows) // settings.batch_size)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / settings.warmup_steps, (steps - step) / steps)
    )
    started = time.monotonic()
    for epoch in range(epochs):
        sampler.set_epoch(epoch)
        order = list(sampler)
        for start in range(0, len(order), settings.batch_size):
            batch = collate([rows[index] for index in order[start : start + settings.batch_size]])
            model(**batch, use_cache=False).loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), settings.max_grad_norm)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
    seconds = time.monotonic() - started
    print(json.dumps({"tokens": epochs * sum(lengths), "seconds": seconds}))


if __name__ == "__main__":
    main()
