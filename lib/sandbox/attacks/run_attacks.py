"""Runs corpora of attacks against a worker and checks side effects (PROTOCOL.md, section 6)."""

import argparse
import json
import os
import secrets
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from supervisor.faults import ProtocolError, Unavailable
from supervisor.settings import TIERS, Limits
from supervisor.states import MOST_STRETCH

from attacks.client import Worker, WorkerDied, cpu_time_of, plan_worker, tagged_processes
from attacks.traps import FORBIDDEN_WORDS, Traps

_FIELDS = {
    "id": str,
    "group": str,
    "code": str,
    "expect": str,
    "must_not": str,
    "also": list,
    "out": str,
    "prefix": str,
    "then": str,
    "then_out": str,
    "tags": list,
}
_REQUIRED = {"id", "group", "code", "expect"}
_LATE_SECONDS = 1.5
_BURN_SECONDS = 0.2
_BURN_US = 40_000
_PROBE = ("print(6*7)", "42\n")
_SHOWN = 300
_LONGEST_ANSWER = 70_000


class Runner:
    """One corpus run: a worker, its traps, and the verdicts."""

    def __init__(self, plan: dict[str, Any], step_ms: int, tag: str) -> None:
        """Set the traps and start a worker."""
        self.plan = plan
        self.step_seconds = step_ms / 1000
        self.tag = tag
        self.traps = Traps()
        self.start()

    def start(self) -> None:
        """Start a worker and learn how many processes it has at rest."""
        self.worker = Worker(self.plan)
        for _ in range(3):
            self.worker.run(_PROBE[0])
        time.sleep(0.1)
        self.at_rest = len(self.worker.processes(self.tag))

    def restart(self) -> None:
        """Replace a worker that is lost or polluted."""
        self.worker.process.kill()
        self.worker.close()
        self.start()

    def run(self, record: dict[str, Any]) -> dict[str, Any]:
        """Try one record."""
        line = {"id": record["id"], "group": record["group"], "expect": record["expect"]}
        started = time.monotonic()
        try:
            found, seconds, problems = self._attack(record)
        except WorkerDied as error:
            self.restart()
            seconds = time.monotonic() - started
            found, problems = {"status": None}, [f"the worker died: {error}"]
        problems += self.traps.sprung()
        told = found.get("error") or {}
        wanted = (record["expect"], *record.get("also", ()))
        if found["status"] not in wanted:
            problems.insert(0, f"got {found['status']}, expected {' or '.join(wanted)}")
        return {
            **line,
            "got": found["status"],
            "ok": not problems,
            "skipped": False,
            "seconds": round(seconds, 3),
            "problems": problems,
            "error": f"{told['type']}: {told['message']}"[:_SHOWN] if told else None,
            "output": found.get("stdout", "")[:_SHOWN],
        }

    def _attack(self, record: dict[str, Any]) -> tuple[dict[str, Any], float, list[str]]:
        worker, problems, parent = self.worker, [], 0
        if "prefix" in record:
            before = worker.run(record["prefix"], keep=True)
            parent = worker.last_id
            if not before["kept"]:
                problems.append(f"the prefix was not kept: {before['status']}")
        started = time.monotonic()
        found = worker.run(record["code"], parent=parent, keep=True)
        if found["status"] == "evicted" and parent:
            # The prefix's process was ended, by its own doing: the harness replays the path then.
            found = worker.run(record["code"], prefix=(record["prefix"],), keep=True)
        seconds = time.monotonic() - started
        node = worker.last_id
        if seconds > self.step_seconds * _stretch() + _LATE_SECONDS:
            problems.append(f"the verdict took {seconds:.1f} s")
        problems += self._burnt() + _forbidden(found)
        if "out" in record and found["stdout"] != record["out"]:
            problems.append(f"output {found['stdout'][:_SHOWN]!r}")
        problems += self._next_steps(record, parent)
        problems += self._in_company(record)
        worker.release(node, *([parent] if parent else []))
        problems += self._leftovers()
        return found, seconds, problems

    def _burnt(self) -> list[str]:
        burnt = 0
        # A second look: the kernel takes a while to free a killed step's memory.
        for _ in range(2):
            pids = self.worker.processes(self.tag)
            before = cpu_time_of(pids)
            time.sleep(_BURN_SECONDS)
            burnt = cpu_time_of(pids) - before
            if burnt <= _BURN_US:
                return []
        return [f"{burnt // 1000} ms of CPU burnt after the verdict"]

    def _next_steps(self, record: dict[str, Any], parent: int) -> list[str]:
        """Try an innocent step, the record's own, and both ways to the attacked state again."""
        problems = []
        started = time.monotonic()
        found = self.worker.run(_PROBE[0])
        seconds = time.monotonic() - started
        if found["stdout"] != _PROBE[1] or seconds > 1:
            problems.append(f"the next step gave {found['stdout']!r} after {seconds:.2f} s")
        if "then" in record:
            found = self.worker.run(record["then"])
            if found["stdout"] != record["then_out"]:
                problems.append(f"then gave {found['stdout'][:_SHOWN]!r}")
        if parent and "out" in record:
            sibling = self.worker.run(record["code"], parent=parent)
            replayed = self.worker.run(record["code"], prefix=(record["prefix"],))
            for way, one in (("a sibling", sibling), ("a replay", replayed)):
                if one["stdout"] != record["out"]:
                    problems.append(f"{way} gave {one['stdout'][:_SHOWN]!r}")
        return problems

    def _in_company(self, record: dict[str, Any]) -> list[str]:
        """Try the record between two innocent candidates: what it does must reach neither."""
        path = (record["prefix"],) if "prefix" in record else ()
        codes = (_PROBE[0], record["code"], _PROBE[0])
        before, found, after = self.worker.run_batch(path, codes)
        problems = self._burnt() + _forbidden(found)
        wanted = ("alone", record["expect"], *record.get("also", ()))
        if found["status"] not in wanted:
            problems.append(f"in company: got {found['status']}")
        if "out" in record and found["status"] == "ok" and found["stdout"] != record["out"]:
            problems.append(f"in company: output {found['stdout'][:_SHOWN]!r}")
        problems += [
            f"a neighbour gave {one['status']} {one['stdout'][:_SHOWN]!r}"
            for one in (before, after)
            if one["status"] != "alone" and (one["status"], one["stdout"]) != ("ok", _PROBE[1])
        ]
        if not path and before["status"] != "ok":
            problems.append(f"the neighbour before gave {before['status']}")
        return problems

    def _leftovers(self) -> list[str]:
        left = 0
        for _ in range(40):
            time.sleep(0.03)
            self.worker.run("pass")
            time.sleep(0.02)
            left = len(self.worker.processes(self.tag))
            if left <= self.at_rest:
                return []
        self.restart()
        return [f"{left} processes, {self.at_rest} before"]

    def close(self) -> set[int]:
        """End the worker by the end of its input; give the processes that survived."""
        self.worker.close()
        self.traps.remove()
        return tagged_processes(self.tag)


