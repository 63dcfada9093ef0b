"""Whether code may share a process with other candidates of its node.

A whitelist over the syntax tree: what is not known to be harmless runs in a process of its own. It
bounds what code can reach by name, so that it can change nothing but what it made itself: no name
of the interpreter's machinery, no attribute beyond a list, none assigned, no class and no generator
(both can have code run after the end of the step), no import beyond a list.
"""

import ast
import builtins
import sys
from collections.abc import Callable

from supervisor.harmless_names import ATTRIBUTES, BUILTINS, MODULES, TAKING_EXPRESSIONS

MOST_CHARACTERS = 20_000
"""Longer code runs alone."""

_FORBIDDEN_NAMES = frozenset(dir(builtins)) - BUILTINS
_PLAIN: frozenset[type[ast.AST]] = frozenset(
    {
        ast.Module, ast.Expression, ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Delete,
        ast.For, ast.While, ast.If, ast.Pass, ast.Break, ast.Continue, ast.Return, ast.Global,
        ast.Nonlocal, ast.Assert, ast.Raise, ast.Try, ast.arguments, ast.keyword, ast.Lambda,
        ast.BoolOp, ast.NamedExpr, ast.BinOp, ast.UnaryOp, ast.IfExp, ast.Dict, ast.Set,
        ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.comprehension, ast.Compare,
        ast.FormattedValue, ast.JoinedStr, ast.Subscript, ast.Starred, ast.List, ast.Tuple,
        ast.Slice, ast.Load, ast.Store, ast.Del, ast.And, ast.Or, ast.Not, ast.Invert, ast.UAdd,
        ast.USub, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow,
        ast.LShift, ast.RShift, ast.BitOr, ast.BitXor, ast.BitAnd, ast.MatMult, ast.Eq, ast.NotEq,
        ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Is, ast.IsNot, ast.In, ast.NotIn,
    }
)  # fmt: skip
"""Kinds of nodes that need no look at what they hold, beside their children."""


def is_harmless(tree: ast.AST) -> bool:
    """Tell whether every node of the tree is on the whitelist."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        kind = type(node)
        if kind not in _PLAIN:
            check = _CHECKS.get(kind)
            if check is None or not check(node):
                return False
        for name in node._fields:
            value = getattr(node, name, None)
            if type(value) is list:
                waiting += [one for one in value if isinstance(one, ast.AST)]
            elif isinstance(value, ast.AST):
                waiting.append(value)
    return True


def _is_own_name(name: str) -> bool:
    """Tell whether a name is the code's own, or of a harmless builtin."""
    return name not in _FORBIDDEN_NAMES and not name.startswith("__")


def _name(node: ast.Name) -> bool:
    return _is_own_name(node.id) or (node.id == "__name__" and type(node.ctx) is ast.Load)


def _attribute(node: ast.Attribute) -> bool:
    return type(node.ctx) is ast.Load and node.attr in ATTRIBUTES


def _constant(node: ast.Constant) -> bool:
    return type(node.value) is not bytes


def _call(node: ast.Call) -> bool:
    """Refuse texts as expressions, which need no tripwire then."""
    function = node.func
    name = function.attr if type(function) is ast.Attribute else getattr(function, "id", "")
    return name not in TAKING_EXPRESSIONS or not any(
        type(one) is ast.Constant and type(one.value) is str for one in node.args
    )


def _import(node: ast.Import) -> bool:
    return all(one.name in MODULES and _is_own_name(one.asname or one.name) for one in node.names)


def _import_from(node: ast.ImportFrom) -> bool:
    allowed = MODULES.get(node.module or "")
    if allowed is None or node.level:
        return False
    return all(
        _may_star(node.module or "")
        if one.name == "*"
        else one.name in allowed and _is_own_name(one.asname or one.name)
        for one in node.names
    )


def _may_star(name: str) -> bool:
    """Only a module that is there, and all of whose names are harmless: others bring anything."""
    module = sys.modules.get(name)
    if module is None:
        return False
    names = getattr(module, "__all__", None)
    if names is None:
        names = [one for one in dir(module) if not one.startswith("_")]
    return MODULES[name].issuperset(names)


def _definition(node: ast.FunctionDef) -> bool:
    return not node.decorator_list and _is_own_name(node.name)


def _argument(node: ast.arg) -> bool:
    return _is_own_name(node.arg)


def _handler(node: ast.ExceptHandler) -> bool:
    return node.name is None or _is_own_name(node.name)


_CHECKS: dict[type[ast.AST], Callable[..., bool]] = {
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Constant: _constant,
    ast.Call: _call,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.FunctionDef: _definition,
    ast.arg: _argument,
    ast.ExceptHandler: _handler,
    ast.alias: lambda _: True,
}
