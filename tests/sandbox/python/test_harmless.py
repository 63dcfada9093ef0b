"""Which code may share a process, and how its answers and requests are read."""

import ast
import builtins
import json
import struct
import unittest
from typing import Any

from supervisor.faults import ProtocolError
from supervisor.harmless import is_harmless
from supervisor.harmless_names import ATTRIBUTES, BUILTINS, MODULES
from supervisor.outcome import ALONE, PATH_ALONE, take_answer
from supervisor.settings import Limits
from supervisor.wire import BatchRequest, parse_request

LIMITS = Limits(1000, 1000, 1 << 20, 64, 16, 100)
HARMLESS = (
    "x = 1\nprint(x + 2)",
    "items = [i * i for i in range(9) if i % 2]\nitems.append(3)\nitems[0] = 1",
    "def f(n):\n    return n if n < 2 else f(n - 1) + f(n - 2)\nprint(f(9))",
    "import math\nprint(math.sqrt(2), f'{math.pi:.3f}')",
    "from sympy import symbols, solve\nx = symbols('x')\nprint(solve(x**2 - 2, x))",
    "import numpy as np\nprint(np.linalg.norm(np.array([1, 2])))",
    "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    print(error)",
    "if __name__ == '__main__':\n    print(max([1, 2]))",
)
OTHER = (
    "eval('1')",
    "if False:\n    eval = 1\neval('1')",
    "getattr(x, 'y')",
    "x.__class__",
    "x._private",
    "'{0.a}'.format(x)",
    "x.real = 1",
    "del x.real",
    "[0 for x.real in y]",
    "import os",
    "import math as __builtins__",
    "from math import sqrt as eval",
    "from sympy import *",
    "from sympy import sympify",
    "from . import math",
    "import sympy.core",
    "class A: pass",
    "def g(): yield 1",
    "lambda: (yield)",
    "@f\ndef g(): pass",
    "async def f(): pass",
    "with x: pass",
    "match x:\n    case 1: pass",
    "def eval(): pass",
    "def f(eval): pass",
    "try: pass\nexcept E as eval: pass",
    "try: pass\nexcept* E: pass",
    "type(x)",
    "b'bytes'",
    "import sympy as sp\nsp.solve('x')",
    "__import__('os')",
    "__builtins__",
    "__name__ = 'x'",
)


class HarmlessTest(unittest.TestCase):
    """The whitelist."""

    def test_what_models_write_is_harmless(self) -> None:
        """Arithmetic, containers, functions, the usual libraries."""
        for code in HARMLESS:
            with self.subTest(code=code):
                self.assertTrue(is_harmless(ast.parse(code)))

    def test_what_could_reach_others_is_not(self) -> None:
        """By name, attribute, import, or by acting after its end."""
        for code in OTHER:
            with self.subTest(code=code):
                self.assertFalse(is_harmless(ast.parse(code)))

    def test_no_name_is_listed_that_reaches_the_interpreter(self) -> None:
        """Nothing with underscores before it, and no builtin that evaluates or inspects."""
        names = ATTRIBUTES | BUILTINS | frozenset().union(*MODULES.values())
        self.assertFalse({name for name in names if name.startswith("_")})
        inspecting = {"eval", "exec", "compile", "open", "getattr", "setattr", "vars", "type"}
        self.assertFalse((inspecting | {"format", "format_map"}) & (ATTRIBUTES | BUILTINS))
        self.assertTrue(all(hasattr(builtins, name) for name in BUILTINS))


class BatchTest(unittest.TestCase):
    """Requests for batches, and the answers of their processes."""

    def test_a_request_is_read(self) -> None:
        """And one with wrong fields is refused."""
        good = {"op": "batch", "id": 3, "prefix": ["a"], "codes": ["b", "c"]}
        found = parse_request(json.dumps(good).encode())
        self.assertEqual(found, BatchRequest(3, ("a",), ("b", "c")))
        wrong: tuple[dict[str, Any], ...] = (
            {"codes": []},
            {"codes": ["x"] * 65},
            {"codes": [1]},
            {"keep": True},
            {"id": 0},
        )
        more: tuple[dict[str, Any], ...] = ({"id": (1 << 53) - 1}, {"prefix": "a"})
        for changes in wrong + more:
            with self.subTest(changes=changes), self.assertRaises(ProtocolError):
                parse_request(json.dumps({**good, **changes}).encode())

    def test_answers_are_taken_one_after_another(self) -> None:
        """However the bytes are cut; what is no answer is refused."""
        fields = {"status": "ok", "stdout": "x", "value": None, "type": None}
        body = json.dumps({**fields, "message": "", "line": None, "at": None, "us": 5}).encode()
        whole = b"R" + struct.pack("!I", len(body)) + body
        data = bytearray(whole + b"A" + whole[:-1])
        first = take_answer(data, LIMITS)
        assert first is not None
        self.assertEqual((first.stdout, first.code_us), ("x", 5))
        self.assertIs(take_answer(data, LIMITS), ALONE)
        self.assertIsNone(take_answer(data, LIMITS))
        self.assertIs(take_answer(bytearray(b"Q"), LIMITS), PATH_ALONE)
        for wrong in (b"H", b"R\xff\xff\xff\xff", b"P"):
            with self.subTest(wrong=wrong), self.assertRaises(ValueError):
                take_answer(bytearray(wrong), LIMITS)


if __name__ == "__main__":
    unittest.main()
