"""The training loop: transformers' Trainer, with progress as events and no silent divergence."""

import math
import os
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.utils.data import Dataset
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from .events import Events
from .failure import TrainingError
from .request import Request, Settings
from .resume import last_state
from .sampler import LengthGroupedBatches

REPORTS = 50
"""About how often progress is reported."""


class Rows(Dataset[Any]):  # type: ignore[misc]  # torch is not typed here
    """Encoded rows and how many tokens each costs."""

    def __init__(self, rows: Sequence[Any], lengths: Sequence[int]) -> None:
        self._rows = rows
        self.lengths = list(lengths)
        self.tokens = sum(lengths)

    def __len__(self) -> int:
        """Rows."""
        return len(self._rows)

    def __getitem__(self, index: int) -> Any:
        """One row."""
        return self._rows[index]


class PolicyTrainer(Trainer):  # type: ignore[misc]
    """A Trainer that puts rows of like length into a batch, and stops where the loss is no number.

    Its loss is the model's own: the mean over the tokens that carry loss of the whole batch.
    """

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        """The Trainer's own way to find lengths knows flat rows only."""
        del train_dataset
        sampler = LengthGroupedBatches(
            self.train_dataset.lengths, self.get_total_train_batch_size(self.args), self.args.seed
        )
        self.add_callback(EpochOf(sampler))
        return sampler

    def training_step(self, *args: Any, **options: Any) -> Any:
        """One batch forward and backward.

        Raises:
            TrainingError: If the loss is not finite; the weights are still what they were.
        """
        loss = super().training_step(*args, **options)
        if not math.isfinite(loss.item()):
            raise diverged(f"at step {self.state.global_step + 1}: the loss is {loss.item()}")
        return loss


class EpochOf(TrainerCallback):  # type: ignore[misc]
    """Tells the sampler which epoch begins.

    accelerate does so, too, but does not find the sampler of one process among several when a
    training goes on in the middle of an epoch: that one would see the rows of the first epoch.
    """

    def __init__(self, sampler: LengthGroupedBatches) -> None:
        self._sampler = sampler

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Called before the first batch is asked for."""
        del args, control
        self._sampler.set_epoch(int(state.epoch or 0))


class RewardTrainer(PolicyTrainer):
    """A Trainer whose loss is a function of the scores of a batch of groups."""

    def __init__(
        self, loss: Callable[[torch.Tensor, dict[str, Any]], torch.Tensor], **options: Any
    ) -> None:
        super().__init__(**options)
        self._loss = loss
        self.model_accepts_loss_kwargs = False
        # By compute_loss.
        self.loss_is_scaled_for_ga = True

    def _get_num_items_in_batch(self, batch_samples: Any, device: Any) -> Any:
        """Groups of an optimiser step, over accumulated batches and processes; parts as parts."""
        groups = sum(float(batch["weights"].sum()) for batch in batch_samples)
        return self.accelerator.gather(torch.tensor(groups, device=device)).sum()

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        """Loss of a batch: its groups' part of the mean over those of the whole optimiser step."""
        scores = scores_of(model, inputs)
        loss = self._loss(scores, inputs)
        if num_items_in_batch is not None:
            # Batches that are not full count for what they hold; gradients are averaged over
            # processes, which is why theirs are added up here.
            share = inputs["weights"].sum() / num_items_in_batch
            loss = loss * share * self.accelerator.num_processes
        return (loss, {"scores": scores}) if return_outputs else loss


def scores_of(model: Any, batch: dict[str, Any]) -> torch.Tensor:
    """Raw logits of all solutions of a batch of groups, `[solutions]`."""
    inputs = {name: batch[name] for name in ("input_ids", "position_ids", "attention_mask")}
    logits = model(**inputs, use_cache=False).logits
    scores: torch.Tensor = logits.flatten()[batch["ends"]].float()
    return scores


def diverged(what: str) -> TrainingError:
    """Training left the numbers."""
    return TrainingError(
        "diverged",
        f"Cannot go on {what}; take a smaller learningRate or more warmupSteps, and look at the "
        "data for broken rows",
    )


