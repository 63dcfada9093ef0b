"""Imports and warm-up of a zygote before it is confined, so that no step pays for them."""

import importlib
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path
from types import ModuleType

from supervisor.faults import Unavailable

STEP_MODULES = ("sympy", "numpy")
"""Modules that the step profile requires."""
_STANDARD_MODULES = (
    "ast",
    "bisect",
    "cmath",
    "collections",
    "copy",
    "datetime",
    "decimal",
    "fractions",
    "functools",
    "heapq",
    "io",
    "itertools",
    "json",
    "math",
    "operator",
    "random",
    "re",
    "statistics",
    "string",
    "time",
    "traceback",
    "typing",
)

# The first solve after an import costs 50-80 ms, later ones 3-4 ms: run the common paths once.
_WARM_UP = """
import sympy as sp
x, y = sp.symbols('x y')
sp.solve(x**2 - 5*x + 6, x); sp.solve([x + y - 3, x - y - 1], [x, y]); sp.factor(x**3 - 1)
sp.simplify(sp.sin(x)**2 + sp.cos(x)**2); sp.expand((x + 1)**5); sp.diff(sp.sin(x)*x, x)
sp.integrate(x**2*sp.exp(x), x); sp.limit(sp.sin(x)/x, x, 0); sp.nsolve(x**2 - 2, 1)
sp.Matrix([[1, 2], [3, 4]]).eigenvals(); sp.factorint(360); sp.Rational(1, 3) + sp.sqrt(2)
str(sp.sqrt(8)); sp.latex(x**2); sp.N(sp.pi, 30); sp.solveset(x**2 - 1, x)
import numpy as np
np.linalg.solve(np.eye(2), np.ones(2)); np.arange(10).sum()
"""


@dataclass(frozen=True)
class Preload:
    """A module of the harness and those beside it, read while the rights for that are there."""

    name: str
    sources: Mapping[str, str]
    """Source of every module of the folder, by its name."""


class _Sources(MetaPathFinder, InspectLoader):
    """Finds the modules of a preload, whose folder can no longer be read."""

    def __init__(self, preload: Preload) -> None:
        self._preload = preload

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        return spec_from_loader(fullname, self) if fullname in self._preload.sources else None

    def get_source(self, fullname: str) -> str:
        return self._preload.sources[fullname]


def read_preload(path: str) -> Preload:
    """Read the module file that the zygote is going to load, and the modules beside it.

    Raises:
        Unavailable: If it cannot be read.
    """
    try:
        files = sorted(Path(path).parent.glob("*.py"))
        return Preload(
            Path(path).stem,
            {file.stem: file.read_text("utf-8") for file in (Path(path), *files)},
        )
    except OSError as error:
        raise Unavailable("missing-module", f"Cannot read {path}: {error.strerror}") from error


def load_profile(preload: Preload | None, modules: tuple[str, ...] | None) -> list[str]:
    """Import and exercise the libraries; set the global generators to a fixed state.

    Returns:
        The names of the modules that were asked for.

    Raises:
        Unavailable: If one cannot be imported.
    """
    if preload is not None:
        names = [_preload(preload)]
    elif modules is not None:
        names = [_import(name) for name in modules]
    else:
        names = [_import(name) for name in (*STEP_MODULES, *_STANDARD_MODULES)]
        exec(_WARM_UP, {})
        names = list(STEP_MODULES)
    # The same draws in every worker: a replayed path must agree with the first run.
    random.seed(0)
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(0)
    return names


def _import(name: str) -> str:
    try:
        importlib.import_module(name)
    except ImportError as error:
        raise Unavailable("missing-module", f"Cannot import {name}: {error}") from error
    return name


def _preload(preload: Preload) -> str:
    # At the end: no module of ours may stand in for one of the environment.
    sys.meta_path.append(_Sources(preload))
    name = _import(preload.name)
    warm_up = getattr(sys.modules[name], "warm_up", None)
    if warm_up is not None:
        warm_up()
    return name
