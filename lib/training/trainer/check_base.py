"""Whether a model can be trained at all, asked before hours of search make its data."""

import sys
from collections.abc import Sequence
from pathlib import Path

from .events import Events, take_standard_output
from .failure import TrainingError


def check_base(folder: Path, tokens: Sequence[str]) -> int:
    """Says what training would say of the tokenizer of a base, and of the kind of its weights.

    Args:
        folder: The base.
        tokens: The format's special tokens.

    Returns:
        The exit code: 3 after the event of a failure.
    """
    events = Events(take_standard_output())
    # It takes seconds to load, transformers loads it where it can, and no tokenizer needs it.
    sys.modules["torch"] = None  # type: ignore[assignment]
    from model_process.untrusted import pickled_weights

    from .tokenizer import add_special_tokens, load_tokenizer

    try:
        add_special_tokens(load_tokenizer(folder), tokens)
        fault = pickled_weights(folder)
        if fault is not None:
            raise TrainingError("model", f"Cannot load the model {folder}: {fault}")
    except TrainingError as error:
        events.say("failed", kind=error.kind, message=str(error))
        return 3
    return 0
