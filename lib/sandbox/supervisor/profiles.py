"""What a zygote imports and exercises before it is confined, so that no step pays for it."""

import importlib
import random
import sys
from pathlib import Path

from supervisor.faults import Unavailable

STEP_MODULES = ("sympy", "numpy")
"""What the step profile requires."""
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


def load_profile(preload: str | None, modules: tuple[str, ...] | None) -> list[str]:
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


def _preload(path: str) -> str:
    file = Path(path)
    sys.path.append(str(file.parent))
    name = _import(file.stem)
    warm_up = getattr(sys.modules[name], "warm_up", None)
    if warm_up is not None:
        warm_up()
    return name
