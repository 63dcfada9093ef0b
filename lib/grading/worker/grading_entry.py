"""Stage two of the grader: compares pairs of LaTeX answers with math-verify.

Runs inside the confined worker. Text from a model goes into the LaTeX grammar of latex2sympy2 and
nowhere else: nothing here evaluates it as Python. There is no clock here either: the caller ends a
worker that takes too long, so both time limits of math-verify (which use signals) are off.
"""

import json
import logging
import re
from typing import Any

from latex2sympy2_extended.latex2sympy2 import NormalizationConfig
from math_verify import LatexExtractionConfig, parse, verify
from sympy import Expr, Float, I, N, Rational, nan, zoo

logging.disable(logging.CRITICAL)

# The caller has taken the answer out of its boxes and cut off its unit.
_CONFIG = (
    LatexExtractionConfig(
        boxed_match_priority=-1,
        normalization_config=NormalizationConfig(
            basic_latex=True,
            units=False,
            malformed_operators=True,
            nits=True,
            boxed="none",
            equations=False,
        ),
    ),
)
_DIGITS = 40
_SAME_CONSTANT = 1e-9
_SAME_DOUBLE = 1e-14
_SAME_VALUE = 1e-35
_SAME_AT_POINT = 1e-20
_ENOUGH_POINTS = 3
_MAX_VARIABLES = 4
# Arbitrary rationals.
_POINTS = tuple(
    tuple(Rational(n, d) for n, d in point)
    for point in (
        ((7, 5), (17, 11), (29, 13), (23, 19)),
        ((-11, 7), (13, 9), (-19, 17), (31, 23)),
        ((19, 8), (-23, 10), (37, 29), (-17, 14)),
        ((41, 12), (43, 15), (7, 16), (53, 18)),
        ((-59, 21), (-61, 22), (-5, 24), (-67, 25)),
        # Far out: |x - 5| is 5 - x up to there.
        ((851, 4), (-1059, 5), (1237, 6), (-1489, 7)),
        ((-1271, 6), (1063, 5), (-857, 4), (1483, 7)),
    )
)


def _read(text: str) -> list[Any]:
    # In `2i` the grammar would see a real variable, in `2 i` the imaginary unit.
    text = re.sub(r"(?<=[\d}])i(?![a-zA-Z])", " i", text)
    # An odd root of a negative number is the real one, not the principal one.
    text = re.sub(r"\\sqrt\[(\d*[13579])\]\{\s*-\s*(\d+)\s*\}", r"(-\\sqrt[\1]{\2})", text)
    return list(parse(f"${text}$", extraction_config=_CONFIG, parsing_timeout=None))


def _imaginary(expression: Expr) -> Expr:
    names = {symbol.name for symbol in expression.free_symbols}
    if names != {"i"}:
        return expression
    return expression.subs(dict.fromkeys(expression.free_symbols, I))


def _constant(parsed: list[Any]) -> Expr | None:
    """The value of an expression without variables, to 40 digits; None for anything else."""
    if not parsed or not isinstance(parsed[0], Expr):
        return None
    # Where `i` stands alone, it is no variable.
    expression = _imaginary(parsed[0])
    if expression.free_symbols:
        return None
    try:
        value = N(expression.doit(), _DIGITS)
    except (ArithmeticError, AttributeError, TypeError, ValueError, NotImplementedError):
        return None
    if value in (nan, zoo) or not value.is_number or not value.is_finite:
        return None
    return value


def _decimal(value: Expr | None) -> str | None:
    """A real constant as decimal text that the caller can round; None where that has no use."""
    if value is None or not value.is_Float or not (value == 0 or 1e-30 < abs(value) < 1e30):
        return None
    return format(value, ".40f")


def _distance(gold: Expr, answer: Expr) -> float:
    """Relative: math-verify rounds to six decimals, which hides differences of tiny values."""
    size = max(abs(gold), abs(answer))
    return 0.0 if size == 0 else float(abs(gold - answer) / size)


