"""A checkpoint that strangers made runs no code when it is served."""

import json
import pickle
import shutil
import tempfile
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from server.checkpoint import load_policy, load_ppm
from server.errors import StartError

STARTER = Path(__file__).parents[3] / "fixtures" / "starter" / "base"
CPU = torch.device("cpu")


class Trap:
    """Leaves a mark when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        """Name the mark."""
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Path]]:
        """Make the file of the mark."""
        return Path.touch, (self.mark,)


class UntrustedTest(unittest.TestCase):
    """Pickles, and Python beside the weights."""

    def setUp(self) -> None:
        """A copy of the starter's base, and the mark that no code may leave."""
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name) / "model"
        shutil.copytree(STARTER, self.folder)
        self.mark = Path(temporary.name) / "ran"

    def test_pickled_weights_end_with_one_sentence(self) -> None:
        """They are not read; the cure is named."""
        (self.folder / "model.safetensors").unlink()
        (self.folder / "pytorch_model.bin").write_bytes(pickle.dumps(Trap(self.mark)))
        for load in (load_policy, load_ppm):
            with self.assertRaises(StartError) as raised:
                load(self.folder, CPU)
            self.assertRegex(str(raised.exception), r"a pickle .*convert it to safetensors")
            self.assertNotIn("\n", str(raised.exception))
        self.assertFalse(self.mark.exists())

    def test_code_beside_the_weights_is_not_run(self) -> None:
        """Known kinds are served by the class that transformers has; others are refused."""
        source = f"import pathlib\npathlib.Path({str(self.mark)!r}).touch()\n"
        (self.folder / "planted.py").write_text(source)
        path = self.folder / "config.json"
        config = json.loads(path.read_text())
        names = ("AutoConfig", "AutoModelForCausalLM", "AutoModelForSequenceClassification")
        config["auto_map"] = dict.fromkeys(names, "planted.Planted")
        path.write_text(json.dumps(config))
        self.assertGreater(load_policy(self.folder, CPU).parameters, 0)
        path.write_text(json.dumps({**config, "model_type": "planted"}))
        for load in (load_policy, load_ppm):
            with self.assertRaisesRegex(StartError, "no code of a checkpoint is run"):
                load(self.folder, CPU)
        self.assertFalse(self.mark.exists())


if __name__ == "__main__":
    unittest.main()
