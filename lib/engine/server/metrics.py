"""Figures that `/metrics` reports, under vLLM's names where vLLM has one."""

from collections import Counter
from dataclasses import dataclass, field

import torch


@dataclass
class Counters:
    """Totals of one model since the start; written by the device thread only."""

    prompt_tokens: int = 0
    generated_tokens: int = 0
    finished: Counter[str] = field(default_factory=Counter)
    work_done: int = 0
    """Layers computed: it moves within a pass as well, however long one takes."""


@dataclass(frozen=True)
class ModelLoad:
    """One model's figures at this moment."""

    model: str
    running: int
    waiting: int
    cache_usage: float
    counters: Counters


def count_work(model: torch.nn.Module, counters: Counters) -> None:
    """Counts every layer that the model computes from now on."""

    def count(*_: object) -> None:
        counters.work_done += 1

    for module in model.modules():
        if isinstance(module, torch.nn.ModuleList):
            for layer in module:
                layer.register_forward_hook(count)
    # A model without a list of layers still shows whole passes.
    model.register_forward_hook(count)


def render_metrics(loads: list[ModelLoad]) -> str:
    """The figures in Prometheus' text format."""
    families: list[tuple[str, str, str, list[tuple[ModelLoad, str, float]]]] = [
        (
            "vllm:num_requests_running",
            "gauge",
            "Number of requests in model execution batches.",
            [(load, "", load.running) for load in loads],
        ),
        (
            "vllm:num_requests_waiting",
            "gauge",
            "Number of requests waiting to be processed.",
            [(load, "", load.waiting) for load in loads],
        ),
        (
            "vllm:kv_cache_usage_perc",
            "gauge",
            "KV-cache usage. 1 means 100 percent usage.",
            [(load, "", load.cache_usage) for load in loads],
        ),
        (
            "vllm:prompt_tokens_total",
            "counter",
            "Number of prefill tokens processed.",
            [(load, "", load.counters.prompt_tokens) for load in loads],
        ),
        (
            "vllm:generation_tokens_total",
            "counter",
            "Number of generation tokens processed.",
            [(load, "", load.counters.generated_tokens) for load in loads],
        ),
        (
            "vllm:request_success_total",
            "counter",
            "Count of successfully processed requests.",
            [
                (load, f',finished_reason="{reason}"', load.counters.finished[reason])
                for load in loads
                for reason in ("stop", "length")
            ],
        ),
        (
            "rstar:work_done_total",
            "counter",
            "Layers computed: it stands still only where nothing is done.",
            [(load, "", load.counters.work_done) for load in loads],
        ),
    ]
    lines: list[str] = []
    for name, kind, description, values in families:
        lines += [f"# HELP {name} {description}", f"# TYPE {name} {kind}"]
        lines += [
            f'{name}{{model_name="{_escaped(load.model)}"{labels}}} {float(value)}'
            for load, labels, value in values
        ]
    return "\n".join(lines) + "\n"


def _escaped(label: str) -> str:
    return label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
