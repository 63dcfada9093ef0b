"""Training of reward models: the PPM, and the two that it is compared with.

See docs/architecture.md, "training".
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch

from .calibration import WIDENING, Calibration, fit_calibration
from .checkpoint import save_model
from .encoding import EncodedGroup, GroupCollator, encode_group
from .events import Events
from .failure import TrainingError
from .losses import grouped_pairwise_loss, q_regression_loss
from .request import Request
from .reward_model import load_reward_model, stock_classifier
from .rows import read_pairs
from .run import Progress, RewardTrainer, Rows, arguments, fit, scores_of, with_adapters
from .split import split
from .tokenizer import load_tokenizer
from .trained import HeldOut, Trained

SCORING_BATCH = 32
FIRST_ROUND = 1
CALIBRATION_GROUPS = 200
"""Trained groups that fix the scale where none are held out."""
TRAINED_SCALE = (
    "The scale of this model is fitted on {0.groups} groups of {0.problems} problems that it was "
    f"trained on, none being held out, and made {WIDENING:g} times as wide; its values are "
    "estimates. 20 problems or more, and heldOut above 0, give a scale that is measured"
)


def train_reward(request: Request, events: Events) -> Trained:
    """Trains a model with one scalar output on the last token."""
    settings = request.settings
    tokenizer = load_tokenizer(request.base)
    groups, too_long = encoded_groups(request, tokenizer)
    rows, held_out = split(groups, settings.held_out, request.split_seed)
    events.say("data", rows=len(rows), tooLong=too_long, heldOut=len(held_out), added=0)
    collator = GroupCollator(int(tokenizer.pad_token_id))
    data = Rows(rows, [row.computed for row in rows])
    progress = Progress(events, data, request)
    trainer = RewardTrainer(
        loss_of(request),
        model=with_adapters(
            load_reward_model(request, tokenizer),
            settings,
            task="TOKEN_CLS",
            trained_whole=["score"],
        ),
        args=arguments(request, len(data)),
        train_dataset=data,
        data_collator=collator,
        callbacks=[progress],
    )
    fit(trainer, request)
    events.say("progress", message="scoring held-out problems")
    judged = held_out or rows[:CALIBRATION_GROUPS]
    scores = score(trainer, collator, judged)
    calibration = calibration_of(judged, scores, is_held_out=bool(held_out))
    if calibration is not None and calibration.fitted_on == "training" and not settings.tanh:
        events.say("notice", message=TRAINED_SCALE.format(calibration))
    return Trained(
        tokenizer=tokenizer,
        steps=trainer.state.global_step,
        tokens=progress.tokens(trainer.state.global_step),
        curve=progress.curve,
        save=partial(save_model, trainer, stock_classifier(request, tokenizer), settings),
        # What tanh was trained on is its own scale.
        calibration=Calibration(0.0, 1.0) if settings.tanh else calibration,
        held_out=ordered(held_out, scores) if held_out else None,
        held_out_round_1=ordered_of_round_1(held_out, scores) if held_out else None,
    )


def encoded_groups(request: Request, tokenizer: Any) -> tuple[list[EncodedGroup], int]:
    """The groups that this kind is trained on, and how many are too long.

    Raises:
        TrainingError: If there are none, or they lack what the kind needs.
    """
    groups = read_pairs(request.data)
    if request.kind == "outcome":
        # An outcome model is told about whole solutions only.
        groups = [group for group in groups if group.kind == "final"]
        if not groups:
            raise TrainingError(
                "data",
                f"Cannot train an outcome model on {request.data}: expected groups of kind "
                '"final", got none; export pairs with final-step groups',
            )
    encoded = [encode_group(group, tokenizer) for group in groups]
    if request.kind == "q_regression" and not all(group.targets for group in encoded):
        raise TrainingError(
            "data",
            f"Cannot train Q regression on {request.data}: expected a q for every text, some lack "
            "it; export pairs anew",
        )
    kept = [group for group in encoded if group.longest <= request.settings.max_length]
    if not kept:
        raise TrainingError(
            "data",
            f"Cannot train on {request.data}: expected solutions of at most "
            f"{request.settings.max_length} tokens, got none; raise maxLength",
        )
    return kept, len(encoded) - len(kept)


def loss_of(request: Request) -> Callable[[torch.Tensor, dict[str, Any]], torch.Tensor]:
    """The loss of a kind, from scores and batch."""
    if request.kind == "q_regression":
        return lambda scores, batch: q_regression_loss(
            scores, batch["targets"], batch["groups"], batch["weights"]
        )
    tanh = request.settings.tanh
    return lambda scores, batch: grouped_pairwise_loss(
        scores, batch["groups"], tanh, batch["weights"]
    )


def score(
    trainer: RewardTrainer, collator: GroupCollator, groups: Sequence[EncodedGroup]
) -> list[list[float]]:
    """Logits of every solution of every group; every process computes all of them."""
    model = trainer.model_wrapped
    model.eval()
    order = sorted(range(len(groups)), key=lambda index: groups[index].computed)
    scores: list[list[float]] = [[] for _ in groups]
    for start in range(0, len(order), SCORING_BATCH):
        part = order[start : start + SCORING_BATCH]
        batch = collator([groups[index] for index in part])
        with torch.no_grad():
            moved = {
                name: value.to(trainer.args.device) if torch.is_tensor(value) else value
                for name, value in batch.items()
            }
            logits = iter(scores_of(model, moved).tolist())
        for index in part:
            scores[index] = [next(logits) for _ in groups[index].branches]
    return scores


def calibration_of(
    groups: Sequence[EncodedGroup], scores: Sequence[Sequence[float]], *, is_held_out: bool
) -> Calibration | None:
    """Scale of the logits, from what groups call better and worse.

    Returns:
        The scale, wider where the model was trained on the groups; `None` without both sides.
    """
    # What stands in several parts of a group counts once.
    better: dict[tuple[str, tuple[int, ...]], float] = {}
    worse: dict[tuple[str, tuple[int, ...]], float] = {}
    for group, row in zip(groups, scores, strict=True):
        for index, (branch, logit) in enumerate(zip(group.branches, row, strict=True)):
            side = better if index < group.positives else worse
            side[group.problem_id, (*group.trunk, *branch)] = logit
    fitted = fit_calibration([*better.values()], [*worse.values()])
    if fitted is None:
        return None
    calibration = Calibration(
        *fitted,
        fitted_on="held-out" if is_held_out else "training",
        groups=round(sum(group.weight for group in groups)),
        problems=len({group.problem_id for group in groups}),
    )
    return calibration if is_held_out else calibration.widened()


def ordered(groups: Sequence[EncodedGroup], scores: Sequence[Sequence[float]]) -> HeldOut:
    """How many pairs are in the right order."""
    right: dict[str, list[float]] = {}
    for group, row in zip(groups, scores, strict=True):
        right.setdefault(group.problem_id, []).extend(
            1.0 if better > worse else 0.5 if better == worse else 0.0
            for better in row[: group.positives]
            for worse in row[group.positives :]
        )
    accuracy = sum(sum(pairs) / len(pairs) for pairs in right.values()) / len(right)
    return HeldOut(accuracy, sum(map(len, right.values())), len(right))


def ordered_of_round_1(
    groups: Sequence[EncodedGroup], scores: Sequence[Sequence[float]]
) -> HeldOut | None:
    """How many of the pairs are in the right order that come from the trees of round 1.

    They are in the data of every round, and their problems are held out in every one, so that the
    models of a run can be compared on them. `None` where the data holds none, or does not say.
    """
    own = [pair for pair in zip(groups, scores, strict=True) if pair[0].round == FIRST_ROUND]
    return ordered([group for group, _ in own], [row for _, row in own]) if own else None