class Progress(TrainerCallback):  # type: ignore[misc]
    """Turns the Trainer's logs into events."""

    def __init__(self, events: Events, data: Rows, request: Request) -> None:
        self._events = events
        self._steps_per_epoch = len(data) / request.settings.batch_size
        self._tokens_per_epoch = data.tokens
        self._started = 0.0
        self._first_step = 0
        self.curve: list[dict[str, float]] = []

    def tokens(self, steps: int) -> int:
        """Tokens that so many steps compute."""
        return round(self._tokens_per_epoch * steps / math.ceil(self._steps_per_epoch))

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Says how much there is to do."""
        del args, control
        self._started = time.monotonic()
        self._first_step = state.global_step
        self.curve = [
            {"step": entry["step"], "loss": float(entry["loss"])}
            for entry in state.log_history
            if "loss" in entry
        ]
        self._events.say("started", steps=state.max_steps, tokens=self.tokens(state.max_steps))

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """Reports loss and speed."""
        del args, control
        loss = (logs or {}).get("loss")
        if loss is None:
            return
        done = state.global_step - self._first_step
        left = state.max_steps - state.global_step
        seconds = time.monotonic() - self._started
        self.curve.append({"step": state.global_step, "loss": float(loss)})
        self._events.say(
            "step",
            step=state.global_step,
            steps=state.max_steps,
            loss=float(loss),
            tokensPerSecond=self.tokens(done) / max(seconds, 1e-9),
            etaSeconds=seconds * left / max(done, 1),
        )


def arguments(request: Request, rows: int) -> TrainingArguments:
    """Arguments of the Trainer; the batch size is that of one optimiser step on all devices.

    Raises:
        TrainingError: If the batch size cannot be divided among devices and accumulated batches.
    """
    settings = request.settings
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    device_batch = settings.device_batch_size or max(1, settings.batch_size // processes)
    if settings.batch_size % (device_batch * processes) != 0:
        raise TrainingError(
            "settings",
            f"Cannot train with batchSize {settings.batch_size}: expected a multiple of "
            f"{device_batch * processes}, which is deviceBatchSize {device_batch} times "
            f"{processes} processes",
        )
    steps = settings.max_steps or math.ceil(rows / settings.batch_size) * settings.epochs
    has_gpu = torch.cuda.is_available()
    given = TrainingArguments(
        output_dir=str(request.work),
        use_cpu=not has_gpu,
        per_device_train_batch_size=device_batch,
        gradient_accumulation_steps=settings.batch_size // (device_batch * processes),
        num_train_epochs=settings.epochs,
        max_steps=settings.max_steps or -1,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=settings.warmup_steps,
        weight_decay=settings.weight_decay,
        adam_beta2=settings.adam_beta2,
        max_grad_norm=settings.max_grad_norm,
        bf16=settings.bf16,
        activation_checkpointing=settings.gradient_checkpointing,
        remove_unused_columns=False,
        ddp_find_unused_parameters=False,
        dataloader_pin_memory=has_gpu,
        logging_steps=max(1, round(steps / REPORTS)),
        logging_nan_inf_filter=False,
        save_strategy="no" if settings.save_steps is None else "steps",
        save_steps=settings.save_steps or 500,
        save_total_limit=2,
        report_to="none",
        disable_tqdm=True,
        seed=request.seed,
        data_seed=request.seed,
    )
    # One process trains on one device: with more in sight the Trainer would wrap the model in
    # nn.DataParallel, which multiplies the batch and cannot part groups of pairs.
    given._n_gpu = min(1, given.n_gpu)
    return given


def fit(trainer: Trainer, request: Request) -> None:
    """Trains to the end, from the last state that was kept where there is one.

    Raises:
        TrainingError: If the loss diverges, or the settings do not go together.
    """
    is_sharded = trainer.is_fsdp_enabled or trainer.is_deepspeed_enabled
    if is_sharded and request.settings.lora is not None:
        raise TrainingError(
            "settings",
            "Cannot train with LoRA under FSDP or DeepSpeed: expected whole weights in every "
            "process, to merge adapters into; leave one of the two out",
        )
    # What it prints is said by events already.
    trainer.remove_callback(PrinterCallback)
    state = last_state(request.work)
    trainer.train(resume_from_checkpoint=None if state is None else str(state))


def with_adapters(
    model: Any, settings: Settings, *, task: str, trained_whole: Sequence[str] = ()
) -> Any:
    """The model with low-rank adapters, when the settings ask for them.

    Args:
        model: The model.
        settings: The settings.
        task: What peft calls the kind of model.
        trained_whole: Modules that are new, or hold new rows: adapters cannot train those.
    """
    if settings.lora is None:
        return model
    try:
        import peft
    except ImportError as error:
        raise TrainingError(
            "settings",
            "Cannot train with LoRA: expected the package peft in this Python, got none; install "
            "it, or leave lora out",
        ) from error
    config = peft.LoraConfig(
        r=settings.lora.rank,
        lora_alpha=settings.lora.alpha,
        lora_dropout=settings.lora.dropout,
        target_modules="all-linear",
        modules_to_save=list(trained_whole) or None,
        task_type=task,
    )
    return peft.get_peft_model(model, config)
