"""Tests that what is trained on is what servers encode, with tokenizers of several families."""

import itertools
import tempfile
import unittest
from pathlib import Path
from typing import Any

import torch
from foreign import END, RULES, foreign_tokenizer
from tiny import STARTER, make_request
from tokenizers import processors
from trainer.encoding import IGNORED, encode_group, encode_trace
from trainer.policy import load_policy
from trainer.rows import PairGroup, Part, Side, Trace
from trainer.tokenizer import add_special_tokens, load_tokenizer, pieces_of
from transformers import LlamaConfig, LlamaForCausalLM

FORMAT = [
    *("<code>", "<end_of_step>", "<end_of_code>", "<output>", "<end_of_output>"),
    *("<answer>", "<end_of_answer>", "<|user|>", "<|assistant|>", "\n<|assistant|>"),
]
PROMPT = "<|user|>:\nAdd 2 and 3.\n<|assistant|>: Let's think step by step and solve it with code."
RESPONSE = [
    Part("\n<code>\n# Step 1: Add.\nx = 2 + 3\n<end_of_step>", train=True),
    Part("\n\n    # Step 2: Check it.\n    assert x == 5\n<end_of_step>", train=True),
    Part("\n\n# Now print the final answer\nprint(x)\n<end_of_code>", train=True),
    Part("\n<output>5\n\nÅ5<end_of_output>\n", train=False),
    Part("<answer>The answer is \\boxed{5}.\n<end_of_answer>", train=True),
]
TRACE = Trace("p", PROMPT, RESPONSE)
TEXT = "".join([PROMPT, *(part.text for part in RESPONSE)])


def asked(trace: Trace) -> list[str]:
    """Texts that a server is asked to continue, one for each part that is trained."""
    texts = itertools.accumulate((part.text for part in trace.response), initial=trace.prompt)
    return [
        text
        for text, part in zip(texts, [*trace.response, None], strict=True)
        if part and part.train
    ]


def tokenizers(*, with_format: bool) -> dict[str, Any]:
    """One of each family, and ours."""
    found = {name: foreign_tokenizer(name, [TEXT]) for name in RULES}
    if with_format:
        for tokenizer in found.values():
            add_special_tokens(tokenizer, FORMAT)
        found["starter"] = load_tokenizer(STARTER)
    return found


def is_asked(rows: list[dict[str, list[int]]], prompt: list[int]) -> bool:
    """Whether a row continues exactly these tokens, and is trained to."""
    return any(
        row["input_ids"][: len(prompt)] == prompt and row["labels"][len(prompt)] != IGNORED
        for row in rows
    )


