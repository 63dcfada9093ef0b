"""The names of one comparison, and what stands for values that the grammar cannot read."""

from typing import Any

import sympy
from sympy import Function, Symbol


class Names:
    """The names of one comparison: equal names on both sides are one symbol."""

    def __init__(self, *, is_real: bool) -> None:
        self.is_real = is_real
        self._symbols: dict[str, Symbol] = {}
        self._values: dict[Symbol, Any] = {}

    def symbol(self, key: str) -> Symbol:
        """The symbol of a name. Its own name has no capital, which math-verify would fold."""
        if key not in self._symbols:
            self._symbols[key] = Symbol(f"q{len(self._symbols)}", real=self.is_real)
        return self._symbols[key]

    def stand_in(self, value: Any) -> Symbol:
        """A symbol in place of a value that the grammar could not read."""
        symbol = self.symbol(f"= {sympy.srepr(value)}")
        self._values[symbol] = value
        return symbol

    def function(self, key: str) -> Any:
        """An undefined function of a name."""
        return Function(self.symbol(f"{key}()").name)

    def depends(self, symbol: Symbol, variable: Symbol) -> bool:
        """Whether the subscript of a name holds the variable, as that of `a_n` does."""
        key = next((key for key, known in self._symbols.items() if known == symbol), "")
        return variable.name in key.partition("_")[2]

    def resolve(self, tree: Any) -> Any:
        """Puts values back in place of the symbols that stand for them."""
        if not self._values or not tree.free_symbols & self._values.keys():
            return tree
        with sympy.evaluate(False):
            return tree.xreplace(self._values)
