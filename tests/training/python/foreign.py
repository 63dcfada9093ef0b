"""Small tokenizers that cut text by the rules of other models' families."""

from collections.abc import Sequence
from typing import Any

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

END = "<|endoftext|>"
BEGIN = "<|begin_of_text|>"

WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+"
REST = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"

RULES: dict[str, Any] = {
    "qwen2": rf"{WORDS}|\p{{N}}|{REST}",
    "llama3": rf"{WORDS}|\p{{N}}{{1,3}}|{REST}",
    "gpt2": None,
}
"""Pre-tokenizers as their `tokenizer.json` has them; GPT-2's is what ByteLevel does by itself."""


def foreign_tokenizer(name: str, corpus: Sequence[str]) -> Any:
    """A byte-level tokenizer with the rules of a family, trained on a corpus."""
    rule = RULES[name]
    tokenizer = Tokenizer(models.BPE())
    if rule is None:
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(rule), behavior="isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=2000,
        special_tokens=[END, BEGIN],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    # Pieces that occur once are no merge: every text counts several times.
    tokenizer.train_from_iterator([*corpus] * 3, trainer)
    if name == "llama3":
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{BEGIN} $A", special_tokens=[(BEGIN, tokenizer.token_to_id(BEGIN))]
        )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END, pad_token=END)
