"""What `/metrics` says, under vLLM's names."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Counters:
    """Totals of one model since the start; written by the device thread only."""

    prompt_tokens: int = 0
    generated_tokens: int = 0
    finished: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class ModelLoad:
    """One model's figures at this moment."""

    model: str
    running: int
    waiting: int
    cache_usage: float
    counters: Counters


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
