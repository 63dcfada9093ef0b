"""Unit tests of the engine's arithmetic."""

import unittest

import numpy as np
import torch
from server.logprobs import TokenLogprobs, token_logprobs
from server.ppm import Scoring
from server.prefix_cache import PrefixCache
from server.row_cache import RowCache
from server.sampling import SamplingParams, row_key, sample, uniforms
from transformers import DynamicCache

CPU = torch.device("cpu")


TOKEN_BYTES = 32
"""Of a token in a filled cache: two layers, keys and values, two numbers of four bytes."""


def filled_cache(rows: int, positions: int) -> DynamicCache:
    """Two layers, one head, width 2, of numbers that tell row and position."""
    cache = DynamicCache()
    numbers = torch.arange(rows * positions * 2).reshape(rows, 1, positions, 2).float() + 1
    for layer in range(2):
        cache.update(numbers, -numbers, layer)
    return cache


class RowCacheTest(unittest.TestCase):
    """Rows keep what they hold while the cache grows and rows move."""

    def test_growing_past_the_budget_keeps_rows_in_use(self) -> None:
        """The tensors shrink to what is needed, not to what the newest row needs."""
        source = filled_cache(2, 100)
        cache = RowCache(source, CPU)
        cache.max_tokens = 300
        cache.reserve(1, 100)
        cache.fill(slice(0, 1), [(source, 0, slice(0, 100))])
        cache.reserve(3, 100)
        cache.fill(slice(1, 3), [(source, 1, slice(0, 4)), (source, 1, slice(4, 10))])
        lengths = torch.tensor([100, 10, 10])
        mask = cache.begin_step(lengths, 100)
        new = torch.full((3, 1, 1, 2), 7.0)
        keys, values = cache.update(new, -new, 1)
        assert mask.sum(-1).flatten().tolist() == [101, 11, 11]
        expected = source.layers[1].keys
        assert torch.equal(keys[0, :, :100], expected[0])
        for row in (1, 2):
            assert torch.equal(keys[row, :, :10], expected[1, :, :10])
            assert keys[row, 0, 10].tolist() == [7, 7]
        assert torch.equal(values, -keys)

    def test_move_copies_rows(self) -> None:
        """Two rows take the places of two others at once."""
        source = filled_cache(4, 5)
        cache = RowCache(source, CPU)
        cache.reserve(4, 6)
        for row in range(4):
            cache.fill(slice(row, row + 1), [(source, row, slice(0, 5))])
        cache.move([2, 3], [0, 1], 5)
        cache.begin_step(torch.tensor([5, 5]), 5)
        keys, _ = cache.update(torch.zeros(2, 1, 1, 2), torch.zeros(2, 1, 1, 2), 0)
        assert torch.equal(keys[:, :, :5], source.layers[0].keys[2:])


class LogprobsTest(unittest.TestCase):
    """Rows of one batch get as many alternatives as each asked for."""

    def test_rows_with_different_wishes(self) -> None:
        """None, no alternatives, and more than there are tokens, against logarithms by hand."""
        shares = torch.tensor([[0.5, 0.25, 0.25], [0.1, 0.7, 0.2], [0.1, 0.7, 0.2]])
        # A constant added to all logits changes no probability.
        logits = shares.log() + torch.tensor([[3.0], [-2.0], [50.0]])
        found = token_logprobs(logits, torch.tensor([1, 0, 2]), [None, 0, 5])
        assert found[0] is None
        self.check(found[1], 0.1, {})
        self.check(found[2], 0.2, {1: 0.7, 2: 0.2, 0: 0.1})
        assert token_logprobs(logits, torch.tensor([1, 0, 2]), [None] * 3) == [None] * 3

    def check(self, found: TokenLogprobs | None, drawn: float, top: dict[int, float]) -> None:
        """Compares one position with probabilities."""
        assert found is not None
        assert found.ids == list(top)
        expected = torch.tensor([drawn, *top.values()]).log()
        actual = torch.tensor([found.drawn, *found.values])
        assert torch.allclose(actual, expected, atol=1e-5)


