"""Stage two of the grader: compares pairs of LaTeX answers with math-verify.

Runs inside the confined worker. Text from a model goes into the LaTeX grammar of latex2sympy2 and
nowhere else: nothing here evaluates it as Python.
"""

import json
import logging
import time
from typing import Any

from expression_size import TooLarge, size_of
from latex_names import Names
from latex_reader import modulo, read
from latex_signs import Lost, text_of, tokens_of
from math_verify import verify
from math_verify.grader import should_treat_as_complex
from pair_clock import OutOfTime, PairClock
from sympy import (
    Derivative,
    Eq,
    Expr,
    Float,
    I,
    Integer,
    Integral,
    Limit,
    N,
    Product,
    Rational,
    Sum,
    ceiling,
    floor,
    nan,
    solve,
    zoo,
)
from sympy.core.function import AppliedUndef

logging.disable(logging.CRITICAL)

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
        # Below 1: beside x^500 at 7/5, what is added to it is too small to be seen.
        ((3, 7), (-5, 11), (8, 13), (-2, 17)),
        ((-4, 9), (6, 19), (-7, 15), (10, 23)),
        # Far out: |x - 5| is 5 - x up to there.
        ((851, 4), (-1059, 5), (1237, 6), (-1489, 7)),
        ((-1271, 6), (1063, 5), (-857, 4), (1483, 7)),
    )
)
_WHOLE_POINTS = tuple(tuple(map(Integer, point)) for point in ((17, 26, 38, 47), (-21, -34, 9, 58)))
"""Where rounding up and rounding down are the same."""
_NOT_BY_POINTS = (Sum, Product, Integral, Limit, Derivative, AppliedUndef)
"""Expressions that have no value at a point, or not the one that they have at whole numbers."""
_FAULTS = (ArithmeticError, AttributeError, TypeError, ValueError, NotImplementedError)
"""Errors that sympy raises where an expression has no value."""


def _imaginary(expression: Expr) -> Expr:
    """Where `i` stands alone, it is no variable."""
    names = {symbol.name for symbol in expression.free_symbols}
    if names != {"i"}:
        return expression
    return expression.subs(dict.fromkeys(expression.free_symbols, I))


def _constant(tree: Any) -> Expr | None:
    """The value of an expression without variables, to 40 digits; None for anything else."""
    if not isinstance(tree, Expr):
        return None
    expression = _imaginary(tree)
    if expression.free_symbols:
        return None
    try:
        value = N(expression.doit(), _DIGITS)
    except _FAULTS:
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


def _same_exactly(gold: Expr, answer: Expr) -> bool:
    """False for constants that share more digits than are compared: 10^50 and 10^50 + pi."""
    values = [_imaginary(side).doit() for side in (gold, answer)]
    if all(value.is_Rational for value in values):
        return bool(values[0] == values[1])
    try:
        return bool(abs(N(values[0] - values[1], 5)) < _SAME_AT_POINT)
    except _FAULTS:
        return False


def _sampled(gold: Any, answer: Any) -> bool | None:
    """Whether two expressions agree wherever they are real, at points on both sides of zero.

    Returns:
        None where too few points can be compared.
    """
    if not isinstance(gold, Expr) or not isinstance(answer, Expr):
        return None
    names = sorted(gold.free_symbols, key=str)
    if not 1 <= len(names) <= _MAX_VARIABLES or set(names) != answer.free_symbols:
        return None
    sides = [side.doit() for side in (gold, answer)]
    if any(side.has(*_NOT_BY_POINTS) for side in sides):
        return None
    agreed, is_partial = 0, False
    is_rounded = any(side.has(floor, ceiling) for side in sides)
    for point in _POINTS + (_WHOLE_POINTS if is_rounded else ()):
        at = {name: point[i] for i, name in enumerate(names)}
        try:
            values = [N(side.subs(at), 25) for side in sides]
        except _FAULTS:
            return None
        if not all(value.is_number and value.is_finite for value in values):
            return None
        real = [bool(value.is_real) for value in values]
        if all(real) and _distance(values[0], values[1]) > _SAME_AT_POINT:
            return False
        is_partial |= real[0] != real[1]
        agreed += all(real)
    return True if agreed >= _ENOUGH_POINTS and not is_partial else None


def _verified(gold: Any, answer: Any) -> bool:
    """Ask math-verify, and check equations: it takes any two without solutions for equal."""
    if not verify([gold], [answer], timeout_seconds=None, allow_set_relation_comp=True):
        return False
    if not isinstance(gold, Eq) or not isinstance(answer, Eq):
        return True
    if gold.free_symbols != answer.free_symbols:
        return False
    if (gold.lhs - gold.rhs - answer.lhs + answer.rhs).doit() == 0:
        return True
    try:
        return bool(solve(gold, gold.free_symbols))
    except _FAULTS:
        return False


def _compare(gold: Any, answer: Any) -> dict[str, Any]:
    is_wide = any(size_of(side).is_wide for side in (gold, answer))
    gold_value, answer_value = _constant(gold), _constant(answer)
    if gold_value is not None and answer_value is not None:
        distance = _distance(gold_value, answer_value)
        if gold.has(Float) or answer.has(Float):
            # Decimals within an expression, such as 0.5 + 0.5i, hold as many digits as a double.
            is_close = not is_wide and _verified(gold, answer)
            equal = distance <= (_SAME_CONSTANT if is_close else _SAME_DOUBLE)
        else:
            equal = distance <= _SAME_VALUE and _same_exactly(gold, answer)
    elif gold == answer:
        equal = True
    else:
        has_decimals = gold.has(Float) or answer.has(Float)
        sampled = None if has_decimals else _sampled(gold, answer)
        equal = sampled is True or (sampled is None and not is_wide and _verified(gold, answer))
    return {
        "equal": equal,
        "goldValue": _decimal(gold_value),
        "answerValue": _decimal(answer_value),
    }


def _read_pair(gold: str, answer: str) -> tuple[Any, Any] | None:
    """Both sides; None where one cannot be read without losing a sign."""
    names = Names(is_real=not any(should_treat_as_complex(side) for side in (gold, answer)))
    try:
        trees = [modulo(side, names) or read(side, names) for side in (gold, answer)]
    except Lost:
        return None
    return trees[0], trees[1]


def grade_pair(gold: str, answer: str) -> dict[str, Any]:
    """Compares one answer with its reference.

    Args:
        gold: Reference, cleaned LaTeX.
        answer: Answer, cleaned LaTeX.

    Returns:
        ``equal``, and the decimal values of both sides where they are real constants.
    """
    pair = _read_pair(gold, answer)
    if pair is None:
        return {"equal": text_of(tokens_of(gold)) == text_of(tokens_of(answer))}
    return _compare(*pair)


def grade_batch(text: str) -> str:
    """Compares the pairs of a JSON list of ``{"gold", "answer"}``.

    The reply is a JSON list with the time of each pair. It ends early, behind a pair that ran out
    of time or when the batch has taken its time: the caller sends what is left once more.
    """
    results: list[dict[str, Any]] = []
    clock = PairClock()
    for case in json.loads(text):
        started = time.process_time()
        try:
            with clock:
                result = grade_pair(case["gold"], case["answer"])
        except (MemoryError, RecursionError, TooLarge, OutOfTime) as error:
            result = {"equal": False, "failed": type(error).__name__}
        results.append({**result, "ms": (time.process_time() - started) * 1000})
        if clock.is_batch_over:
            break
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
        (r"f'(x)+A^{T}", r"A^T+f'(x)"),
    )
    for gold, answer in pairs:
        grade_pair(gold, answer)