def main() -> NoReturn:
    """Run the corpora named in the command line."""
    options = _options()
    tag = f"attacks-{secrets.token_hex(8)}"
    limits = Limits(options.step_ms, options.step_ms, 512 << 20, 65536, 4096, 1 << 20)
    try:
        records = [one for path in options.files for one in read_corpus(path)]
        plan = plan_worker(tier=options.tier, bwrap=options.bwrap, limits=limits, tag=tag)
        runner = Runner(plan, options.step_ms, tag)
    except Unavailable as fault:
        _give_up(fault)
    except (OSError, ProtocolError, WorkerDied) as error:
        _give_up(Unavailable("start-failed", f"Cannot run the attacks: {error}"))
    only = set(filter(None, options.only.split(",")))
    skip = {"external"} | ({"scipy"} - set(plan["packages"]))
    if os.uname().machine != "x86_64":
        skip.add("x86_64")
    if plan["chosen"] == "C":
        skip.add("landlock")  # what only Landlock refuses
    failed: list[str] = []
    skipped: list[str] = []
    done = 0
    for record in records:
        if only and record["id"] not in only:
            continue
        if skip & set(record.get("tags", ())):
            skipped.append(record["id"])
            _say(_skipped(record))
            continue
        line = runner.run(record)
        done += 1
        if not line["ok"]:
            failed.append(record["id"])
        _say(line)
    if runner.close():
        failed.append("processes-left-at-the-end")
    passed = done - len(set(failed) - {"processes-left-at-the-end"})
    totals = {"tier": plan["chosen"], "run": done, "passed": passed}
    _say({**totals, "failed": failed, "skipped": skipped})
    sys.exit(1 if failed else 0)


def read_corpus(path: str) -> list[dict[str, Any]]:
    """Read one corpus.

    Raises:
        ProtocolError: If a line is no record.
        OSError: If the file cannot be read.
    """
    records = []
    for number, text in enumerate(Path(path).read_text("utf-8").splitlines(), 1):
        if not text.strip():
            continue
        try:
            record = json.loads(text)
        except ValueError as error:
            raise ProtocolError(f"Cannot read {path}, line {number}: {error}") from error
        typed = isinstance(record, dict) and all(
            isinstance(value, _FIELDS.get(name, object)) for name, value in record.items()
        )
        if not typed or not record.keys() >= _REQUIRED:
            raise ProtocolError(f"Cannot read {path}, line {number}: expected an attack record")
        if "then" in record and "then_out" not in record:
            raise ProtocolError(f"Cannot read {path}, line {number}: then without then_out")
        records.append(record)
    return records


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--tier", choices=TIERS)
    parser.add_argument("--bwrap", help="full path of bubblewrap")
    parser.add_argument("--step-ms", type=int, default=3000)
    parser.add_argument("--only", default="", help="ids, separated by commas")
    return parser.parse_args()


def _stretch() -> int:
    """Give how many times its limit a step may take: waiting for a core is no time of its own."""
    return MOST_STRETCH if os.getloadavg()[0] > (os.cpu_count() or 1) else 1


def _forbidden(found: dict[str, Any]) -> list[str]:
    told = found["error"] or {"type": "", "message": ""}
    text = f"{found['stdout']}\n{found['value']}\n{told['type']}\n{told['message']}"
    problems = [f'forbidden text "{word}"' for word in FORBIDDEN_WORDS if word in text]
    if len(text) > _LONGEST_ANSWER:
        problems.append(f"an answer of {len(text)} characters")
    return problems


def _skipped(record: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": record["id"],
        "group": record["group"],
        "expect": record["expect"],
        "got": None,
        "ok": True,
        "skipped": True,
        "seconds": 0,
        "problems": [],
        "error": None,
        "output": None,
    }


def _say(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)


def _give_up(fault: Unavailable) -> NoReturn:
    _say({"error": fault.as_json()})
    sys.exit(2)


if __name__ == "__main__":
    main()
