"""Which problems a reward model is judged on instead of being trained on them."""

import hashlib
from collections.abc import Sequence

from .encoding import EncodedGroup

FEWEST_HELD_OUT = 5
"""Held-out problems at least: fewer say nothing about a model, and fix no scale."""
FEWEST_PROBLEMS = 20
"""With fewer problems than this, every one is trained on and none is held out."""


def split(
    groups: Sequence[EncodedGroup], share: float, seed: int
) -> tuple[list[EncodedGroup], list[EncodedGroup]]:
    """Splits by problem: a pair of a problem that was trained on would flatter the model.

    Returns:
        Groups that are trained on, and groups that are held out (`held_out_problems`).
    """
    held = held_out_problems(groups, share, seed)
    return (
        [group for group in groups if group.problem_id not in held],
        [group for group in groups if group.problem_id in held],
    )


def held_out_problems(groups: Sequence[EncodedGroup], share: float, seed: int) -> set[str]:
    """Problems that are held out: the same ones when later rounds add to the data.

    A problem has a place between 0 and 1 by its id and the seed alone, and is held out when that
    lies below the share: about that share of them is, and one that is held out stays so whatever
    else the data holds. Little data may have next to none there, so the lowest problems of the
    earliest rounds that have `FEWEST_PROBLEMS` between them fill up `FEWEST_HELD_OUT`; later rounds
    change neither those rounds nor, with pairs pooled over all rounds, what is known of them.

    Args:
        groups: All groups.
        share: About which share of the problems; 0 holds out none.
        seed: Seed of the run.

    Returns:
        Their ids: none of fewer than `FEWEST_PROBLEMS` problems, never all.
    """
    # What does not say its round counts as first.
    began: dict[str, int] = {}
    for group in groups:
        number = group.round or 0
        began[group.problem_id] = min(number, began.get(group.problem_id, number))
    if share == 0 or len(began) < FEWEST_PROBLEMS:
        return set()
    places = {problem: _place(problem, seed) for problem in began}
    problems = sorted(began, key=places.__getitem__)
    earliest = sorted(began.values())[FEWEST_PROBLEMS - 1]
    early = [problem for problem in problems if began[problem] <= earliest]
    # The highest one is trained on even where all lie below the share.
    below = {problem for problem in problems[:-1] if places[problem] < share}
    return below.union(early[:FEWEST_HELD_OUT])


def _place(problem: str, seed: int) -> float:
    digest = hashlib.sha256(f"{seed}:{problem}".encode()).digest()
    return int.from_bytes(digest[:6]) / 2**48
