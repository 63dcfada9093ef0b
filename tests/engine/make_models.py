"""Writes tiny random checkpoints for the engine's tests and benchmark.

Usage: make_models.py FOLDER; makes FOLDER/{starter,qwen2,neox,ppm}.
"""

import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    LlamaForSequenceClassification,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
)

SPECIAL_TOKENS = ["<pad>", "</s>", "<code>", "<end_of_step>", "<end_of_code>", "<|user|>"]


def make_tokenizer() -> PreTrainedTokenizerFast:
    """Bytes, one token each, and special tokens; no text is unknown."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    backend = Tokenizer(
        models.BPE(vocab={letter: i for i, letter in enumerate(alphabet)}, merges=[])
    )
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        pad_token="<pad>",
        eos_token="</s>",
        additional_special_tokens=SPECIAL_TOKENS[2:],
    )


def main() -> None:
    """Writes the checkpoints."""
    root = Path(sys.argv[1])
    torch.manual_seed(1)
    tokenizer = make_tokenizer()
    ids = {
        "pad_token_id": tokenizer.pad_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "bos_token_id": None,
    }
    starter = LlamaConfig(
        vocab_size=576,
        hidden_size=128,
        intermediate_size=384,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=1,
        max_position_embeddings=4096,
        tie_word_embeddings=True,
        **ids,
    )
    small = {
        "vocab_size": len(tokenizer),
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "max_position_embeddings": 512,
        # Wide enough that random logits are not all alike.
        "initializer_range": 0.2,
    }
    checkpoints = {
        "starter": LlamaForCausalLM(starter),
        "qwen2": Qwen2ForCausalLM(Qwen2Config(**small, **ids, num_key_value_heads=2)),
        "neox": GPTNeoXForCausalLM(GPTNeoXConfig(**small, **ids)),
        "ppm": LlamaForSequenceClassification(
            LlamaConfig(**small, **ids, num_key_value_heads=2, num_labels=1)
        ),
    }
    for name, model in checkpoints.items():
        model.save_pretrained(root / name)
        tokenizer.save_pretrained(root / name)


if __name__ == "__main__":
    main()
