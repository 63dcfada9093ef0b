"""Runs one code of a step and says how it ended.

Everything is bound as a default argument, because an earlier step may have patched builtins and
modules; that is for the sake of honest outcomes, not of safety.
"""

import sys
import types
from _ast import Expr, Expression
from typing import Any

_ONLY_AST = 0x400
_MESSAGE_CHARACTERS = 2000
_TYPE_CHARACTERS = 200
_END_SLACK = 64
"""Printing this many times the limit ends a step that goes on printing."""


class _OutputLimit(BaseException):
    """Ends a step that prints without end."""


class _Sink:
    """Stand-in for ``sys.stdout``: keeps the beginning of the text and counts bytes of UTF-8.

    Bounded for the sake of memory; the supervisor cuts again.
    """

    encoding = "utf-8"
    errors = "strict"
    closed = False

    def __init__(self, limit: int, kept: int) -> None:
        self.limit = limit
        self.kept = kept
        self.size = 0
        self.text = ""

    def write(
        self,
        text: str,
        *,
        _len: Any = len,
        _isinstance: Any = isinstance,
        _str: Any = str,
        _encode: Any = str.encode,
    ) -> int:
        if not _isinstance(text, _str):
            raise TypeError("write() argument must be str")
        length: int = _len(text)
        if self.size <= self.limit and length <= self.limit:
            self.size += _len(_encode(text, "utf-8", "surrogatepass"))
        else:
            self.size += length
        room = self.kept - _len(self.text)
        if room > 0:
            self.text += text[:room]
        if self.size > _END_SLACK * self.limit:
            raise _OutputLimit
        return length

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def fileno(self) -> int:
        raise OSError("no descriptor: the output of a step is text")


class CodeOutcome:
    """How one code ended. Plain strings and numbers only."""

    __slots__ = ("kind", "line", "message", "status", "text", "value")

    def __init__(self) -> None:
        self.status = "ok"
        self.text = ""
        self.value: str | None = None
        self.kind: str | None = None
        self.message = ""
        self.line: int | None = None


_traceback_of = BaseException.__dict__["__traceback__"].__get__
_name_of = type.__dict__["__name__"].__get__


def _line_in(
    error: BaseException,
    name: str,
    *,
    _traceback: Any = _traceback_of,
    _type: Any = type,
    _traceback_type: Any = types.TracebackType,
) -> int | None:
    """Line of the innermost frame that belongs to the code ``name``."""
    line = None
    step = _traceback(error)
    while _type(step) is _traceback_type:
        if step.tb_frame.f_code.co_filename == name:
            line = step.tb_lineno
        step = step.tb_next
    return line


def _describe(
    outcome: CodeOutcome,
    error: Any,
    name: str,
    compiled: bool,
    *,
    _name: Any = _name_of,
    _type: Any = type,
    _str: Any = str,
    _int: Any = int,
    _base: Any = BaseException,
    _syntax: Any = SyntaxError,
    _isinstance: Any = isinstance,
    _line: Any = _line_in,
    _types: int = _TYPE_CHARACTERS,
    _messages: int = _MESSAGE_CHARACTERS,
) -> None:
    """Write down an exception. Its own methods run here, inside the time limit."""
    outcome.status = "error"
    outcome.kind = _name(_type(error))[:_types]
    try:
        if not compiled and _isinstance(error, _syntax):
            outcome.message = _str(error.msg)[:_messages]
            outcome.line = error.lineno if _type(error.lineno) is _int else None
        else:
            outcome.line = _line(error, name)
            outcome.message = _str(error)[:_messages]
    except _base:
        outcome.message = "the exception cannot be shown"


_code_of = SystemExit.__dict__["code"].__get__


def _ended_well(
    error: SystemExit,
    *,
    _code: Any = _code_of,
    _type: Any = type,
    _int: Any = int,
    _bool: Any = bool,
) -> bool:
    """Whether a program ended itself as one that succeeded: ``exit()``, ``sys.exit(0)``."""
    code = _code(error)
    kind = _type(code)
    # Not compared by ==, which may be the step's own.
    return code is None or ((kind is _int or kind is _bool) and code == 0)


def compile_code(
    code: Any,
    name: str,
    *,
    _compile: Any = compile,
    _expr: Any = Expr,
    _expression: Any = Expression,
    _type: Any = type,
) -> tuple[Any, Any]:
    """Compile one code, source or tree: all but a last expression, and that expression or ``None``.

    A tree is taken apart: it is of no use afterwards.
    """
    tree = _compile(code, name, "exec", _ONLY_AST, True)
    last = None
    if tree.body and _type(tree.body[-1]) is _expr:
        last = _compile(_expression(tree.body.pop().value), name, "eval", 0, True)
    return _compile(tree, name, "exec", 0, True), last


def run_code(
    code: str | tuple[Any, Any],
    namespace: dict[str, Any],
    name: str,
    limit: int,
    kept: int,
    *,
    spoken: bool = False,
    _prepare: Any = compile_code,
    _exec: Any = exec,
    _eval: Any = eval,
    _repr: Any = repr,
    _sys: Any = sys,
    _sink: type[_Sink] = _Sink,
    _begin: type[CodeOutcome] = CodeOutcome,
    _limit_error: Any = _OutputLimit,
    _memory: Any = MemoryError,
    _base: Any = BaseException,
    _exit: Any = SystemExit,
    _succeeded: Any = _ended_well,
    _type: Any = type,
    _tuple: Any = tuple,
    _tell: Any = _describe,
    _settrace: Any = sys.settrace,
    _setprofile: Any = sys.setprofile,
) -> CodeOutcome:
    """Run one code in the namespace and say how it ended, with the value of a last expression.

    ``code``: its source, or what ``compile_code`` gave. ``spoken``: whether an earlier code of the
    path printed. Behind output a program may end itself, as programs do; one that ends before it
    said anything has failed.
    """
    outcome = _begin()
    out, noise = _sink(limit, kept), _sink(limit, 0)
    before = _sys.stdout, _sys.stderr, _sys.stdin
    _sys.stdout, _sys.stderr, _sys.stdin = out, noise, None
    compiled = False
    try:
        ready: Any = code if _type(code) is _tuple else _prepare(code, name)
        body, last = ready
        compiled = True
        _exec(body, namespace)
        if last is not None:
            value = _eval(last, namespace)
            if value is not None:
                outcome.value = _repr(value)[:kept]
            value = None
    except _limit_error:
        outcome.status = "output_truncated"
    except _memory:
        outcome.status = "memory"
        outcome.kind = "MemoryError"
        outcome.message = "the step's memory limit was reached"
    except _exit as error:
        if not _succeeded(error) or not (spoken or out.size):
            _tell(outcome, error, name, compiled)
    except _base as error:
        _tell(outcome, error, name, compiled)
    finally:
        # A hook that raises is removed by the interpreter as it raises: the second call is quiet.
        try:
            _setprofile(None)
            _settrace(None)
        except _base:
            _setprofile(None)
            _settrace(None)
        _sys.stdout, _sys.stderr, _sys.stdin = before
    outcome.text = out.text
    if outcome.status == "ok" and (out.size > limit or noise.size > limit):
        outcome.status = "output_truncated"
    return outcome
