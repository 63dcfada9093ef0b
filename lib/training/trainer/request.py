"""Request for a training, as the harness wrote it."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Kind = Literal["sft", "ppm", "outcome", "q_regression"]


@dataclass(frozen=True)
class Lora:
    """Low-rank adapters in place of all weights; merged into the checkpoint at the end."""

    rank: int
    alpha: int
    dropout: float


@dataclass(frozen=True)
class Settings:
    """Settings of a training; `train_settings.ts` says what each means and where it comes from."""

    epochs: float
    max_steps: int | None
    learning_rate: float
    batch_size: int
    device_batch_size: int | None
    max_length: int
    weight_decay: float
    adam_beta2: float
    warmup_steps: int
    max_grad_norm: float
    bf16: bool
    gradient_checkpointing: bool
    packing: bool
    head_dropout: float
    tanh: bool
    held_out: float
    save_steps: int | None
    threads: int | None
    lora: Lora | None


@dataclass(frozen=True)
class Request:
    """One training."""

    kind: Kind
    data: Path
    data_sha256: str
    base: Path
    output: Path
    seed: int
    split_seed: int
    """Decides which problems are held out: the same one in every round of a run."""
    special_tokens: list[str]
    settings: Settings
    raw_settings: dict[str, Any]
    learning: dict[str, Any]
    """Those of the settings on which what is learnt depends (`learningSettings`)."""

    @staticmethod
    def read(path: Path) -> "Request":
        """Reads the file that the harness wrote and validated."""
        row = json.loads(path.read_text(encoding="utf-8"))
        settings = row["settings"]
        lora = settings["lora"]
        return Request(
            kind=row["kind"],
            data=Path(row["data"]),
            data_sha256=row["dataSha256"],
            base=Path(row["base"]),
            output=Path(row["output"]),
            seed=row["seed"],
            split_seed=row["splitSeed"],
            special_tokens=row["specialTokens"],
            settings=Settings(
                epochs=settings["epochs"],
                max_steps=settings.get("maxSteps"),
                learning_rate=settings["learningRate"],
                batch_size=settings["batchSize"],
                device_batch_size=settings["deviceBatchSize"],
                max_length=settings["maxLength"],
                weight_decay=settings["weightDecay"],
                adam_beta2=settings["adamBeta2"],
                warmup_steps=settings["warmupSteps"],
                max_grad_norm=settings["maxGradNorm"],
                bf16=settings["bf16"],
                gradient_checkpointing=settings["gradientCheckpointing"],
                packing=settings["packing"],
                head_dropout=settings["headDropout"],
                tanh=settings["tanh"],
                held_out=settings["heldOut"],
                save_steps=settings["saveSteps"],
                threads=settings["threads"],
                lora=None if lora is None else Lora(**lora),
            ),
            raw_settings=settings,
            learning=row["learning"],
        )

    @property
    def is_main(self) -> bool:
        """Whether this process is the one of several that writes; launchers set the variable."""
        return os.environ.get("RANK", "0") == "0"

    @property
    def partial(self) -> Path:
        """Where the checkpoint is written before it gets its name."""
        return self.output.with_name(f"{self.output.name}.partial")

    @property
    def work(self) -> Path:
        """Where states to go on from are kept while training runs."""
        return self.output.with_name(f"{self.output.name}.work")
