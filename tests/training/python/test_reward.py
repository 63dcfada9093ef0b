"""Reward models: shared prefixes, held-out problems, and the checkpoint that servers load."""

import copy
import math
import tempfile
import unittest
from pathlib import Path

import torch
from tiny import group_rows, make_base, make_request, write_rows
from trainer.calibration import WIDENING, fit_calibration
from trainer.encoding import EncodedGroup, GroupCollator, encode_group
from trainer.failure import TrainingError
from trainer.losses import grouped_pairwise_loss
from trainer.reward import calibration_of, encoded_groups, ordered, ordered_of_round_1
from trainer.reward_model import load_reward_model, stock_classifier
from trainer.rows import PairGroup, Side
from trainer.run import scores_of
from trainer.split import held_out_problems, split
from trainer.tokenizer import load_tokenizer
from trainer.trained import HeldOut
from transformers import AutoModelForSequenceClassification

PROMPT = "<|user|>:\nAdd 3 and 4.\n<|assistant|>: Let's think step by step."
GROUPS = [
    PairGroup(
        "p",
        PROMPT,
        "step",
        [Side("<code>\nx = 3 + 4\n<end_of_step>", 1.0), Side("<code>\nx = 7\n<end_of_step>", 0.5)],
        [Side("<code>\nx = 3 * 4 * 5 * 6 * 7 * 8\n<end_of_step>", -1.0)],
    ),
    # One text is the beginning of the other.
    PairGroup("q", "<|user|>:\nHi", "step", [Side(" there", 1.0)], [Side(" there you are", -1.0)]),
]


def _group(
    problem: str, positives: int = 1, negatives: int = 1, number: int | None = None
) -> EncodedGroup:
    return EncodedGroup(problem, [1, 2], [[3]] * (positives + negatives), positives, [], number)


