"""A base that strangers made runs no code, in whatever way it is loaded."""

import json
import pickle
import tempfile
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tiny import make_base, make_request
from trainer.failure import TrainingError
from trainer.policy import load_policy
from trainer.request import Request
from trainer.reward_model import load_reward_model
from trainer.tokenizer import load_tokenizer


class Trap:
    """Leaves a mark when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        """Name the mark."""
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Path]]:
        """Make the file of the mark."""
        return Path.touch, (self.mark,)


def whole_policy(request: Request, tokenizer: Any) -> Any:
    """The policy, without new tokens."""
    return load_policy(request, tokenizer, {})


class Untrusted(unittest.TestCase):
    """Pickles, and Python beside the weights."""

    def setUp(self) -> None:
        """A tiny base, and the mark that no code may leave."""
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        self.base = make_base(self.folder)
        self.mark = self.folder / "ran"

    def messages(self) -> list[str]:
        """Message of each way of loading the weights."""
        request = make_request(self.folder, "sft")
        tokenizer = load_tokenizer(self.base)
        found = []
        for load in (whole_policy, load_reward_model):
            with self.assertRaises(TrainingError) as raised:
                load(request, tokenizer)
            found.append(str(raised.exception))
        return found

    def edit(self, file: str, **fields: object) -> None:
        """Change fields of a file of JSON."""
        path = self.base / file
        path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))

    def test_pickled_weights_end_with_one_sentence(self) -> None:
        """They are not read; the cure is named."""
        (self.base / "model.safetensors").unlink()
        (self.base / "pytorch_model.bin").write_bytes(pickle.dumps(Trap(self.mark)))
        for message in self.messages():
            self.assertRegex(
                message, r'a pickle \("pytorch_model.bin"\).*convert it to safetensors'
            )
            self.assertNotIn("\n", message)
        self.assertFalse(self.mark.exists())

    def test_a_pickle_beside_tensors_is_not_read(self) -> None:
        """Many checkpoints hold both."""
        (self.base / "pytorch_model.bin").write_bytes(pickle.dumps(Trap(self.mark)))
        (self.base / "training_args.bin").write_bytes(pickle.dumps(Trap(self.mark)))
        whole_policy(make_request(self.folder, "sft"), load_tokenizer(self.base))
        self.assertFalse(self.mark.exists())

    def plant(self) -> None:
        """Lay Python beside the weights, and name it wherever it may be named."""
        source = f"import pathlib\npathlib.Path({str(self.mark)!r}).touch()\n"
        (self.base / "planted.py").write_text(source)
        names = ("AutoConfig", "AutoModelForCausalLM", "AutoModelForTokenClassification")
        self.edit("config.json", auto_map=dict.fromkeys(names, "planted.Planted"))
        self.edit("tokenizer_config.json", auto_map={"AutoTokenizer": ["planted.A", "planted.B"]})

    def test_code_beside_known_weights_is_not_run(self) -> None:
        """The class that transformers has is taken."""
        self.plant()
        request, tokenizer = make_request(self.folder, "sft"), load_tokenizer(self.base)
        whole_policy(request, tokenizer)
        load_reward_model(request, tokenizer)
        self.assertFalse(self.mark.exists())

    def test_a_model_that_needs_code_of_its_own_is_refused(self) -> None:
        """With our sentence, which does not tell to trust it."""
        tokenizer = load_tokenizer(self.base)
        self.plant()
        self.edit("config.json", model_type="planted")
        request = make_request(self.folder, "sft")
        for load in (whole_policy, load_reward_model):
            with self.assertRaisesRegex(TrainingError, "no code of a checkpoint is run"):
                load(request, tokenizer)
        self.assertFalse(self.mark.exists())


if __name__ == "__main__":
    unittest.main()
