"""Spells a text so that the grammar of latex2sympy2 keeps every sign of it."""

from collections.abc import Callable
from typing import Any

import sympy
from latex_names import Names
from latex_signs import (
    ACCENTS,
    BIG_OPERATORS,
    FIGURES,
    FUNCTIONS,
    PLAIN,
    PREFIXES,
    TYPEFACES,
    WORDS_FOR_PREFIXES,
    Lost,
    is_letter,
)
from latex_tokens import Tokens, figure_key
from sympy import Integer, Symbol

_LEVELS = 3
"""Brackets within brackets that the grammar gets to see."""
_MAX_ARGUMENT = 2000
"""Largest argument of a double factorial that is worked out while reading."""
_BEHIND_NUMBER = frozenset(("_", "'", "\u2032", "\u2033", '"'))
_MISREAD = frozenset(("'", '"', "_", "`", "?", "#", "@"))
"""Signs that mean something only where a name or number stands before them."""


class Scan(Tokens):
    """One walk over the tokens of a text, from left to right."""

    def __init__(self, text: str, names: Names, read: Callable[[str], Any]) -> None:
        """Starts before the first token.

        Args:
            text: LaTeX.
            names: Names of the comparison.
            read: Reads a part of the text to a value.
        """
        super().__init__(text)
        self.written: set[str] = set()
        """Names that the tree must hold."""
        self._names = names
        self._read = read
        self._level = 0

    def spell_all(self) -> str:
        """The whole text, as the grammar is to read it."""
        return self._spell(0, len(self.tokens))

    def _spell(self, start: int, end: int) -> str:
        parts: list[str] = []
        at = start
        while at < end:
            part, at = self._item(at, end)
            parts.append(part)
        return "".join(parts)

    def _item(self, at: int, end: int) -> tuple[str, int]:
        token = self.tokens[at]
        name = token[1:] if token.startswith("\\") else ""
        word = self._function_word(at)
        if word is not None:
            return f"\\{word} ", at + len(word)
        if token == r"\Gamma" and self._next(at + 1) in self._partner:
            return token, at + 1
        if token == r"\text" and self._text(at) in WORDS_FOR_PREFIXES:
            return self._prefix(self._text(at), self._partner[self._next(at + 1)] + 1, end)
        if is_letter(token) or name in ACCENTS or token == r"\text":
            return self._noun(at, end)
        if name in TYPEFACES:
            return "", at + 1
        if token.isdigit():
            return self._number(at, end)
        if token == "!" and self._factorials(at) > 1:
            raise Lost("!!")
        if at in self._partner:
            return self._group(at, end)
        if name in BIG_OPERATORS:
            return self._limits(token, at + 1)
        if name in PREFIXES and not (
            name in ("max", "min") and self._next(at + 1) in self._partner
        ):
            return self._prefix(name, at + 1, end)
        if name in ("gcd", "lcm"):
            return self._prefix(name, at + 1, end)
        if name in ("binom", "tbinom", "dbinom"):
            return self._binomial(at + 1)
        if token == r"\bmod":
            raise Lost(token)
        if name == "lg":
            return r"\log ", at + 1
        if name in ("begin", "end"):
            return self._environment(at)
        if token == r"\times" and not self._commutes(at):
            raise Lost(token)
        if name in PLAIN or name in ("max", "min"):
            return self._command(token, at)
        if token in _MISREAD or (name and name.isalpha()):
            raise Lost(token)
        if token == "^":
            return "^", at + 1
        if not token.isascii():
            raise Lost(token)
        return token, at + 1

    def _command(self, token: str, at: int) -> tuple[str, int]:
        """A command keeps its distance from a letter behind it."""
        if token[1:] == "log" or token[1:] in FUNCTIONS:
            return self._limits(token, at + 1)
        follows = self.tokens[at + 1 : at + 2]
        return token + (" " if follows and follows[0].isalpha() else ""), at + 1

    def _limits(self, token: str, at: int) -> tuple[str, int]:
        """An operator with what stands below and above it."""
        parts = [token]
        while at < len(self.tokens) and self.tokens[at] in ("_", "^"):
            parts.append(self.tokens[at])
            at = self._next(at + 1)
            if at >= len(self.tokens):
                raise Lost(token)
            stop = self._partner[at] + 1 if at in self._partner else at + 1
            parts.append(self._spell(at, stop))
            at = stop
        return "".join(parts) + " ", at

    def _noun(self, at: int, end: int) -> tuple[str, int]:
        """A name with its accents, marks and subscripts, and what it is applied to."""
        base, stop = self._base(at)
        if base is None:
            return self._plain_text(at)
        key, stop = self._marked(base, stop)
        call = self._next(stop)
        if call in self._partner and call < end and self._is_called(base, key, call):
            return self._call(key, call)
        if self._factorials(stop) == 2:
            return self._with_factorial(self._read("".join(self.tokens[at:stop])), stop)
        if (
            key != base
            or len(base) > 1
            or base in ("E", "I")
            or (base == "d" and not self._is_calculus)
        ):
            if base == "I" == key and self._is_factor(at):
                return " i", stop
            if base == "E" and self._is_exponent_sign(at):
                return "E", stop
            return self._spelled(self._names.symbol(key)), stop
        if base != "d":
            self.written.add(base)
        return base, stop

    def _spelled(self, symbol: Symbol) -> str:
        self.written.add(symbol.name)
        return f"\\text{{{symbol.name}}}"

    def _plain_text(self, at: int) -> tuple[str, int]:
        r"""`\mathbb{R}`; a function's name, a segment's letters, what is underlined."""
        start = self._next(at + 1)
        stop = self._partner.get(start, start) + 1
        if self.tokens[at] == r"\mathbb":
            return "".join(self.tokens[at:stop]), stop
        inside = "".join(self.tokens[start + 1 : stop - 1]).strip()
        if inside in FUNCTIONS:
            return self._limits(f"\\{inside}", stop)
        return self._spell(start + 1, stop - 1) if start in self._partner else inside, stop

    def _call(self, key: str, at: int) -> tuple[str, int]:
        value = self._names.function(key)(*self._arguments(at))
        return self._with_factorial(self._names.stand_in(value), self._partner[at] + 1)

    def _arguments(self, at: int) -> list[Any]:
        """Arguments between brackets, separated by commas."""
        parts: list[list[str]] = [[]]
        inner, stop = at + 1, self._partner[at]
        while inner < stop:
            token = self.tokens[inner]
            if token == ",":
                parts.append([])
                inner += 1
                continue
            after = self._partner.get(inner, inner) + 1
            parts[-1].extend(self.tokens[inner:after])
            inner = after
        return [self._read("".join(part)) for part in parts]

    def _number(self, at: int, end: int) -> tuple[str, int]:
        token, after = self.tokens[at], at + 1
        follows = self.tokens[after] if after < end else ""
        if follows in _BEHIND_NUMBER:
            # A numeral of another base, feet and inches: no plain number.
            if follows == '"':
                return self._spelled(self._names.symbol(f'{token}"')), after + 1
            key, stop = self._marked(token, after)
            return self._spelled(self._names.symbol(key)), stop
        if follows == "." and self.tokens[after + 1 : after + 2] == [r"\overline"]:
            raise Lost(r"\overline")
        if self._factorials(after) == 2:
            return self._with_factorial(Integer(token), after)
        return token, after

    def _group(self, at: int, end: int) -> tuple[str, int]:
        """A pair of brackets, with a mark behind them."""
        stop = self._partner[at]
        after = stop + 1
        inside = self._inside(at)
        follows = self.tokens[after] if after < end else ""
        if self.tokens[stop] == ")" and follows in ("'", "^"):
            key, marked = self._marked("", after)
            if key == "^T" and not (inside.isalpha() and inside.isupper()):
                return self._bracketed(at) + "^{ T}", marked
            if key:
                value = self._names.function(key)(self._read(inside))
                return self._spelled(self._names.stand_in(value)), marked
        if self.tokens[stop] == ")" and self._factorials(after) == 2:
            return self._with_factorial(self._read(inside), after)
        return self._bracketed(at), after

    def _bracketed(self, at: int) -> str:
        """Brackets deep within brackets are read apart: the grammar slows down by level."""
        stop = self._partner[at]
        while (
            self._partner.get(at + 1) == stop - 1 and self.tokens[at] == self.tokens[at + 1] == "("
        ):
            at, stop = at + 1, stop - 1
        if self._level >= _LEVELS and not self._is_script(at):
            return f"{{{self._spelled(self._names.stand_in(self._read(self._inside(at))))}}}"
        self._level += 1
        inside = self._spell(at + 1, stop)
        self._level -= 1
        return f"{self.tokens[at]}{inside}{self.tokens[stop]}"

    def _with_factorial(self, value: Any, at: int) -> tuple[str, int]:
        """`n!!` is no factorial of a factorial."""
        count = self._factorials(at)
        if count == 2:
            if value.is_number and not (value.is_Integer and 0 <= value <= _MAX_ARGUMENT):
                raise Lost("!!")
            return self._spelled(self._names.stand_in(sympy.factorial2(value))), at + 2
        if isinstance(value, Symbol):
            return self._spelled(value), at
        return self._spelled(self._names.stand_in(value)), at

    def _prefix(self, name: str, at: int, end: int) -> tuple[str, int]:
        """An operator with what it stands before: a bracket, or the letters behind it."""
        below = ""
        start = self._next(at)
        if start < end and self.tokens[start] == "_":
            below, start = self._script(start + 1)
            start = self._next(start)
        if start in self._partner and start < end:
            arguments, stop = self._arguments(start), self._partner[start] + 1
        else:
            letters, stop = self._letters(start, end)
            if not letters:
                raise Lost(name)
            if name in FIGURES:
                return self._spelled(self._names.symbol(figure_key(name, letters))), stop
            arguments = [self._read("".join(self.tokens[start:stop]))]
        if name in ("gcd", "lcm"):
            return self._divisor(name, arguments), stop
        value = self._names.function(f"{name}_{below}")(*arguments)
        return self._spelled(self._names.stand_in(value)), stop

    def _divisor(self, name: str, arguments: list[Any]) -> str:
        """Of numbers it is a number; of letters sympy would say 1."""
        if all(argument.is_Integer for argument in arguments):
            return str(sympy.gcd(arguments) if name == "gcd" else sympy.lcm(arguments))
        value = self._names.function(name)(*sorted(arguments, key=sympy.srepr))
        return self._spelled(self._names.stand_in(value))

    def _binomial(self, at: int) -> tuple[str, int]:
        """Not left to the grammar, which would work it out at once."""
        sides: list[Any] = []
        for _ in range(2):
            at = self._next(at)
            if at >= len(self.tokens):
                raise Lost("binom")
            stop = self._partner.get(at, at) + 1
            part = self.tokens[at + 1 : stop - 1] if at in self._partner else [self.tokens[at]]
            sides.append(self._read("".join(part)))
            at = stop
        value = sympy.binomial(*sides, evaluate=False)
        return self._spelled(self._names.stand_in(value)), at

    def _environment(self, at: int) -> tuple[str, int]:
        r"""`\begin{array}{cc}` as it stands."""
        stop = self._partner.get(at + 1, at) + 1
        if self.tokens[at] == r"\begin" and self.tokens[stop - 2 : stop - 1] == ["y"]:
            stop = self._partner.get(stop, stop - 1) + 1
        return "".join(self.tokens[at:stop]), stop