class SharedPrefixes(unittest.TestCase):
    """Solutions that are computed side by side are as if each stood alone."""

    def setUp(self) -> None:
        """A tiny base and its reward model."""
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.folder = Path(self.temporary.name)
        self.tokenizer = load_tokenizer(make_base(self.folder))
        self.request = make_request(self.folder, "ppm")
        torch.manual_seed(3)
        self.model = load_reward_model(self.request, self.tokenizer)
        self.collator = GroupCollator(int(self.tokenizer.pad_token_id))

    def test_a_group_is_a_tree_of_tokens(self) -> None:
        """Trunk and branch together are the tokens of the whole text."""
        for group in GROUPS:
            encoded = encode_group(group, self.tokenizer)
            sides = [*group.positives, *group.negatives]
            for side, branch in zip(sides, encoded.branches, strict=True):
                whole = self.tokenizer(group.prompt + side.text)["input_ids"]
                self.assertEqual(encoded.trunk + branch, whole)
                self.assertGreater(len(branch), 0)

    def test_scores_are_those_of_the_stock_classifier(self) -> None:
        """The checkpoint, loaded as servers load it, scores every whole text alike."""
        shell = stock_classifier(self.request, self.tokenizer)
        shell.save_pretrained(self.folder / "ppm", state_dict=self.model.state_dict())
        stock = AutoModelForSequenceClassification.from_pretrained(self.folder / "ppm").eval()
        self.model.eval()
        batch = self.collator([encode_group(group, self.tokenizer) for group in GROUPS])
        with torch.no_grad():
            scores = scores_of(self.model, batch).tolist()
            texts = [g.prompt + s.text for g in GROUPS for s in [*g.positives, *g.negatives]]
            alone = [stock(torch.tensor([self.tokenizer.encode(t)])).logits.item() for t in texts]
        self.assertEqual(batch["groups"], [(2, 1), (1, 1)])
        self.assertGreater(max(alone) - min(alone), 0.05)
        for one, other in zip(scores, alone, strict=True):
            self.assertAlmostEqual(one, other, places=5)

    def test_gradients_are_those_of_solutions_alone(self) -> None:
        """Sharing changes how much is computed and nothing else."""
        self.model.eval()
        other = copy.deepcopy(self.model)
        encoded = encode_group(GROUPS[0], self.tokenizer)
        batch = self.collator([encoded])
        grouped_pairwise_loss(scores_of(self.model, batch), batch["groups"]).backward()
        alone = [
            other(torch.tensor([encoded.trunk + branch])).logits[0, -1, 0]
            for branch in encoded.branches
        ]
        grouped_pairwise_loss(torch.stack(alone), [(2, 1)]).backward()
        for (name, one), two in zip(self.model.named_parameters(), other.parameters(), strict=True):
            with self.subTest(name):
                self.assertTrue(torch.allclose(one.grad, two.grad, atol=1e-6), name)

    def test_one_step_lowers_the_loss(self) -> None:
        """Optimisation goes downhill."""
        self.model.eval()
        batch = self.collator([encode_group(group, self.tokenizer) for group in GROUPS])
        before = grouped_pairwise_loss(scores_of(self.model, batch), batch["groups"])
        before.backward()
        torch.optim.AdamW(self.model.parameters(), lr=1e-3).step()
        after = grouped_pairwise_loss(scores_of(self.model, batch), batch["groups"])
        self.assertLess(after.item(), before.item())

    def test_dropout_is_on_the_head_and_only_in_training(self) -> None:
        """The paper's 0.1, whatever the base has."""
        self.assertEqual(self.model.dropout.p, 0.1)
        batch = self.collator([encode_group(GROUPS[0], self.tokenizer)])
        with torch.no_grad():
            self.model.train()
            noisy = [scores_of(self.model, batch) for _ in range(2)]
            self.model.eval()
            quiet = [scores_of(self.model, batch) for _ in range(2)]
        self.assertFalse(torch.equal(*noisy))
        self.assertTrue(torch.equal(*quiet))

    def test_kinds_train_on_what_is_theirs(self) -> None:
        """An outcome model on whole solutions, Q regression on values."""
        rows = [*group_rows(3), *group_rows(2, kind="final")]
        write_rows(self.folder, rows)
        for kind, count in (("ppm", 5), ("q_regression", 5), ("outcome", 2)):
            request = make_request(self.folder, kind)
            self.assertEqual(len(encoded_groups(request, self.tokenizer)[0]), count)
        write_rows(self.folder, group_rows(3))
        with self.assertRaisesRegex(TrainingError, 'expected groups of kind "final", got none'):
            encoded_groups(make_request(self.folder, "outcome"), self.tokenizer)
        del rows[0]["positives"][0]["q"]
        write_rows(self.folder, rows)
        with self.assertRaisesRegex(TrainingError, "expected a q for every text"):
            encoded_groups(make_request(self.folder, "q_regression"), self.tokenizer)

    def test_long_solutions_are_left_out_and_counted(self) -> None:
        """Never cut: half a solution says nothing."""
        rows = group_rows(3)
        rows[1]["positives"][0]["text"] *= 60
        write_rows(self.folder, rows)
        kept, too_long = encoded_groups(make_request(self.folder, "ppm"), self.tokenizer)
        self.assertEqual((len(kept), too_long), (2, 1))
        with self.assertRaisesRegex(TrainingError, "at most 16 tokens, got none; raise maxLength"):
            encoded_groups(make_request(self.folder, "ppm", maxLength=16), self.tokenizer)


