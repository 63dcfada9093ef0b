"""Writes a PPM with a random head over a checkpoint: what a real server scores, transformers can.

Usage: make_ppm.py CHECKPOINT FOLDER
"""

import sys

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer


def main() -> None:
    """Writes the checkpoint."""
    checkpoint, folder = sys.argv[1:]
    torch.manual_seed(1)
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    model = AutoModelForSequenceClassification.from_pretrained(
        checkpoint, num_labels=1, pad_token_id=tokenizer.pad_token_id, dtype=torch.float32
    )
    # Wide enough that a sigmoid would be seen.
    torch.nn.init.normal_(model.score.weight, std=0.3)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


if __name__ == "__main__":
    main()
