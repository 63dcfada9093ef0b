"""Command: ``python -m pretrain SPECIFICATION``, a JSON file; progress goes to standard error."""

import copy
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from .examples import encode, read_texts
from .model import new_model
from .tokenizer import train_tokenizer
from .train import Stage, train_stage

TOKENIZER_TEXTS = 4000
"""Examples of each corpus that the tokenizer sees; more do not change it."""


@dataclass(frozen=True)
class Specification:
    """Specification of the pretraining; written by the harness.

    The foundation is trained once; every branch continues a copy of it and gives one checkpoint.
    """

    special_tokens: list[str]
    unsampled: tuple[str, str]
    vocabulary_size: int
    batch_size: int
    threads: int
    seed: int
    foundation: dict[str, Any]
    branches: list[dict[str, Any]]

    @staticmethod
    def read(path: Path) -> "Specification":
        """Reads the file that the harness wrote."""
        row = json.loads(path.read_text(encoding="utf-8"))
        first, last = row["unsampled"]
        return Specification(
            special_tokens=row["specialTokens"],
            unsampled=(first, last),
            vocabulary_size=row["vocabularySize"],
            batch_size=row["batchSize"],
            threads=row["threads"],
            seed=row["seed"],
            foundation=row["foundation"],
            branches=row["branches"],
        )

    def stage(self, row: dict[str, Any]) -> Stage:
        """The stage that a row of the file describes."""
        return Stage(row["name"], row["learningRate"], self.batch_size, self.seed)


def say(text: str) -> None:
    """Report progress."""
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    """Trains the tokenizer, the foundation and the branches; writes their checkpoint folders."""
    specification = Specification.read(Path(sys.argv[1]))
    torch.set_num_threads(specification.threads)
    torch.manual_seed(specification.seed)
    rows = [specification.foundation, *specification.branches]
    corpora = {row["name"]: read_texts(Path(row["corpus"])) for row in rows}
    texts = [text for corpus in corpora.values() for text in corpus[:TOKENIZER_TEXTS]]
    say(f"training the tokenizer on {len(texts)} texts")
    tokenizer = train_tokenizer(
        (part for text in texts for part in (text.prompt, text.response)),
        specification.special_tokens,
        specification.vocabulary_size,
    )
    foundation = new_model(tokenizer)
    losses = {}
    for row in rows:
        model = foundation if row is specification.foundation else copy.deepcopy(foundation)
        say(f"{row['name']}: encoding {len(corpora[row['name']])} texts")
        examples = [
            encode(text, tokenizer, specification.unsampled) for text in corpora[row["name"]]
        ]
        padding = int(tokenizer.pad_token_id)
        losses[row["name"]] = train_stage(model, examples, specification.stage(row), padding)
        if row is not specification.foundation:
            model.save_pretrained(row["outFolder"])
            tokenizer.save_pretrained(row["outFolder"])
    print(json.dumps({"losses": losses, "parameters": foundation.num_parameters()}))


if __name__ == "__main__":
    main()
