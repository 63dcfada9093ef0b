"""Reads LaTeX into sympy without losing a sign on the way.

The grammar of latex2sympy2 takes `R` for `r`, drops primes, `^T` and the bases of numerals, and
reads `f^{-1}(x)` as a power. So a name with its marks becomes a symbol of its own before the
grammar sees it, an applied function and a postfix mark become a symbol that stands for their value,
and whatever the grammar is not known to keep makes the reading fail. Afterwards every name that was
written must be found in what was read.
"""

import re
from typing import Any

import sympy
from latex2sympy2_extended.latex2sympy2 import ConversionConfig, NormalizationConfig, latex2sympy
from latex2sympy2_extended.math_normalization import normalize_latex
from latex_names import Names
from latex_scan import Scan
from latex_signs import Lost, text_of, tokens_of
from sympy import (
    Basic,
    Derivative,
    Expr,
    I,
    Integral,
    Limit,
    MatrixBase,
    Mod,
    Product,
    Sum,
    Symbol,
)
from sympy.core.function import AppliedUndef

_NORMALIZATION = NormalizationConfig(
    basic_latex=True,
    units=False,
    malformed_operators=True,
    nits=True,
    boxed="none",
    equations=False,
)
_CONVERSION = ConversionConfig(lowercase_symbols=False)
_MAX_DEPTH = 12
# In `2i` the grammar would see a real variable, in `2 i` the imaginary unit.
_PRODUCT_WITH_I = re.compile(r"(?<=[\d}])i(?![a-zA-Z])")
# An odd root of a negative number is the real one, not the principal one.
_ODD_ROOT = re.compile(r"\\sqrt\[(\d*[13579])\]\{\s*-\s*(\d+)\s*\}")


def read(text: str, names: Names, depth: int = 0) -> Any:
    """Reads a text.

    Raises:
        Lost: If a sign of the text would be lost, or the grammar does not know it.
    """
    if depth > _MAX_DEPTH:
        raise Lost(text)
    text = _PRODUCT_WITH_I.sub(" i", text)
    text = _ODD_ROOT.sub(r"(-\\sqrt[\1]{\2})", text)
    scan = Scan(text, names, lambda part: _read_value(part, names, depth + 1))
    tree = _parse(scan.spell_all(), names)
    _check_names(tree, scan.written)
    tree = _keep_derivatives(names.resolve(_rename_functions(tree, names)), names)
    _check_operators(tree, names)
    return tree


def _read_value(text: str, names: Names, depth: int) -> Any:
    value = read(text, names, depth)
    if not isinstance(value, Expr):
        raise Lost(text)
    return value


def _parse(spelled: str, names: Names) -> Any:
    try:
        tree = latex2sympy(
            normalize_latex(spelled, _NORMALIZATION),
            is_real=names.is_real,
            convert_degrees=False,
            normalization_config=None,
            conversion_config=_CONVERSION,
        )
    except (MemoryError, RecursionError):
        raise
    except Exception as error:
        # The grammar raises bare exceptions, sympy whatever its constructors find.
        raise Lost(spelled) from error
    if not isinstance(tree, Basic | MatrixBase) or tree in (sympy.true, sympy.false):
        raise Lost(spelled)
    return tree


def _check_names(tree: Any, written: set[str]) -> None:
    """Every name that was written must be there."""
    found: set[str] = set()
    for node in sympy.preorder_traversal(tree):
        if isinstance(node, Symbol):
            found.add(node.name)
        elif isinstance(node, AppliedUndef):
            found.add(text_of(tokens_of(node.func.__name__)))
        elif node == sympy.E or isinstance(node, sympy.exp):
            found.add("e")
        elif node == I:
            found.add("i")
    if not written <= found:
        raise Lost(str(written - found))


def _check_operators(tree: Any, names: Names) -> None:
    """No operator may act on what hides how it depends on the variable.

    Sympy would take it for a constant.
    """
    for node in sympy.preorder_traversal(tree):
        if isinstance(node, Limit) and node.args[0].has(AppliedUndef):
            raise Lost(str(node))
        if isinstance(node, Derivative | Limit | Sum | Product | Integral):
            body, bound = node.args[0], node.args[1]
            variable = bound.args[0] if bound.args else bound
            if any(names.depends(symbol, variable) for symbol in body.free_symbols):
                raise Lost(str(node))


def _keep_derivatives(tree: Any, names: Names) -> Any:
    """`dy/dx` is a value of its own: sympy would say that `y` does not depend on `x`."""
    unknown = {
        node: names.function("derivative")(node.args[0], *node.args[1])
        for node in tree.atoms(Derivative)
        if node.args[1].args[0] not in node.args[0].free_symbols and node.args[0].free_symbols
    }
    if not unknown:
        return tree
    with sympy.evaluate(False):
        return tree.xreplace(unknown)


def _rename_functions(tree: Any, names: Names) -> Any:
    calls = tree.atoms(AppliedUndef)
    if not calls:
        return tree
    with sympy.evaluate(False):
        return tree.xreplace(
            {call: names.function(call.func.__name__)(*call.args) for call in calls}
        )


def modulo(text: str, names: Names) -> Any | None:
    r"""The value of `7 \bmod 3`; None for any other text."""
    left, found, right = text.partition(r"\bmod")
    if not found or r"\bmod" in right:
        return None
    sides = [read(side, names) for side in (left, right)]
    return Mod(*sides) if all(side.is_Integer and side > 0 for side in sides) else None
