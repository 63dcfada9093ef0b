"""The signs of LaTeX: how a text is parted, and which of them the grammar reads faithfully."""

import re
import unicodedata


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


class Lost(Exception):  # noqa: N818
    """A sign that the grammar would drop or misread: the text can be compared as text only."""


_TOKEN = re.compile(r"\\[a-zA-Z]+|\\.|\d+|\s+|.", re.DOTALL)
# Half-open intervals are closed by the other bracket.
_CLOSED_BY = {"(": (")", "]"), "[": (")", "]"), "{": ("}",), r"\{": (r"\}",)}
_CLOSING = frozenset(sign for signs in _CLOSED_BY.values() for sign in signs)

FUNCTIONS = _words(
    "sin cos tan cot sec csc arcsin arccos arctan arccot arcsec arccsc sinh cosh tanh arsinh "
    "arcosh artanh arcsinh arccosh arctanh log ln exp"
)
"""Functions that the grammar knows, written as commands."""

BIG_OPERATORS = frozenset(("sum", "prod", "int", "lim"))
"""Operators with limits below and above."""

FIGURES = frozenset(("angle", "triangle"))
"""Prefixes whose letters are points in an order, and no product."""

PREFIXES = _words("det dim ker sup inf arg Re Im deg angle triangle nabla max min limsup liminf")
"""Operators that the grammar drops: each makes a new name of what it stands before."""

WORDS_FOR_PREFIXES = _words("tr Tr trace rank Var Cov var cov adj sgn sign dim lcm gcd")
"""The same, written as text."""

ACCENTS = {
    "bar": "bar",
    "overline": "bar",
    "hat": "hat",
    "widehat": "hat",
    "tilde": "tilde",
    "widetilde": "tilde",
    "vec": "vec",
    "overrightarrow": "vec",
    "dot": "dot",
    "ddot": "ddot",
    "underline": "underline",
    "mathcal": "cal",
    "mathscr": "cal",
    "mathfrak": "frak",
    "mathbb": "bb",
    "check": "check",
    "breve": "breve",
    "mathring": "ring",
}
"""Commands that make another name of a letter; two that look alike share one."""

TYPEFACES = frozenset(("boldsymbol", "bm", "pmb", "mathbf", "mathrm", "mathit", "mathsf"))
"""Commands that change how a letter looks and not which it is."""

_LETTERS = _words(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi "
    "omicron rho varrho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta "
    "Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell hbar imath jmath varpi aleph wp"
)

PLAIN = (
    _words(
        "frac dfrac tfrac sqrt cdot times div pm mp le leq ge geq ne neq lt gt in notin cup cap "
        "setminus infty pi lfloor rfloor lceil rceil circ emptyset varnothing subset subseteq "
        "supset supseteq approx to rightarrow vert lvert rvert land lor star ast"
    )
    | FUNCTIONS
)
"""Commands that pass as they are."""

SETS = frozenset(("R", "Q", "N", "Z", "C"))
"""Letters that `\\mathbb` makes sets of numbers."""


def tokens_of(text: str) -> list[str]:
    """Parts a text into commands, numbers, letters, spaces and single signs.

    Greek letters become commands.
    """
    return [_command_of(token) if token > "\u036f" else token for token in _TOKEN.findall(text)]


def _command_of(sign: str) -> str:
    words = unicodedata.name(sign, "").split()
    if len(words) == 4 and words[0] == "GREEK" and words[2] == "LETTER":
        name = words[3].lower()
        return "\\" + (name if words[1] == "SMALL" else name.capitalize())
    return sign


def is_letter(token: str) -> bool:
    """Whether a token is a letter, of whichever alphabet."""
    return (len(token) == 1 and token.isascii() and token.isalpha()) or token[1:] in _LETTERS


def partners_of(tokens: list[str]) -> dict[int, int]:
    """Where each bracket is closed.

    Raises:
        Lost: If one has no partner.
    """
    open_at: list[int] = []
    partners: dict[int, int] = {}
    for at, token in enumerate(tokens):
        if token in _CLOSED_BY:
            open_at.append(at)
        elif token in _CLOSING:
            if not open_at or token not in _CLOSED_BY[tokens[open_at[-1]]]:
                raise Lost(token)
            partners[open_at.pop()] = at
    if open_at:
        raise Lost(tokens[open_at[-1]])
    return partners


def text_of(tokens: list[str]) -> str:
    r"""One text for what is written alike: no spaces, no `\text`, no braces around one sign."""
    text = "".join(token for token in tokens if not token.isspace() and token != r"\text")
    return re.sub(r"\{(\\[a-zA-Z]+|\w+)\}", r"\1", text)
