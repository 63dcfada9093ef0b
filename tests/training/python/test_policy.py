"""Tests of what carries loss, and what does not; with a tiny random model."""

import copy
import unittest
from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken
from trainer.encoding import IGNORED, TraceCollator, encode_trace
from trainer.failure import TrainingError
from trainer.rows import Part, Trace
from trainer.tokenizer import add_special_tokens, load_tokenizer
from transformers import LlamaConfig, LlamaForCausalLM

BASE = Path(__file__).parents[3] / "fixtures" / "starter" / "base"
PROMPT = "<|user|>:\nWhat is 2 + 3?\n<|assistant|>: Let's think step by step and solve the problem."
TRACE = Trace(
    "p",
    PROMPT,
    [
        Part("\n<code>\nprint(2 + 3)\n<end_of_code>", train=True),
        Part("\n<output>5<end_of_output>\n", train=False),
        Part("<answer>The answer is \\boxed{5}.\n<end_of_answer>", train=True),
    ],
)


def _tiny(tokenizer: Any) -> LlamaForCausalLM:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        pad_token_id=int(tokenizer.pad_token_id),
    )
    return LlamaForCausalLM(config)


class Encoding(unittest.TestCase):
    """Traces to tokens."""

    def setUp(self) -> None:
        """The starter's tokenizer."""
        self.tokenizer = load_tokenizer(BASE)

    def test_loss_is_on_what_the_policy_writes(self) -> None:
        """Labels decode to the trained parts and the end of sequence; ids to the whole text."""
        [row] = encode_trace(TRACE, self.tokenizer)
        whole = "".join([PROMPT, *(part.text for part in TRACE.response)])
        self.assertEqual(self.tokenizer.decode(row["input_ids"]), whole + "<|endoftext|>")
        learnt = [label for label in row["labels"] if label != IGNORED]
        self.assertEqual(
            self.tokenizer.decode(learnt),
            TRACE.response[0].text + TRACE.response[2].text + "<|endoftext|>",
        )

    def test_prompts_and_outputs_carry_no_gradient(self) -> None:
        """Logits are only pulled where the next token is learnt."""
        model = _tiny(self.tokenizer)
        batch = TraceCollator(int(self.tokenizer.pad_token_id), packing=False)(
            encode_trace(TRACE, self.tokenizer)
        )
        output = model(**batch)
        output.logits.retain_grad()
        output.loss.backward()
        pulled = (output.logits.grad[0].abs().sum(-1) > 0)[:-1]
        self.assertEqual(pulled.tolist(), (batch["labels"][0, 1:] != IGNORED).tolist())

    def test_one_step_lowers_the_loss(self) -> None:
        """Optimisation goes downhill."""
        model = _tiny(self.tokenizer)
        batch = TraceCollator(0, packing=False)(encode_trace(TRACE, self.tokenizer))
        before = model(**batch).loss
        before.backward()
        torch.optim.AdamW(model.parameters(), lr=1e-3).step()
        self.assertLess(model(**batch).loss.item(), before.item())

    def test_packing_changes_nothing_but_the_layout(self) -> None:
        """Traces end to end give the loss of traces side by side."""
        model = _tiny(self.tokenizer).eval()
        # As in training; with a cache, transformers does not look at where positions start anew.
        model.config.use_cache = False
        other = copy.deepcopy(TRACE)
        other.response[0] = Part("\n<code>\nx = 40\n<end_of_step>", train=True)
        rows = [row for trace in (TRACE, other) for row in encode_trace(trace, self.tokenizer)]
        padding = int(self.tokenizer.pad_token_id)
        losses = [
            model(**TraceCollator(padding, packing)(rows)).loss.item() for packing in (False, True)
        ]
        self.assertAlmostEqual(losses[0], losses[1], places=5)


class SpecialTokens(unittest.TestCase):
    """The format's tokens in foreign tokenizers."""

    def test_are_added_once(self) -> None:
        """Missing ones are added, those that are there stay as they are."""
        tokenizer = load_tokenizer(BASE)
        size = len(tokenizer)
        self.assertEqual(add_special_tokens(tokenizer, ["<code>", "<end_of_step>"]), 0)
        self.assertEqual(add_special_tokens(tokenizer, ["<code>", "<new>", "<newer>"]), 2)
        self.assertEqual(len(tokenizer), size + 2)
        self.assertEqual(len(tokenizer.encode("<code><new><newer>", add_special_tokens=False)), 3)
        self.assertEqual(add_special_tokens(tokenizer, ["<new>"]), 0)

    def test_that_clash_are_refused(self) -> None:
        """An ordinary piece of text, one that takes spaces along, one that another cuts."""
        tokenizer = load_tokenizer(BASE)
        with self.assertRaisesRegex(TrainingError, "'answer'.*ordinary piece of text"):
            add_special_tokens(tokenizer, ["<code>", "answer"])
        greedy = AddedToken("<greedy>", rstrip=True, special=True, normalized=False)
        tokenizer.add_special_tokens({"additional_special_tokens": [greedy]})
        with self.assertRaisesRegex(TrainingError, "'<greedy>'.*white space"):
            add_special_tokens(tokenizer, ["<greedy>"])
        tokenizer.add_tokens([AddedToken("x<bran", special=True, normalized=False)])
        with self.assertRaisesRegex(TrainingError, "'<brand>'.*cut into others"):
            add_special_tokens(tokenizer, ["<brand>"])


if __name__ == "__main__":
    unittest.main()