def _same_rational(gold: Expr, answer: Expr) -> bool:
    """False for different rational numbers, which may share more digits than are compared."""
    values = [side.doit() for side in (gold, answer)]
    return not all(value.is_Rational for value in values) or bool(values[0] == values[1])


def _same_function(gold: Any, answer: Any) -> bool:
    """Whether two expressions agree wherever they are real, at points on both sides of zero."""
    if not isinstance(gold, Expr) or not isinstance(answer, Expr):
        return False
    names = sorted(gold.free_symbols, key=str)
    if not 1 <= len(names) <= _MAX_VARIABLES or set(names) != answer.free_symbols:
        return False
    agreed = 0
    for point in _POINTS:
        at = {name: point[i] for i, name in enumerate(names)}
        try:
            values = [N(side.subs(at).doit(), 25) for side in (gold, answer)]
        except (ArithmeticError, AttributeError, TypeError, ValueError, NotImplementedError):
            return False
        if not all(value.is_number and value.is_finite for value in values):
            return False
        real = [bool(value.is_real) for value in values]
        if real[0] != real[1] or (real[0] and _distance(values[0], values[1]) > _SAME_AT_POINT):
            return False
        agreed += real[0]
    return agreed >= _ENOUGH_POINTS


def grade_pair(gold: str, answer: str) -> dict[str, Any]:
    """Compares one answer with its reference.

    Args:
        gold: Reference, cleaned LaTeX.
        answer: Answer, cleaned LaTeX.

    Returns:
        ``equal``, and the decimal values of both sides where they are real constants.
    """
    golds, answers = _read(gold), _read(answer)
    gold_value, answer_value = _constant(golds), _constant(answers)
    equal = bool(golds and answers) and bool(
        verify(golds, answers, timeout_seconds=None, allow_set_relation_comp=True)
    )
    if gold_value is not None and answer_value is not None:
        distance = _distance(gold_value, answer_value)
        if golds[0].has(Float) or answers[0].has(Float):
            # Decimals within an expression, such as 0.5 + 0.5i, hold as many digits as a double.
            equal = distance <= (_SAME_CONSTANT if equal else _SAME_DOUBLE)
        else:
            equal = distance <= _SAME_VALUE and _same_rational(golds[0], answers[0])
    elif not equal and golds and answers:
        equal = _same_function(golds[0], answers[0])
    return {
        "equal": equal,
        "goldValue": _decimal(gold_value),
        "answerValue": _decimal(answer_value),
    }


def grade_batch(text: str) -> str:
    """Compares the pairs of a JSON list of ``{"gold", "answer"}``; the reply is a JSON list."""
    results: list[dict[str, Any]] = []
    for case in json.loads(text):
        try:
            results.append(grade_pair(case["gold"], case["answer"]))
        except (MemoryError, RecursionError) as error:
            results.append({"equal": False, "failed": type(error).__name__})
    return json.dumps(results)


def warm_up() -> None:
    """Fills the caches of the grammar, which every fork of the worker then shares."""
    pairs = (
        (r"\frac{\sqrt{3}}{2}+x^{2}", r"x^2+\frac{1}{2}\sqrt{3}"),
        (r"\sin(2x)", r"2\sin x\cos x"),
        (r"[0,1)\cup(2,\infty)", r"(2,\infty)\cup[0,1)"),
        (r"x\le 5", r"5\ge x"),
        (r"2x+4y-3=0", r"y=-\frac{1}{2}x+\frac{3}{4}"),
        (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", r"\begin{pmatrix}1&2\\3&5\end{pmatrix}"),
        (r"\log_{2}{8}+\binom{5}{2}-3!", r"e^{2\pi i}+\pi"),
        (r"2^{10}\cdot 3", r"\left|-5\right|"),
    )
    for gold, answer in pairs:
        grade_pair(gold, answer)
