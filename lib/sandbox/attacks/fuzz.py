"""Speaks the protocol wrongly to a worker, which must refuse and neither hang, crash nor leak."""

import argparse
import json
import random
import secrets
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from supervisor.faults import Unavailable
from supervisor.settings import TIERS, Limits
from supervisor.wire import LENGTH, encode_frame

from attacks.client import (
    Worker,
    WorkerDied,
    plan_worker,
    tagged_processes,
    without_libraries,
)

_REFUSED = 2
"""Exit status of a worker after a breach of the protocol."""
_ANSWER_SECONDS = 10
_MAX_GROWTH_BYTES = 64 << 20
_LIMITS = Limits(100, 1000, 64 << 20, 4096, 1024, 8192)
_CODES = (
    "x = 1",
    "print('a' * 9999)",
    "1/0",
    "import os\nos._exit(0)",
    "x",
    "\ud800",
    "",
)
_SCALARS: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    1.5,
    1e400,
    1 << 53,
    1 << 70,
    "",
    "run",
    "\ud800",
    [],
    {},
    [[]],
    "x" * 5000,
)


def good_request(rng: random.Random, last: int) -> dict[str, Any]:
    """Make a valid request with an id above ``last``; its parent may be any state or none."""
    kind = rng.randrange(10)
    if kind == 0:
        return {"op": "stat", "id": last + rng.randint(1, 3)}
    if kind in (2, 3):
        return {
            "op": "batch",
            "id": last + rng.randint(1, 3),
            "prefix": [rng.choice(_CODES) for _ in range(rng.choice((0, 0, 1, 3)))],
            "codes": [rng.choice(_CODES) for _ in range(rng.randint(1, 5))],
        }
    if kind == 1:
        return {"op": "release", "ids": [rng.randint(1, last + 2) for _ in range(rng.randrange(4))]}
    return {
        "op": "run",
        "id": last + rng.randint(1, 3),
        "parent": rng.choice((0, 0, rng.randint(0, last + 2))),
        "prefix": [rng.choice(_CODES) for _ in range(rng.choice((0, 0, 0, 1, 3)))],
        "code": "while True: pass" if rng.randrange(50) == 0 else rng.choice(_CODES),
        "keep": rng.random() < 0.5,
    }


def broken_frame(rng: random.Random, last: int) -> bytes:
    """Make bytes that are no request, or that only look like one."""
    request = good_request(rng, last)
    frame = encode_frame(request)
    name = rng.choice(sorted(request))
    breaks: tuple[Callable[[], bytes], ...] = (
        lambda: rng.randbytes(rng.randint(1, 4096)),
        lambda: LENGTH.pack(rng.choice((0xFFFFFFFF, 1 << 31, (16 << 20) + 1))),
        lambda: LENGTH.pack(0),
        lambda: encode_frame({**request, name: rng.choice(_SCALARS)}),
        lambda: encode_frame({key: value for key, value in request.items() if key != name}),
        lambda: encode_frame({**request, "extra": 1}),
        lambda: _flipped(rng, frame),
        lambda: _framed(b"[" * 100_000),
        lambda: _framed(b'{"op":"stat","id":' + b"9" * 100_000 + b"}"),
        lambda: _framed(b"\xff\xfe" + rng.randbytes(64)),
        lambda: _framed(json.dumps(rng.choice(_SCALARS)).encode()),
        lambda: encode_frame({**request, "id": rng.randint(-1, last)}),
    )
    return rng.choice(breaks)()


class Fuzzer:
    """Sends valid and broken frames to workers, one after another."""

    def __init__(self, plan: dict[str, Any], seed: int, tag: str) -> None:
        """Prepare; nothing is started yet."""
        self._plan = plan
        self._tag = tag
        self._rng = random.Random(seed)
        self.counts = {"workers": 0, "requests": 0, "refused": 0, "accepted": 0}
        self.problems: list[str] = []

    def run(self, seconds: float) -> None:
        """Fuzz for so long, or until something is wrong."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self.problems:
            self._one_worker(until)

    def _one_worker(self, until: float) -> None:
        """Talk properly for a while, then break the protocol once."""
        self.counts["workers"] += 1
        worker = Worker(self._plan)
        try:
            last = self._talk(worker, until)
            self._check_health(worker, last)
            data = broken_frame(self._rng, last + 1)
            for start in range(0, len(data), size := self._rng.choice((1, 7, 1 << 20))):
                worker.write(data[start : start + size])
        except WorkerDied as error:
            if "reads no more" not in str(error):
                self.problems.append(f"a worker failed: {error}")
        status = worker.close()
        if status not in (0, _REFUSED):
            self.problems.append(f"a worker ended with status {status}")
        self.counts["refused" if status == _REFUSED else "accepted"] += 1
        time.sleep(0.02)
        left = tagged_processes(self._tag)
        if left:
            self.problems.append(f"{len(left)} processes survived their worker")

    def _talk(self, worker: Worker, until: float) -> int:
        """Send valid requests, several at a time, and wait for the answer to each."""
        last, due = 0, set[int]()
        for _ in range(self._rng.randint(0, 12)):
            if time.monotonic() > until:
                break
            for _ in range(self._rng.randint(1, 8)):
                request = good_request(self._rng, last)
                worker.write(encode_frame(request))
                self.counts["requests"] += 1
                if "id" in request:
                    ids = range(request["id"], request["id"] + len(request.get("codes", "1")))
                    last = ids[-1]
                    due.update(ids)
            while due:
                answer = worker.receive(_ANSWER_SECONDS)
                if answer["op"] == "fatal" or answer["id"] not in due:
                    raise WorkerDied(f"an answer nobody asked for: {str(answer)[:200]}")
                due.remove(answer["id"])
        return last

    def _check_health(self, worker: Worker, last: int) -> None:
        """See that an innocent step is right and that nothing has grown."""
        worker.last_id = last
        found = worker.run("print(6*7)", seconds=_ANSWER_SECONDS)
        worker.release(*range(1, worker.last_id + 1))
        stat = worker.stat()
        if found["stdout"] != "42\n":
            self.problems.append(f"an innocent step gave {found}")
        if stat["live_states"] or stat["running"] or stat["open_fds"] > 16:
            self.problems.append(f"something is left: {stat}")
        if stat["rss_bytes"] > _MAX_GROWTH_BYTES:
            self.problems.append(f"the supervisor has grown to {stat['rss_bytes']} bytes")


def main() -> NoReturn:
    """Fuzz and print one line: counts and problems. Exit status 1 when there are any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tier", choices=TIERS)
    parser.add_argument("--bwrap", help="full path of bubblewrap")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    tag = f"fuzz-{secrets.token_hex(8)}"
    try:
        plan = without_libraries(
            plan_worker(tier=options.tier, bwrap=options.bwrap, limits=_LIMITS, tag=tag)
        )
    except Unavailable as fault:
        print(json.dumps({"error": fault.as_json()}))
        sys.exit(2)
    fuzzer = Fuzzer(plan, options.seed, tag)
    fuzzer.run(options.seconds)
    line = {"tier": plan["chosen"], "seed": options.seed, **fuzzer.counts}
    print(json.dumps({**line, "problems": fuzzer.problems}))
    sys.exit(1 if fuzzer.problems else 0)


def _framed(body: bytes) -> bytes:
    return LENGTH.pack(len(body)) + body


def _flipped(rng: random.Random, frame: bytes) -> bytes:
    data = bytearray(frame)
    for _ in range(rng.randint(1, 5)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


if __name__ == "__main__":
    main()
