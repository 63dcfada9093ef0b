"""The starter tokenizer: byte-level BPE, single digits, the format's special tokens."""

from collections.abc import Iterable, Sequence

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

END_OF_SEQUENCE = "<|endoftext|>"
PADDING = "<|pad|>"


def train_tokenizer(
    texts: Iterable[str], special_tokens: Sequence[str], vocabulary_size: int
) -> PreTrainedTokenizerFast:
    """Trains the tokenizer.

    Digits stay single, because a model of this size copies numbers digit by digit or not at all.
    Nothing is added before a text: a prompt is encoded the same alone and in front of a response.

    Args:
        texts: Prompts and responses.
        special_tokens: Tokens of the trajectory format, in the order of their ids.
        vocabulary_size: Size of the vocabulary, special tokens included.

    Returns:
        A tokenizer that ``AutoTokenizer`` can load once saved.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    specials = [
        AddedToken(text, special=True, normalized=False)
        for text in (END_OF_SEQUENCE, PADDING, *special_tokens)
    ]
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary_size,
        special_tokens=specials,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END_OF_SEQUENCE,
        pad_token=PADDING,
        additional_special_tokens=list(special_tokens),
        clean_up_tokenization_spaces=False,
        model_max_length=4096,
        padding_side="left",
    )
