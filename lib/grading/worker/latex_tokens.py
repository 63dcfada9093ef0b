"""The tokens of a text, and what stands where among them; knows no values."""

import re

from latex_signs import ACCENTS, FUNCTIONS, SETS, Lost, is_letter, partners_of, text_of, tokens_of

_MARKS = frozenset(("*", r"\ast", r"\star", r"\dagger", r"\top", r"\intercal", r"\perp", "+", "-"))
_PRIMES = {"'": 1, "\u2032": 1, "\u2033": 2}
_CALLED = frozenset("fghFGH")
"""Letters before a bracket that name a function, whatever the bracket holds."""
_CALLED_ON_VARIABLES = frozenset("EPV")
"""Expectation, probability, variance: only before a capital letter, for `P(1+r)` is a product."""


def figure_key(name: str, points: list[str]) -> str:
    """The key of an angle, read from either side, or of a triangle, from any corner."""
    order = sorted(points) if name == "triangle" else min(points, points[::-1])
    return f"{name}({','.join(order)})"


class Tokens:
    """A text in tokens, with the partner of every bracket."""

    def __init__(self, text: str) -> None:
        self.tokens = tokens_of(text)
        self._partner = partners_of(self.tokens)
        self._is_calculus = r"\int" in self.tokens or any(
            self._is_derivative(at) for at, token in enumerate(self.tokens) if token == r"\frac"
        )
        self._has_vectors = any(t in (r"\vec", r"\overrightarrow") for t in self.tokens)

    def _is_derivative(self, at: int) -> bool:
        """Whether a fraction is `d` or `dy` by `dx`."""
        above = self._next(at + 1)
        below = self._next(self._partner.get(above, above) + 1)
        starts = [self.tokens[side + 1 : side + 2] for side in (above, below)]
        variable = self._next(below + 2)
        return starts == [["d"], ["d"]] and is_letter("".join(self.tokens[variable : variable + 1]))

    def _function_word(self, at: int) -> str | None:
        """`sin(x)`, written without its backslash."""
        if not self.tokens[at].isalpha() or (at > 0 and self.tokens[at - 1].isalpha()):
            return None
        stop = at
        while (
            stop < len(self.tokens) and len(self.tokens[stop]) == 1 and self.tokens[stop].isalpha()
        ):
            stop += 1
        word = "".join(self.tokens[at:stop])
        return word if word in FUNCTIONS and self._next(stop) in self._partner else None

    def _commutes(self, at: int) -> bool:
        """A product with a cross does not where vectors, matrices or sets are multiplied."""
        sides = (self.tokens[:at], self.tokens[at + 1 :])
        near = [
            next((t for t in side if not t.isspace()), "") for side in (sides[0][::-1], sides[1])
        ]
        return not self._has_vectors and not all(t.isalpha() and t.isupper() for t in near)

    def _base(self, at: int) -> tuple[str | None, int]:
        """A letter, an accented one, or a word; None for text that is no name of its own."""
        token = self.tokens[at]
        if is_letter(token):
            return token, at + 1
        start = self._next(at + 1)
        if start >= len(self.tokens):
            raise Lost(token)
        stop = self._partner[start] + 1 if start in self._partner else start + 1
        inner = (
            self.tokens[start + 1 : stop - 1] if start in self._partner else [self.tokens[start]]
        )
        content = text_of(inner)
        if token == r"\text":
            return self._word("".join(inner).strip(), stop)
        accent = ACCENTS[token[1:]]
        if accent == "bb" and content in SETS:
            return None, stop
        if content.isdigit() or not content:
            raise Lost(token)
        if token == r"\overline" and content.isalpha() and content.isupper() and len(content) > 1:
            return None, stop
        if accent == "underline":
            return None, stop
        return f"{accent}({content})", stop

    def _letters(self, at: int, end: int) -> tuple[list[str], int]:
        """The names that stand side by side, with their marks."""
        keys: list[str] = []
        while at < end and (is_letter(self.tokens[at]) or self.tokens[at][1:] in ACCENTS):
            base, stop = self._base(at)
            if base is None:
                raise Lost(self.tokens[at])
            key, at = self._marked(base, stop)
            keys.append(key)
        return keys, at

    def _text(self, at: int) -> str:
        r"""Text that a `\text` holds."""
        start = self._next(at + 1)
        return "".join(self.tokens[start + 1 : self._partner.get(start, start)]).strip()

    def _word(self, text: str, stop: int) -> tuple[str | None, int]:
        if text in FUNCTIONS or (text.isalpha() and text.isupper() and len(text) > 1):
            return None, stop
        if is_letter(text):
            return text, stop
        if not text:
            raise Lost(r"\text")
        return f"word({text})", stop

    def _marked(self, base: str, at: int) -> tuple[str, int]:
        """The key of a name: its base with subscript, primes and marks in one order."""
        below, above, primes = "", "", 0
        while at < len(self.tokens):
            start = self._next(at)
            token = self.tokens[start] if start < len(self.tokens) else ""
            if token in _PRIMES:
                primes += _PRIMES[token]
                at = start + 1
                continue
            if token not in ("_", "^"):
                break
            content, stop = self._script(start + 1)
            if token == "_":
                below += content
            elif content and set(re.findall(r"\\prime|.", content)) == {r"\prime"}:
                primes += content.count(r"\prime")
            elif re.fullmatch(r"\([1-9]\)", content) and self._next(stop) in self._partner:
                # `f^{(2)}(x)` is `f''(x)`.
                primes += int(content[1])
            elif self._is_mark(base, content, stop):
                above += content.replace(r"\top", "T").replace(r"\ast", "*")
            else:
                break
            at = stop
        return base + (f"_{below}" if below else "") + "'" * primes + (
            f"^{above}" if above else ""
        ), at

    def _script(self, at: int) -> tuple[str, int]:
        at = self._next(at)
        if at >= len(self.tokens):
            raise Lost("script")
        stop = self._partner.get(at, at) + 1
        inner = self.tokens[at + 1 : stop - 1] if at in self._partner else [self.tokens[at]]
        return text_of(inner), stop

    def _is_mark(self, base: str, content: str, stop: int) -> bool:
        """Whether a superscript is part of a name: star, transpose, inverse, derivative."""
        if content in _MARKS:
            return True
        if content == "T":
            return base != "e"
        if content == "-1":
            return base in _CALLED
        if re.fullmatch(r"\(\w+\)", content):
            return is_letter(base) and base != "e"
        return content.startswith("(") and base.isalpha() and self._next(stop) in self._partner

    def _is_called(self, base: str, key: str, at: int) -> bool:
        if self.tokens[at] == "{" or self.tokens[at] == r"\{":
            return False
        if base in _CALLED or base.startswith("word("):
            return True
        inside = self.tokens[at + 1 : self._partner[at]]
        if base in _CALLED_ON_VARIABLES and any(t.isalpha() and t.isupper() for t in inside):
            return True
        return "'" in key or "^(" in key or key.endswith("^-1")

    def _inside(self, at: int) -> str:
        return "".join(self.tokens[at + 1 : self._partner[at]])

    def _is_script(self, at: int) -> bool:
        """A limit such as `k=1` is no expression, nor is what stands in a bracket with commas."""
        return self.tokens[at - 1 : at] == ["_"] or "," in self.tokens[at : self._partner[at]]

    def _factorials(self, at: int) -> int:
        count = 0
        while at + count < len(self.tokens) and self.tokens[at + count] == "!":
            count += 1
        return count

    def _is_factor(self, at: int) -> bool:
        """`3*I`, as sympy prints the imaginary unit."""
        return self.tokens[at - 1 : at] == ["*"] or self.tokens[at + 1 : at + 2] == ["*"]

    def _is_exponent_sign(self, at: int) -> bool:
        """`1.5E3`."""
        before, after = self.tokens[at - 1 : at], self.tokens[at + 1 : at + 2]
        return bool(before and after and before[0].isdigit() and after[0].isdigit())

    def _next(self, at: int) -> int:
        """The next token that is no space."""
        while at < len(self.tokens) and self.tokens[at].isspace():
            at += 1
        return at
