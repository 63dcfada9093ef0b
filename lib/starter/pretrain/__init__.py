"""Pretrains the starter base model: tokenizer, curriculum, checkpoint."""
