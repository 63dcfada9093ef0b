"""How large an expression would become, found without working it out."""

import math
from dataclasses import dataclass
from typing import Any

from sympy import (
    Add,
    Float,
    Integral,
    Mul,
    Pow,
    Product,
    Rational,
    Sum,
    Symbol,
    exp,
    factorial,
    preorder_traversal,
)
from sympy.functions.combinatorial.factorials import factorial2
from sympy.functions.special.gamma_functions import gamma

MAX_BITS = 50_000
"""Bits of an exact number that is worked out: 15,000 digits."""
_MAX_SAMPLED_BITS = 500_000
_MAX_TERMS = 300
_MAX_NODES = 2_000
_VARIABLE_BITS = 11.0
"""Variables are given values up to 1,500."""


class TooLarge(Exception):  # noqa: N818
    """An expression that nobody should work out."""


@dataclass(frozen=True)
class Size:
    """An upper bound."""

    bits: float
    """Logarithm of the largest absolute value, and of numerators and denominators, to base 2."""
    terms: float
    """Terms after expansion."""

    @property
    def is_wide(self) -> bool:
        """Whether expanding takes too long; single values can still be compared."""
        return self.terms > _MAX_TERMS


def size_of(tree: Any) -> Size:
    """Bounds an expression.

    Raises:
        TooLarge: If not even single values can be worked out.
    """
    if sum(1 for _ in preorder_traversal(tree)) > _MAX_NODES:
        raise TooLarge
    return _size(tree, {})


def _size(node: Any, bound: dict[Any, float]) -> Size:
    if isinstance(node, Float):
        return Size(min(abs(math.log2(abs(node))), 1e4) if node else 1.0, 1)
    if isinstance(node, Rational):
        return Size(math.log2(max(abs(node.p), node.q, 2)), 1)
    if isinstance(node, Symbol):
        return Size(bound.get(node, _VARIABLE_BITS), 1)
    if isinstance(node, Pow):
        # A power of a variable is worked out as a decimal, whose size costs nothing.
        return _limited(_power(node, bound), node, inexact=bool(node.exp.free_symbols))
    if isinstance(node, Sum | Product | Integral):
        return _limited(_over_range(node, bound), node)
    parts = [_size(part, bound) for part in getattr(node, "args", ()) if hasattr(part, "args")]
    if not parts:
        return Size(4.0, 1)
    largest, terms = max(part.bits for part in parts), sum(part.terms for part in parts)
    if isinstance(node, Mul):
        bits = sum(part.bits for part in parts)
        return _limited(Size(bits, math.prod(part.terms for part in parts)), node)
    if isinstance(node, Add):
        return Size(largest + math.log2(len(parts)), terms)
    if isinstance(node, exp):
        return _limited(Size(1.5 * _value(largest), 1), node, inexact=True)
    if isinstance(node, factorial | factorial2 | gamma):
        return _limited(Size(_value(largest) * max(largest, 1.0), 1), node)
    return Size(largest + 2, terms)


def _value(bits: float) -> float:
    if bits > 60:
        raise TooLarge
    return float(2**bits)


def _power(node: Pow, bound: dict[Any, float]) -> Size:
    base, exponent = _size(node.base, bound), _size(node.exp, bound)
    times = _value(exponent.bits) if not isinstance(node.exp, Rational) else abs(float(node.exp))
    terms = 1.0
    if base.terms > 1 and times > 1:
        # Ways to choose `times` out of the terms.
        count = base.terms - 1
        terms = math.exp(
            min(
                math.lgamma(times + count + 1) - math.lgamma(times + 1) - math.lgamma(count + 1), 99
            )
        )
    return Size(base.bits * times, terms * exponent.terms)


def _over_range(node: Any, bound: dict[Any, float]) -> Size:
    """A sum or product over a range: its variable is as large as the upper end."""
    inner = dict(bound)
    count = 0.0
    for variable, *ends in (limit.args for limit in node.args[1:]):
        sizes = [_size(end, bound) for end in ends]
        inner[variable] = max([_VARIABLE_BITS, *(size.bits for size in sizes)])
        count += max([0.0, *(size.bits for size in sizes)])
    body = _size(node.args[0], inner)
    if isinstance(node, Product) and not node.free_symbols:
        return Size(body.bits * _value(count), body.terms)
    return Size(body.bits + count, body.terms)


def _limited(size: Size, node: Any, *, inexact: bool = False) -> Size:
    limit = 2**60 if inexact else _MAX_SAMPLED_BITS if node.free_symbols else MAX_BITS
    if size.bits > limit:
        raise TooLarge
    return size
