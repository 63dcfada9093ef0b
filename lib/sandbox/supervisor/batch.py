# ruff: noqa: UP031 - as in step.py
"""The process that runs candidates of one node, one after another: a child of the zygote.

Before it runs any it compiles all and decides which are harmless (``harmless.py``): until then it
is as trustworthy as the zygote. Each candidate gets a namespace of its own in which the path is run
anew, its own output, and the generators of random numbers as they were. What one does that is not
harmless, or costs more than a candidate may in company, is answered by ALONE: it has no outcome
then, and is run in a process of its own.
"""

import builtins
import gc
import os
import random
import resource
import sys
import time
import types
from collections.abc import Callable, Sequence
from typing import Any

from supervisor.harmless import MOST_CHARACTERS, is_harmless
from supervisor.runner import compile_code, run_code
from supervisor.tripwire import stretch_tripwire

ALONE = b"A"
"""Answer for a candidate that is to run by itself."""
PATH_ALONE = b"Q"
"""The same for every candidate of the batch, because of its path."""

_ONLY_AST = 0x400
_MOST_KILOBYTES = 32 << 10
"""A candidate that makes the process grow by more runs alone: memory is then all its own."""
_EXTRA_FRAMES = 2
"""Calls below which a candidate runs here and would not alone, so that recursion ends as deep."""
_ADDRESS = " at 0x"
"""Text with an address in it: equal values have others in another process."""

Code = tuple[Any, Any]
"""A code as ``compile_code`` gives it."""


Restore = Callable[[], None]
"""Puts a generator of random numbers back to where the path finds it."""


def run_batch(
    control: Any,
    prefix: Sequence[str],
    codes: Sequence[str],
    *,
    limits: tuple[int, int],
    answer: Callable[..., bytes],
) -> None:
    """Answer every candidate through ``control``, in order.

    ``limits``: output bytes, kept output bytes. ``answer`` writes an outcome as ``step.py`` does.
    """
    path = [prepare_code(code, place + 1) for place, code in enumerate(prefix)]
    ready = [prepare_code(code, len(prefix) + 1) for code in codes]
    steps = [code for code in path if code is not None]
    if len(steps) < len(path):
        control.sendall(PATH_ALONE)
        return
    arm = stretch_tripwire()
    generators = _note_generators("".join((*prefix, *codes)))
    most = _peak_kilobytes() + _MOST_KILOBYTES
    sys.setrecursionlimit(sys.getrecursionlimit() + _EXTRA_FRAMES)
    gc.freeze()
    for code in ready:
        said = ALONE
        if code is not None:
            said = _run_one(steps, code, arm, generators, limits=limits, answer=answer)
        if _peak_kilobytes() > most:
            os._exit(0)  # whoever ran last has no outcome either: the end of the process says so
        control.sendall(said)


def prepare_code(code: str, number: int) -> Code | None:
    """Compile a code that is harmless; ``None``: it is not, or cannot be compiled."""
    if len(code) > MOST_CHARACTERS:
        return None
    try:
        name = "<step %d>" % number
        tree = compile(code, name, "exec", _ONLY_AST, True)
        return compile_code(tree, name) if is_harmless(tree) else None
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return None


def _run_one(
    path: Sequence[Code],
    code: Code,
    arm: Callable[[bool], None],
    generators: Sequence[Restore],
    *,
    limits: tuple[int, int],
    answer: Callable[..., bytes],
) -> bytes:
    """Run the path and one candidate in a namespace of their own."""
    for restore in generators:
        restore()
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    namespace = vars(module)
    namespace.clear()
    namespace.update({"__name__": "__main__", "__builtins__": builtins})
    spoken = False
    arm(True)
    for place, step in enumerate(path):
        outcome = run_code(step, namespace, "<step %d>" % (place + 1), *limits, spoken=spoken)
        spoken = spoken or outcome.text != ""
        if outcome.status != "ok":
            os._exit(0)  # no candidate can be judged after a path that goes another way
    # The thread's clock: with a CPU limit the kernel shows the process's in whole ticks.
    began = time.thread_time_ns()
    outcome = run_code(code, namespace, "<step %d>" % (len(path) + 1), *limits, spoken=spoken)
    used = (time.thread_time_ns() - began) // 1000
    arm(False)
    if outcome.status == "memory" or outcome.kind in ("MemoryError", "RecursionError"):
        return ALONE
    if any(_ADDRESS in (text or "") for text in (outcome.text, outcome.value, outcome.message)):
        return ALONE
    return answer(outcome, None, used)


def _note_generators(text: str) -> list[Restore]:
    """Note the states of the generators that the codes ``text`` may draw from.

    Attributes are compared after Unicode's normalisation, so only plain text says what it uses.
    """
    if text.isascii() and "random" not in text and "sympy" not in text:
        return []
    python = random.getstate()
    restore: list[Restore] = [lambda: random.setstate(python)]
    numpy: Any = sys.modules.get("numpy")
    if numpy is not None:
        arrays = numpy.random.get_state()
        restore.append(lambda: numpy.random.set_state(arrays))
    symbols: Any = sys.modules.get("sympy.core.random")
    if symbols is not None:
        drawn = symbols.rng.getstate()
        restore.append(lambda: symbols.rng.setstate(drawn))
    return restore


def _peak_kilobytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