class Encoding(unittest.TestCase):
    """Traces and groups to the tokens of servers."""

    def test_every_text_that_a_server_is_asked_with_is_trained_to_go_on(self) -> None:
        """Also where the format's tokens are ordinary text, which is cut anywhere."""
        for with_format in (True, False):
            for name, tokenizer in tokenizers(with_format=with_format).items():
                rows = encode_trace(TRACE, tokenizer)
                for text in asked(TRACE):
                    with self.subTest(tokenizer=name, text=text[-30:], with_format=with_format):
                        self.assertTrue(is_asked(rows, tokenizer(text)["input_ids"]))

    def test_everything_trained_is_learnt_once_and_nothing_else(self) -> None:
        """The labels of the rows decode to the trained parts, in their order."""
        learnt = "".join(part.text for part in RESPONSE if part.train) + END
        trimmed = foreign_tokenizer("gpt2", [TEXT])
        add_special_tokens(trimmed, FORMAT)
        # As RoBERTa has it: white space is left out of what a token is said to stand for.
        trimmed.backend_tokenizer.post_processor = processors.ByteLevel(trim_offsets=True)
        for name, tokenizer in [*tokenizers(with_format=True).items(), ("trimmed", trimmed)]:
            labels = [
                label
                for row in encode_trace(TRACE, tokenizer)
                for label in row["labels"]
                if label != IGNORED
            ]
            with self.subTest(tokenizer=name):
                self.assertEqual(tokenizer.decode(labels), learnt)

    def test_a_row_is_parted_only_where_the_tokens_are(self) -> None:
        """Ours never; Qwen's and Llama's rules fuse the prompt's full stop with what follows."""
        rows = {
            name: len(encode_trace(TRACE, tokenizer))
            for name, tokenizer in tokenizers(with_format=True).items()
        }
        self.assertEqual(rows, {"qwen2": 2, "llama3": 2, "gpt2": 1, "starter": 1})

    def test_a_token_that_begins_in_a_trained_part_is_learnt(self) -> None:
        """Without the format's tokens `>` and the line break of the output are one token."""
        tokenizer = tokenizers(with_format=False)["qwen2"]
        rows = encode_trace(TRACE, tokenizer)
        learnt = [
            tokenizer.decode([label]) for row in rows for label in row["labels"] if label >= 0
        ]
        self.assertIn(">\n", learnt)
        self.assertNotIn("Å", "".join(learnt))

    def test_solutions_are_scored_as_they_are_trained_on(self) -> None:
        """Trunk and branch together are the tokens of the whole text."""
        sides = [Side("\n\nx = 1\n<end_of_step>", 1.0), Side("\n\n    y = 2\n<end_of_step>", -1.0)]
        prompt = PROMPT + RESPONSE[0].text
        group = PairGroup("p", prompt, "step", sides[:1], sides[1:])
        for with_format in (True, False):
            for name, tokenizer in tokenizers(with_format=with_format).items():
                encoded = encode_group(group, tokenizer)
                for side, branch in zip(sides, encoded.branches, strict=True):
                    with self.subTest(tokenizer=name):
                        whole = tokenizer(prompt + side.text)["input_ids"]
                        self.assertEqual(encoded.trunk + branch, whole)


class NewTokens(unittest.TestCase):
    """Rows of the format's tokens in a model that did not know them."""

    def test_start_as_the_mean_of_what_their_text_was_made_of(self) -> None:
        """In a matrix that grew and in one with rows to spare, tied or not; no other row moves."""
        for spare, tied in itertools.product((0, 40), (False, True)):
            with self.subTest(spare=spare, tied=tied), tempfile.TemporaryDirectory() as folder:
                self._load(Path(folder), spare=spare, tied=tied)

    def _load(self, folder: Path, *, spare: int, tied: bool) -> None:
        tokenizer = foreign_tokenizer("qwen2", [TEXT])
        known = len(tokenizer)
        base = _model(known + spare, tied=tied)
        tables = [base.get_input_embeddings().weight, base.get_output_embeddings().weight]
        with torch.no_grad():
            for table in tables:
                table[known:] = 0.01
        base.save_pretrained(folder / "base")
        tokenizer.save_pretrained(folder / "base")
        pieces = pieces_of(tokenizer, FORMAT)
        add_special_tokens(tokenizer, FORMAT)
        model = load_policy(make_request(folder, "sft"), tokenizer, pieces)
        numbers = {tokenizer.convert_tokens_to_ids(token): pieces[token] for token in pieces}
        self.assertEqual(len(numbers), len(FORMAT))
        loaded = [model.get_input_embeddings().weight, model.get_output_embeddings().weight]
        for table, old in zip(loaded, tables, strict=True):
            self.assertTrue(torch.equal(table[:known], old[:known]))
            for token, parts in numbers.items():
                self.assertTrue(torch.allclose(table[token], old[parts].mean(dim=0)))
            new = table[list(numbers)]
            distance = torch.cdist(new, new) + torch.eye(len(new))
            self.assertGreater(distance.min().item(), 1e-4)

    def test_that_are_known_keep_their_rows(self) -> None:
        """Nothing is made of pieces that has been trained."""
        self.assertEqual(pieces_of(load_tokenizer(STARTER), FORMAT), {})


def _model(rows: int, *, tied: bool) -> LlamaForCausalLM:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=rows,
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        tie_word_embeddings=tied,
    )
    return LlamaForCausalLM(config)


if __name__ == "__main__":
    unittest.main()
