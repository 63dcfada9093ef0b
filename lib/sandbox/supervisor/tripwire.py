"""Ends a process in which code that seemed harmless does what harmless code does not.

The second lock behind ``harmless.py``: libraries evaluate text as code (``sympy.sympify``), and a
whitelist may have a hole. The interpreter tells an audit hook of every such act before it happens,
and no code can take the hook away.
"""

import os
import sys
from collections.abc import Callable
from typing import Any

_LIBRARY_EVENTS = frozenset(
    {
        "import",
        "open",
        "marshal.loads",
        "os.listdir",
        "os.scandir",
        "object.__getattr__",
        "object.__setattr__",
        "sys._getframe",
        "builtins.id",
        "sys.setprofile",
        "sys.settrace",
    }
)
"""Acts of libraries that load a module or look at a function, and the end of every code
(``runner.py``). Opening for writing is refused by the system-call filter."""
_OWN_CODE = "<step "
"""How names of the codes of steps begin; others could make such by ``compile``, which ends it."""
_TRIPPED = 4


def stretch_tripwire(
    *,
    _allowed: frozenset[str] = _LIBRARY_EVENTS,
    _own: str = _OWN_CODE,
    _exit: Any = os._exit,
    _status: int = _TRIPPED,
    _str: type[str] = str,
) -> Callable[[bool], None]:
    """Add the hook to this process, for ever.

    Returns:
        What arms it (``True``) before code of a step runs, and disarms it after that.
    """
    armed = [False]

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if not armed[0] or event in _allowed:
            return
        if event == "exec":
            name = arguments[0].co_filename
            if name.startswith(_own) or not name.startswith("<"):
                return
        elif event == "compile":
            # A module of a library whose byte code is not kept: text from a file.
            name = arguments[1]
            if _str is type(name) and not name.startswith("<"):
                return
        _exit(_status)

    def arm(on: bool) -> None:
        armed[0] = on

    sys.addaudithook(hook)
    return arm
