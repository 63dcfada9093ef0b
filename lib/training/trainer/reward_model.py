"""The model behind a PPM: a policy whose last layer is one number per token.

It is trained as a token classifier, whose dropout and linear head are what the paper describes and
whose scores of all positions let several solutions share a row. It is saved as the sequence
classifier with the same weights, which takes the score of the last token: what servers load.
"""

from typing import Any

import torch
from model_process.untrusted import FILES_ONLY, TENSORS_ONLY, explain_refusal
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
)

from .failure import TrainingError
from .request import Request


def load_reward_model(request: Request, tokenizer: Any) -> Any:
    """The policy with a fresh scalar head, in float32.

    Raises:
        TrainingError: If the folder holds no policy, or one of a kind without such a classifier.
    """
    try:
        config = _config(request, tokenizer)
        config.classifier_dropout = request.settings.head_dropout
        config.token_classification_bias = False
        config.use_cache = False
        model, report = AutoModelForTokenClassification.from_pretrained(
            request.base,
            config=config,
            dtype=torch.float32,
            attn_implementation="sdpa",
            output_loading_info=True,
            **TENSORS_ONLY,
        )
    except (OSError, ValueError, KeyError) as error:
        reason = explain_refusal(request.base, error)
        raise TrainingError("model", f"Cannot load the model {request.base}: {reason}") from error
    missing = sorted(set(report["missing_keys"]) - {"score.weight"})
    if missing:
        raise TrainingError(
            "model",
            f"Cannot train {request.base} as a reward model: its weights lack {missing[0]}",
        )
    if set(model.state_dict()) != set(stock_classifier(request, tokenizer).state_dict()):
        raise TrainingError(
            "model",
            f"Cannot train {request.base} as a reward model: transformers has no classifier with "
            f"a plain linear head for {type(model).__name__}",
        )
    return model


def stock_classifier(request: Request, tokenizer: Any) -> Any:
    """The model's form for serving, without weights."""
    with torch.device("meta"):
        return AutoModelForSequenceClassification.from_config(
            _config(request, tokenizer), trust_remote_code=False
        )


def _config(request: Request, tokenizer: Any) -> Any:
    config = AutoConfig.from_pretrained(request.base, num_labels=1, **FILES_ONLY)
    # Without it the head would look at padding instead of the last token.
    config.pad_token_id = tokenizer.pad_token_id
    return config
