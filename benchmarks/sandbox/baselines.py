"""Other ways to run a tree of steps, none of them confined: what the sandbox is measured against.

Reads one JSON document from standard input, ``{"how", "steps"}``, each step a list of codes: those
of its path, itself last. Runs the steps in order and prints ``{"cpu_s", "times_ms"}``: processor
time of this process and of all that it started, loading the libraries left out, and how long each
step took.
"""

import contextlib
import io
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

Step = list[str]
Run = Callable[[Step], None]


def main() -> None:
    """Run the document of standard input."""
    request = json.loads(sys.stdin.read())
    with WAYS[request["how"]]() as run:
        run(["import sympy, numpy\nprint(sympy.solve(sympy.Symbol('x') ** 2 - 4))"])
        before = processor_seconds()
        times = []
        for step in request["steps"]:
            started = time.perf_counter()
            run(step)
            times.append((time.perf_counter() - started) * 1000)
        print(json.dumps({"cpu_s": processor_seconds() - before, "times_ms": times}))


def processor_seconds() -> float:
    """Give the time of this process, of its children that ended, and of those that still run."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    total = time.process_time() + children.ru_utime + children.ru_stime
    return total + sum(ticks / os.sysconf("SC_CLK_TCK") for ticks in map(_ticks, _alive()))


def _alive() -> list[int]:
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text("ascii")
    return [int(pid) for pid in children.split()]


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


@contextlib.contextmanager
def warm() -> Iterator[Run]:
    """One process with the libraries loaded; each step executes its whole path anew in a namespace.

    The method of the executor that rStar-Math released, without its pool, queue and timeout.
    """

    def run(step: Step) -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            exec("\n".join(step), {"__name__": "__main__"})

    yield run


@contextlib.contextmanager
def cold() -> Iterator[Run]:
    """A process for each step, which imports what the path imports and nothing else."""

    def run(step: Step) -> None:
        command = [sys.executable, "-c", "\n".join(step)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    yield run


@contextlib.contextmanager
def ipython() -> Iterator[Run]:
    """A shell of IPython in this process; it is reset and the path run again, cell by cell."""
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shell.history_manager.enabled = False

    def run(step: Step) -> None:
        shell.reset(new_session=True, aggressive=False)
        with contextlib.redirect_stdout(io.StringIO()):
            for code in step:
                shell.run_cell(code, store_history=False).raise_error()

    yield run


@contextlib.contextmanager
def jupyter() -> Iterator[Run]:
    """A kernel of Jupyter in a process of its own; the same, over its sockets."""
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel()

    def run(step: Step) -> None:
        client.execute_interactive("%reset -f", store_history=False)
        for code in step:
            reply = client.execute_interactive(
                code, store_history=False, output_hook=lambda _: None
            )
            if reply["content"]["status"] != "ok":
                raise RuntimeError(reply["content"]["evalue"])

    try:
        yield run
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


WAYS = {"warm": warm, "cold": cold, "ipython": ipython, "jupyter": jupyter}

if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