class PrefixCacheTest(unittest.TestCase):
    """Prompts are found by what they begin with."""

    def put(self, cache: PrefixCache, prompt: list[int]) -> None:
        """Keeps a prompt whose keys are counted up."""
        cache.put(prompt, [(filled_cache(1, len(prompt)), 0, slice(0, len(prompt)))])

    def known(self, cache: PrefixCache, prompt: list[int]) -> int:
        """Tokens of the prompt that need not be computed."""
        prefix = cache.longest(prompt)
        return 0 if prefix is None else prefix.length

    def test_the_longest_beginning_is_found_to_the_token(self) -> None:
        """Beyond whole blocks too, but never the whole prompt; less than a block is not found."""
        cache = PrefixCache(max_bytes=1_000 * TOKEN_BYTES)
        long = list(range(50))
        self.put(cache, long[:20])
        self.put(cache, long)
        assert self.known(cache, [*long, 7]) == 50
        assert self.known(cache, long) == 49
        assert self.known(cache, [*long[:45], 7, 8]) == 45
        assert self.known(cache, [*long[:17], 7, 8]) == 17
        assert self.known(cache, long[:15]) == 0
        assert self.known(cache, [7, *long]) == 0

    def test_the_least_recently_used_goes_first(self) -> None:
        """A prompt that was asked for stays; what is larger than the cache does not."""
        cache = PrefixCache(max_bytes=60 * TOKEN_BYTES)
        first, second, third = ([start] * 25 for start in (1, 2, 3))
        self.put(cache, first)
        self.put(cache, second)
        assert self.known(cache, [*first, 9]) == 25
        self.put(cache, third)
        assert [self.known(cache, [*p, 9]) for p in (first, second, third)] == [25, 0, 25]
        cache.clear()
        assert self.known(cache, [*first, 9]) == 0
        self.put(cache, first)
        self.put(cache, [4] * 61)
        assert self.known(cache, [4] * 62) == 0
        assert self.known(cache, [*first, 9]) == 25

    def test_pieces_are_put_together(self) -> None:
        """Keys and values of the stored prompt are those of its pieces in order, per layer."""
        cache = PrefixCache(max_bytes=100 * TOKEN_BYTES)
        source = filled_cache(2, 40)
        prompt = list(range(20))
        cache.put(prompt, [(source, 1, slice(0, 12)), (source, 1, slice(30, 38))])
        prefix = cache.longest([*prompt, 5])
        assert prefix is not None
        keys = source.layers[1].keys[1]
        expected = torch.cat((keys[:, :12], keys[:, 30:38]), dim=1)
        assert torch.equal(prefix.source.keys[1], expected)
        assert torch.equal(prefix.source.values[1], -expected)


class SamplingTest(unittest.TestCase):
    """Draws follow the distribution, and depend on key and position only."""

    def draw(self, logits: list[float], temperature: float, top_p: float, count: int) -> list[int]:
        """`count` draws from one distribution, with keys 0, 1, ..."""
        params = SamplingParams.of([(temperature, top_p, row_key(1, i)) for i in range(count)], CPU)
        drawn: list[int] = sample(
            torch.tensor([logits]).expand(count, -1), params, np.zeros(count, dtype=np.uint64)
        ).tolist()
        return drawn

    def test_frequencies_are_the_probabilities(self) -> None:
        """Within four standard deviations of 20,000 draws."""
        probabilities = torch.tensor([0.5, 0.0, 0.3, 0.15, 0.05])
        drawn = self.draw(probabilities.log().tolist(), 1.0, 1.0, 20_000)
        counts = np.bincount(drawn, minlength=5) / 20_000
        for share, p in zip(counts.tolist(), probabilities.tolist(), strict=True):
            assert abs(share - p) <= 4 * (p * (1 - p) / 20000) ** 0.5

    def test_temperature_and_top_p(self) -> None:
        """Zero is greedy; a low temperature sharpens; top_p keeps the smallest set."""
        logits = torch.tensor([0.5, 0.3, 0.2]).log().tolist()
        assert set(self.draw(logits, 0.0, 1.0, 100)) == {0}
        assert set(self.draw(logits, 0.01, 1.0, 100)) == {0}
        assert set(self.draw(logits, 1.0, 0.6, 500)) == {0, 1}
        assert set(self.draw(logits, 1.0, 0.01, 100)) == {0}
        assert set(self.draw(logits, 1.0, 1.0, 500)) == {0, 1, 2}

    def test_rows_do_not_depend_on_their_neighbours(self) -> None:
        """A row draws the same alone and among others, greedy ones included."""
        torch.manual_seed(1)
        logits = torch.randn(3, 50)
        rows = [(1.0, 1.0, row_key(5, 0)), (0.0, 1.0, 1), (0.7, 0.9, row_key(5, 2))]
        positions = np.array([3, 0, 9], dtype=np.uint64)
        together = sample(logits, SamplingParams.of(rows, CPU), positions).tolist()
        for i in range(3):
            alone = SamplingParams.of(rows[i : i + 1], CPU)
            assert (
                sample(logits[i : i + 1], alone, positions[i : i + 1]).tolist()
                == together[i : i + 1]
            )

    def test_uniforms_are_uniform(self) -> None:
        """In [0, 1), with the mean and variance of the uniform distribution."""
        keys = np.array([row_key(2, i) for i in range(10_000)], dtype=np.uint64)
        numbers = uniforms(keys, np.zeros(10_000, dtype=np.uint64))
        assert bool((numbers >= 0).all() and (numbers < 1).all())
        assert abs(float(numbers.mean()) - 0.5) < 0.012
        assert abs(float(numbers.var()) - 1 / 12) < 0.004


class ScoringTest(unittest.TestCase):
    """Tokens that texts of one request share."""

    def test_every_text_keeps_a_token_of_its_own(self) -> None:
        """A text that is a prefix of the others, and one that is too short to be worth it."""

        def shared(texts: list[list[int]]) -> int:
            return Scoring(texts, lambda _result: None).shared

        long = list(range(40))
        assert shared([[*long, 1], [*long, 2, 3]]) == 40
        assert shared([long, [*long, 2, 3]]) == 39
        assert shared([long, long]) == 39
        assert shared([[1, 2, 3], [1, 2, 4]]) == 0
        assert shared([long]) == 39
        assert shared([[1, 2, 3]]) == 0


if __name__ == "__main__":
    unittest.main()
