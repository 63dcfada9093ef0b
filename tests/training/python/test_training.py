"""Whole trainings of a tiny model, in this process."""

import io
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from safetensors.torch import load_file
from tiny import group_rows, make_base, make_request, silent, trace_rows, write_rows
from trainer import run
from trainer.events import Events
from trainer.failure import TrainingError, named_failure
from trainer.main import train
from trainer.request import Kind, Request
from trainer.sampler import LengthGroupedBatches
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification


class Trainings(unittest.TestCase):
    """From request to checkpoint."""

    def setUp(self) -> None:
        """A tiny base."""
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.folder = Path(self.temporary.name)
        make_base(self.folder)

    def summary(self, name: str = "out") -> dict[str, Any]:
        """Summary that a checkpoint holds."""
        row: dict[str, Any] = json.loads((self.folder / name / "rstar.json").read_text())
        return row

    def weights(self, name: str) -> dict[str, torch.Tensor]:
        """Weights of a checkpoint."""
        tensors: dict[str, torch.Tensor] = load_file(self.folder / name / "model.safetensors")
        return tensors

    def test_an_interrupted_training_ends_where_a_whole_one_does(self) -> None:
        """Weights, order of the data and the curve; what another training left is not taken."""
        write_rows(self.folder, trace_rows(22))
        train(make_request(self.folder, "sft", "whole", saveSteps=4), silent())
        self.assertEqual(
            sorted(p.name for p in self.folder.glob("whole*")), ["whole", "whole.json"]
        )
        request = make_request(self.folder, "sft", "cut", saveSteps=4)
        self.interrupted(request, after=9)
        shutil.copytree(request.work, self.folder / "other.work")
        # It also died while it wrote a state.
        (request.work / "checkpoint-12").mkdir()
        (request.work / "checkpoint-12" / "model.safetensors").write_bytes(b"torn")
        batches, notices = self.trained(request)
        self.assertEqual(batches, 12 - 8, "went on after step 8 of 12")
        self.assertEqual(notices[0], "going on from the state of step 8")
        whole, cut = self.weights("whole"), self.weights("cut")
        self.assertTrue(all(torch.equal(whole[name], cut[name]) for name in whole))
        self.assertEqual(self.summary("whole")["curve"], self.summary("cut")["curve"])
        other = make_request(self.folder, "sft", "other", saveSteps=4, learningRate=1e-3)
        batches, notices = self.trained(other)
        self.assertEqual(batches, 12, "begins anew")
        self.assertEqual(
            notices,
            ["beginning anew: the state of step 8 is of a training with another learningRate"],
        )

    def test_a_state_is_gone_on_from_with_settings_that_take_less_memory(self) -> None:
        """The cure of an exhausted memory; also where batches that are not full end an epoch."""
        write_rows(self.folder, trace_rows(22))
        self.ends_alike("sft")
        write_rows(self.folder, group_rows(23))
        self.ends_alike("ppm", heldOut=0, headDropout=0.0)

    def ends_alike(self, kind: Kind, **settings: object) -> None:
        """Trains with whole batches, dies in the second epoch, and goes on with half batches."""
        settings = {"saveSteps": 4, "deviceBatchSize": 4, **settings}
        train(make_request(self.folder, kind, f"whole-{kind}", **settings), silent())
        self.interrupted(make_request(self.folder, kind, f"cut-{kind}", **settings), after=9)
        smaller = {**settings, "deviceBatchSize": 2, "gradientCheckpointing": True}
        batches, notices = self.trained(make_request(self.folder, kind, f"cut-{kind}", **smaller))
        self.assertEqual(notices[0], "going on from the state of step 8")
        left = (22 if kind == "sft" else 23) - 2 * 4
        self.assertEqual(batches, math.ceil(left / 2), "what was left of the second epoch")
        whole, cut = self.weights(f"whole-{kind}"), self.weights(f"cut-{kind}")
        for name, weights in whole.items():
            self.assertTrue(torch.allclose(weights, cut[name], atol=1e-4), name)

    def interrupted(self, request: Request, after: int) -> None:
        """A training that dies when it is to compute its n-th batch."""
        with self.assertRaises(KeyboardInterrupt):
            self.trained(request, dies_at=after + 1)
        self.assertFalse(request.output.exists())

    def trained(self, request: Request, dies_at: int | None = None) -> tuple[int, list[str]]:
        """Trains; how many batches were computed, and what a person was told."""
        step = run.PolicyTrainer.training_step
        batches = 0

        def counting(trainer: Any, *args: Any, **options: Any) -> Any:
            nonlocal batches
            batches += 1
            if batches == dies_at:
                raise KeyboardInterrupt
            return step(trainer, *args, **options)

        stream = io.StringIO()
        with mock.patch.object(run.PolicyTrainer, "training_step", counting):
            train(request, Events(stream))
        events = [json.loads(line) for line in stream.getvalue().splitlines()]
        return batches, [event["message"] for event in events if event["event"] == "notice"]

    def test_every_reward_model_learns_and_loads(self) -> None:
        """Loss falls; bfloat16, recomputed activations and accumulated gradients work together."""
        write_rows(self.folder, [*group_rows(60), *group_rows(60, kind="final")])
        for kind in ("ppm", "outcome", "q_regression"):
            with self.subTest(kind):
                options = {"bf16": True, "gradientCheckpointing": True, "deviceBatchSize": 2}
                train(make_request(self.folder, kind, kind, **options), silent())
                summary = self.summary(kind)
                losses = [point["loss"] for point in summary["curve"]]
                self.assertLess(sum(losses[-5:]), sum(losses[:5]))
                calibration, held_out = summary["calibration"], summary["heldOut"]
                self.assertGreater(calibration["tau"], 0)
                self.assertEqual(calibration["fittedOn"], "held-out")
                self.assertEqual(calibration["problems"], held_out["problems"])
                self.assertGreaterEqual(held_out["problems"], 5)
                self.assertGreater(held_out["round1"]["pairs"], 0)
                self.assertLess(held_out["round1"]["pairs"], held_out["pairs"])
                model = AutoModelForSequenceClassification.from_pretrained(self.folder / kind)
                self.assertEqual(model.dtype, torch.bfloat16)

    def test_a_scale_of_what_was_trained_on_is_told(self) -> None:
        """Too few problems to hold any out, or none wanted; the paper's loss has its own scale."""
        write_rows(self.folder, group_rows(12))
        _, notices = self.trained(make_request(self.folder, "ppm", "few", maxSteps=2))
        self.assertIn("fitted on 12 groups of 12 problems that it was trained on", notices[-1])
        calibration = self.summary("few")["calibration"]
        self.assertEqual((calibration["fittedOn"], calibration["groups"]), ("training", 12))
        write_rows(self.folder, group_rows(30))
        for name, options in (("none", {"heldOut": 0}), ("own", {"heldOut": 0, "tanh": True})):
            request = make_request(self.folder, "ppm", name, maxSteps=2, **options)
            _, notices = self.trained(request)
            fitted_on = None if name == "own" else "training"
            self.assertEqual(self.summary(name)["calibration"]["fittedOn"], fitted_on)
            self.assertEqual(len(notices), 0 if name == "own" else 1)

    def test_one_process_trains_on_one_of_several_devices(self) -> None:
        """nn.DataParallel would multiply the batch; what lies idle is said."""
        write_rows(self.folder, trace_rows(8))

        def four(given: Any) -> torch.device:
            given._n_gpu = 4
            return torch.device("cpu")

        with mock.patch.object(run.TrainingArguments, "_setup_devices", property(four)):
            given = run.arguments(make_request(self.folder, "sft"), 8)
            self.assertEqual(given.n_gpu, 1)
        with mock.patch.object(torch.cuda, "device_count", return_value=4):
            _, notices = self.trained(make_request(self.folder, "sft", "told", maxSteps=1))
        self.assertIn("training on one of 4 GPUs", notices[0])

    def test_every_process_of_several_says_what_failed(self) -> None:
        """Only the main one has events; the others' standard error is what a launcher shows."""
        write_rows(self.folder, trace_rows(4))
        make_request(self.folder, "sft", deviceBatchSize=3)
        trainer = Path(run.__file__).parent
        ended = subprocess.run(  # our own trainer
            [sys.executable, "-B", str(trainer), str(self.folder / "out.json")],
            env={**os.environ, "RANK": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual((ended.returncode, ended.stdout), (3, ""))
        self.assertIn("batchSize 4: expected a multiple of 3", ended.stderr)

    def test_adapters_learn_and_are_merged(self) -> None:
        """A checkpoint of LoRA is one like any other, and other than its base."""
        lora = {"rank": 4, "alpha": 8, "dropout": 0.0}
        write_rows(self.folder, trace_rows(40))
        train(make_request(self.folder, "sft", "sft", lora=lora), silent())
        losses = [point["loss"] for point in self.summary("sft")["curve"]]
        self.assertLess(sum(losses[-3:]), sum(losses[:3]))
        names = set(self.weights("sft"))
        self.assertFalse([name for name in names if "lora" in name or "base_layer" in name])
        AutoModelForCausalLM.from_pretrained(self.folder / "sft")
        write_rows(self.folder, [*group_rows(60), *group_rows(60, kind="final")])
        train(make_request(self.folder, "ppm", "ppm", lora=lora), silent())
        losses = [point["loss"] for point in self.summary("ppm")["curve"]]
        self.assertLess(sum(losses[-5:]), sum(losses[:5]))
        model = AutoModelForSequenceClassification.from_pretrained(self.folder / "ppm")
        self.assertGreater(float(model.score.weight.detach().abs().max()), 0)

    def test_steps_can_be_counted_instead_of_epochs(self) -> None:
        """So that arms of an ablation do the same number of them."""
        write_rows(self.folder, trace_rows(10))
        train(make_request(self.folder, "sft", maxSteps=7), silent())
        self.assertEqual(self.summary()["steps"], 7)

    def test_accumulated_batches_are_one_batch(self) -> None:
        """The mean is over the tokens of the whole batch, however it is cut."""
        write_rows(self.folder, trace_rows(8))
        for size in (4, 1):
            train(make_request(self.folder, "sft", f"by{size}", deviceBatchSize=size), silent())
        whole, cut = self.weights("by4"), self.weights("by1")
        for name, weights in whole.items():
            self.assertTrue(torch.allclose(weights, cut[name], atol=2e-3), name)
        self.assertAlmostEqual(
            self.summary("by4")["curve"][0]["loss"], self.summary("by1")["curve"][0]["loss"], 4
        )

    def test_says_what_settings_cannot_be(self) -> None:
        """A batch that cannot be divided, and LoRA without peft."""
        write_rows(self.folder, trace_rows(4))
        with self.assertRaisesRegex(TrainingError, "batchSize 4: expected a multiple of 3"):
            train(make_request(self.folder, "sft", deviceBatchSize=3), silent())
        lora = {"rank": 4, "alpha": 8, "dropout": 0.0}
        with (
            mock.patch.dict(sys.modules, {"peft": None}),
            self.assertRaisesRegex(TrainingError, "expected the package peft"),
        ):
            train(make_request(self.folder, "sft", lora=lora), silent())

    def test_weights_that_are_no_numbers_are_not_written(self) -> None:
        """The last step can break what every loss before it did not show."""
        write_rows(self.folder, trace_rows(4))
        request = make_request(self.folder, "sft", maxSteps=1, learningRate=math.inf)
        with self.assertRaisesRegex(TrainingError, "after step 1: .* is not finite"):
            train(request, silent())
        self.assertFalse(request.output.exists())


class Failures(unittest.TestCase):
    """Exceptions that have a name for a person."""

    def test_memory_and_disk(self) -> None:
        """Of the GPU, of the CPU, of Python; of the system and of the writer of tensors."""
        cpu = RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 B")
        for error in (MemoryError(), torch.OutOfMemoryError("CUDA out of memory"), cpu):
            failure = named_failure(error, "m")
            assert failure is not None
            self.assertEqual(failure.kind, "memory")
            self.assertIn("take a smaller deviceBatchSize", str(failure))
        full = OSError(28, "No space left on device")
        texts = (
            "I/O error: No space left on device (os error 28)",
            "[enforce fail at inline_container.cc:603] . PytorchStreamWriter failed writing file",
            "[enforce fail at inline_container.cc:664] . unexpected pos 320 vs 214",
        )
        for other in (full, *map(RuntimeError, texts)):
            failure = named_failure(other, "m")
            assert failure is not None
            self.assertEqual(failure.kind, "disk")

    def test_nothing_else_is_given_a_name(self) -> None:
        """A fault of ours stays a traceback."""
        self.assertIsNone(named_failure(RuntimeError("shapes do not match"), "m"))


class Order(unittest.TestCase):
    """The order in which rows are trained on."""

    def test_is_a_seeded_order_of_all_rows_in_batches_of_like_length(self) -> None:
        """Also when the last batch is not full, which then comes last."""
        lengths = [(index * 37) % 101 for index in range(70)]
        sampler = LengthGroupedBatches(lengths, 8, seed=1)
        order = list(sampler)
        self.assertEqual(sorted(order), list(range(70)))
        self.assertEqual(order, list(sampler))
        spans = [
            max(lengths[i] for i in order[start : start + 8])
            - min(lengths[i] for i in order[start : start + 8])
            for start in range(0, 64, 8)
        ]
        self.assertLess(max(spans), 20)
        means = [sum(lengths[i] for i in order[start : start + 8]) for start in range(0, 64, 8)]
        self.assertNotIn(means, (sorted(means), sorted(means, reverse=True)))
        sampler.set_epoch(1)
        self.assertNotEqual(order, list(sampler))


if __name__ == "__main__":
    unittest.main()
