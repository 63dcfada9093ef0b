"""Starts the engine and tells the harness, in lines of JSON on standard output, how it goes."""

import argparse
import json
import logging
import os
import socket
import sys
from pathlib import Path

import torch
import uvicorn
from model_process.lifeline import end_with_parent
from transformers.utils import logging as transformers_logging

from .app import build_app
from .checkpoint import load_policy, load_ppm
from .completions import ServedPolicy
from .device_loop import DeviceLoop, Worker
from .errors import StartError
from .policy import PolicyScheduler
from .pooling import ServedPpm
from .ppm import PpmScorer

_GIB = 1 << 30
_CPU_CACHE_BYTES = 2 * _GIB
_GPU_CACHE_SHARE = 0.5
_PPM_CACHE_SHARE = 0.25
"""Of what a policy would get: a PPM only keeps what texts begin with."""
_START_FAILED = 3
_SMALL_MODEL = 10_000_000
"""Parameters below which splitting an operation over threads costs more than it saves."""


def main() -> None:
    """Serves until the harness ends."""
    arguments = _arguments()
    end_with_parent()
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    transformers_logging.disable_progress_bar()
    try:
        _serve(arguments)
    except StartError as error:
        _report("failed", message=str(error))
        sys.exit(_START_FAILED)
    except (MemoryError, torch.OutOfMemoryError) as error:
        _report("failed", message=f"Cannot load the models: out of memory ({error})")
        sys.exit(_START_FAILED)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="engine", description=__doc__)
    parser.add_argument("--policy", type=Path, help="folder of a causal language model")
    parser.add_argument("--policy-name", default="policy")
    parser.add_argument("--ppm", type=Path, help="folder of a sequence classifier")
    parser.add_argument("--ppm-name", default="ppm")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--max-rows", type=int, default=256, help="choices generated at a time")
    parser.add_argument(
        "--threads", type=int, default=0, help="0 chooses by the size of the models"
    )
    arguments = parser.parse_args()
    if arguments.policy is None and arguments.ppm is None:
        parser.error("expected --policy, --ppm or both")
    return arguments


def _serve(arguments: argparse.Namespace) -> None:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    policy = _policy(arguments, device)
    ppm = _ppm(arguments, device)
    torch.set_num_threads(arguments.threads or _threads(policy, ppm))
    loop = DeviceLoop()
    workers: list[Worker] = []
    if policy is not None:
        workers.append(policy.scheduler)
    if ppm is not None:
        workers.append(ppm.scorer)
    loop.start(workers)
    with _listen(arguments.port) as listener:
        _report(
            "ready",
            port=listener.getsockname()[1],
            device=str(device),
            policy=_facts(policy),
            ppm=_facts(ppm),
        )
        server = uvicorn.Server(
            uvicorn.Config(
                build_app(loop, policy, ppm),
                log_level="warning",
                access_log=False,
                # The harness keeps its connections; closing them under it would race.
                timeout_keep_alive=3600,
            )
        )
        server.run(sockets=[listener])
    loop.stop()


def _threads(*models: ServedPolicy | ServedPpm | None) -> int:
    """Threads of one computation: a small model gains little from more."""
    parameters = max(model.checkpoint.parameters for model in models if model is not None)
    return 1 if parameters < _SMALL_MODEL else torch.get_num_threads()


def _policy(arguments: argparse.Namespace, device: torch.device) -> ServedPolicy | None:
    if arguments.policy is None:
        return None
    _report("progress", message=f"loading the policy {arguments.policy}")
    checkpoint = load_policy(arguments.policy, device)
    scheduler = PolicyScheduler(
        checkpoint, max_rows=arguments.max_rows, cache_bytes=_cache_bytes(device)
    )
    return ServedPolicy(arguments.policy_name, checkpoint, scheduler)


def _ppm(arguments: argparse.Namespace, device: torch.device) -> ServedPpm | None:
    if arguments.ppm is None:
        return None
    _report("progress", message=f"loading the PPM {arguments.ppm}")
    checkpoint = load_ppm(arguments.ppm, device)
    scorer = PpmScorer(checkpoint, cache_bytes=int(_cache_bytes(device) * _PPM_CACHE_SHARE))
    return ServedPpm(arguments.ppm_name, checkpoint, scorer)


def _cache_bytes(device: torch.device) -> int:
    if device.type != "cuda":
        return _CPU_CACHE_BYTES
    free, _total = torch.cuda.mem_get_info(device)
    return int(free * _GPU_CACHE_SHARE)


def _listen(port: int) -> socket.socket:
    """A socket on loopback that queues connections from now on."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise StartError(f"Cannot listen on port {port}: {error}") from error
    listener.listen(1024)
    return listener


def _facts(served: ServedPolicy | ServedPpm | None) -> dict[str, int] | None:
    if served is None:
        return None
    checkpoint = served.checkpoint
    return {"parameters": checkpoint.parameters, "maxLength": checkpoint.max_length}


def _report(event: str, **fields: object) -> None:
    line = json.dumps({"event": event, **fields})
    os.write(1, f"{line}\n".encode())