class HeldOutProblems(unittest.TestCase):
    """How a reward model is judged."""

    def test_no_problem_is_on_both_sides(self) -> None:
        """Split by problem, by the seed, about as many as the share says."""
        groups = [_group(f"p{index % 600}") for index in range(3000)]
        train, held_out = split(groups, 0.1, 1)
        problems = {group.problem_id for group in held_out}
        self.assertTrue(40 < len(problems) < 80, len(problems))
        self.assertEqual((len(train), len(held_out)), (3000 - 5 * len(problems), 5 * len(problems)))
        self.assertFalse(problems & {group.problem_id for group in train})
        self.assertEqual(split(groups, 0.1, 1), (train, held_out))
        self.assertNotEqual(split(groups, 0.1, 2), (train, held_out))

    def test_few_problems_are_all_trained_on(self) -> None:
        """From twenty problems on, at least five are held out; a share of 0 holds out none."""
        few = [_group(f"p{index}") for index in range(19)]
        self.assertEqual(split(few, 0.1, 1), (few, []))
        for seed in range(20):
            held_out = split([*few, _group("q")], 0.1, seed)[1]
            self.assertTrue(5 <= len(held_out) < 20)
        self.assertEqual(split([*few, _group("q")], 0.0, 1)[1], [])

    def test_one_that_is_held_out_stays_so(self) -> None:
        """More problems and more rounds come; also where the share alone holds out too few."""
        for seed in range(20):
            data: list[EncodedGroup] = []
            places: dict[str, bool] = {}
            for number in range(1, 5):
                new = [
                    _group(f"p{(17 * number + index) % 90}", number=number) for index in range(25)
                ]
                # What is known of earlier rounds stays; some problems are searched again.
                data += new
                held_out = held_out_problems(data, 0.05, seed)
                self.assertGreaterEqual(len(held_out), 5)
                now = {group.problem_id: group.problem_id in held_out for group in data}
                self.assertEqual({**now, **places}, now, f"seed {seed}, round {number}")
                places = now

    def test_the_first_round_may_be_too_small(self) -> None:
        """The rounds that have twenty problems between them count as the first."""
        early = [_group(f"p{index}", number=1 + index // 10) for index in range(20)]
        self.assertEqual(held_out_problems(early[:10], 0.01, 1), set())
        held_out = held_out_problems(early, 0.01, 1)
        self.assertEqual(len(held_out), 5)
        later = [_group(f"q{index}", number=3) for index in range(30)]
        self.assertLessEqual(held_out, held_out_problems([*early, *later], 0.01, 1))

    def test_never_all_are_held_out(self) -> None:
        """Whatever their places are."""
        groups = [_group(f"p{index}") for index in range(20)]
        self.assertEqual(len(held_out_problems(groups, 1.0, 1)), 19)

    def test_pairs_of_round_1_are_counted_apart(self) -> None:
        """They alone are the same for all models of a run; data may not say what is theirs."""
        groups = [_group("p", number=1), _group("p", number=2), _group("q", number=1)]
        measured = ordered_of_round_1(groups, [[2.0, 1.0], [0.0, 1.0], [0.0, 1.0]])
        assert measured is not None
        self.assertEqual(measured, HeldOut(0.5, 2, 2))
        self.assertIsNone(ordered_of_round_1(groups[1:2], [[0.0, 1.0]]))
        self.assertIsNone(ordered_of_round_1([_group("p")], [[2.0, 1.0]]))

    def test_the_scale_says_what_it_was_fitted_on(self) -> None:
        """Wider on what was trained on; what stands in two parts of a group counts once."""
        parts = [
            EncodedGroup("p", [1], [[3], [4], [5]], 1, [], 1, 2 / 3),
            EncodedGroup("p", [1], [[6], [5]], 1, [], 1, 1 / 3),
            EncodedGroup("q", [2], [[3], [4]], 1, [], 1),
        ]
        scores = [[2.0, 0.5, -1.0], [1.0, -1.0], [0.0, 1.0]]
        fitted = fit_calibration([2.0, 1.0, 0.0], [0.5, -1.0, 1.0])
        assert fitted is not None
        held_out = calibration_of(parts, scores, is_held_out=True)
        trained = calibration_of(parts, scores, is_held_out=False)
        assert held_out is not None
        assert trained is not None
        self.assertEqual((held_out.b, held_out.tau), fitted)
        self.assertEqual((trained.b, trained.tau), (fitted[0], fitted[1] * WIDENING))
        self.assertEqual((held_out.fitted_on, trained.fitted_on), ("held-out", "training"))
        self.assertEqual((held_out.groups, held_out.problems), (2, 2))

    def test_accuracy_counts_problems_alike(self) -> None:
        """p: 1 of 1 pair; q: of four pairs one right, one tie."""
        groups = [_group("p"), _group("q", 2, 2)]
        measured = ordered(groups, [[2.0, 1.0], [0.0, 1.0, 1.0, 0.5]])
        # 0 > 1 no, 0 > 0.5 no, 1 > 1 tie, 1 > 0.5 yes.
        self.assertTrue(math.isclose(measured.pair_accuracy, (1 + 1.5 / 4) / 2))
        self.assertEqual((measured.pairs, measured.problems), (5, 2))


if __name__ == "__main__":
    unittest.main()
