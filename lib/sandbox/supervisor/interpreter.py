"""Where an interpreter and its libraries lie: asked of the interpreter itself."""

import ctypes  # noqa: F401 - its library must be among those that are mapped below
import importlib
import importlib.metadata
import os
import pwd
import struct
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from supervisor.faults import Unavailable
from supervisor.profiles import STEP_MODULES

_LIBRARIES = ("ssl", "decimal", "zlib", "bz2", "lzma", "sqlite3", "hashlib")
"""Modules with libraries of their own beside the interpreter; which of them exist is no matter."""
_OLDEST = (3, 11)
_PT_INTERP = 3


@dataclass(frozen=True)
class Interpreter:
    """Facts about one interpreter that a worker needs. All paths are full."""

    name: str
    """The path that it was started by, links and all: the one that the harness may start."""
    executable: str
    """The real executable, not the link of a virtual environment."""
    loader: str | None
    """The ELF loader that the executable names."""
    site: tuple[str, ...]
    """Folders of packages, to be appended to ``sys.path``."""
    readable: tuple[str, ...]
    """The outermost folders that hold the standard library, the packages and their libraries."""
    hidden: tuple[str, ...]
    """Folders of packages below these that are not part of the environment; without links."""
    packages: dict[str, str]


def examine_interpreter(*, step_profile: bool) -> Interpreter:
    """Find what this very interpreter needs, with its ordinary site.

    Raises:
        Unavailable: If it is too old, lacks a package, or lies where its folder cannot be opened to
        steps.
    """
    if sys.version_info < _OLDEST:
        found = ".".join(map(str, sys.version_info[:3]))
        raise Unavailable("python-too-old", f"Cannot run steps with Python {found}")
    for name in _LIBRARIES:
        _try_import(name)
    if step_profile:
        for name in STEP_MODULES:
            if not _try_import(name):
                message = f"Cannot import {name} with {sys.executable}"
                raise Unavailable("missing-module", message)
    executable = os.path.realpath(getattr(sys, "_base_executable", "") or sys.executable)
    standard = _standard_folders()
    site = _site_folders(standard)
    wanted = {*standard, *site, *_folders_of_mapped_libraries()}
    readable = outermost(path for path in wanted if Path(path).exists())
    for path in readable:
        refuse_wide_folder(path)
    return Interpreter(
        name=sys.executable,
        executable=executable,
        loader=elf_loader(Path(executable)),
        site=site,
        readable=readable,
        hidden=foreign_packages(readable, site),
        packages=_packages(site),
    )


def outermost(paths: Iterable[str]) -> tuple[str, ...]:
    """Keep the paths that lie in no other one of them."""
    found = {path.rstrip("/") or "/" for path in paths}
    return tuple(sorted(path for path in found if not any(is_inside(path, one) for one in found)))


def is_inside(path: str, folder: str) -> bool:
    """Tell whether ``path`` lies below ``folder`` and is not the folder itself."""
    return path != folder and path.startswith(folder.rstrip("/") + "/")


def refuse_wide_folder(path: str) -> None:
    """Refuse to open the root, a folder directly below it, or a home folder.

    Raises:
        Unavailable: If ``path`` is one of them, or holds a home folder.
    """
    real = os.path.realpath(path)
    homes = {os.path.realpath(entry.pw_dir) for entry in pwd.getpwall()} - {"/"}
    # System accounts name folders such as /bin or /usr/sbin as their home: only what people
    # own counts.
    homes = {home for home in homes if not home.startswith(("/usr/", "/bin", "/sbin", "/lib"))}
    wide = os.path.dirname(real) == "/" or real == "/"  # noqa: PTH120 - on text, like the rest
    if wide or real in homes or any(is_inside(home, real) for home in homes):
        message = f"Cannot open {path} to model-written code: it holds more than libraries"
        raise Unavailable("interpreter-location", message)


def foreign_packages(readable: Iterable[str], site: Iterable[str]) -> tuple[str, ...]:
    """Find folders of packages among what is readable that neither are nor hold one of ``site``.

    A virtual environment opens the standard library of its base interpreter. The packages beside it
    are not the environment's: a step that used them would end otherwise on another machine.
    """
    ours = {os.path.realpath(path) for path in site}
    found = {
        os.path.realpath(path)
        for folder in readable
        for depth in ("", "*/", "*/*/")
        for name in ("site-packages", "dist-packages")
        for path in Path(folder).glob(depth + name)
    }
    return outermost(
        path
        for path in found - ours
        if not any(is_inside(one, path) or is_inside(path, one) for one in ours)
    )


def elf_loader(executable: Path) -> str | None:
    """Read the loader's path (PT_INTERP) from a 64-bit ELF file; ``None`` if it names none."""
    with executable.open("rb") as file:
        header = file.read(64)
        if header[:6] != b"\x7fELF\x02\x01":
            return None
        (offset,) = struct.unpack_from("<Q", header, 32)
        size, count = struct.unpack_from("<HH", header, 54)
        for index in range(count):
            file.seek(offset + index * size)
            entry = file.read(size)
            if struct.unpack_from("<I", entry)[0] == _PT_INTERP:
                file.seek(struct.unpack_from("<Q", entry, 8)[0])
                length = struct.unpack_from("<Q", entry, 32)[0]
                return file.read(length).rstrip(b"\0").decode()
    return None


def _try_import(name: str) -> bool:
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True


def _standard_folders() -> list[str]:
    base = sys.base_prefix
    names = {"base": base, "platbase": sys.base_exec_prefix}
    names |= {"installed_base": base, "installed_platbase": sys.base_exec_prefix}
    paths = sysconfig.get_paths(vars=names)
    found = [paths["stdlib"], paths["platstdlib"], sysconfig.get_config_var("DESTSHARED")]
    return [path for path in found if path]


def _site_folders(standard: Sequence[str]) -> tuple[str, ...]:
    own = str(Path(__file__).resolve().parent.parent)
    known = {os.path.realpath(path) for path in (*standard, own)}
    paths = sysconfig.get_paths()
    candidates = [*sys.path, paths["purelib"], paths["platlib"]]
    found = [path for path in candidates if path.startswith("/") and Path(path).is_dir()]
    # Without links: steps cannot ask where one leads, which os.path.realpath would do.
    real = (os.path.realpath(path) for path in found)
    return tuple(dict.fromkeys(path for path in real if path not in known))


def _folders_of_mapped_libraries() -> set[str]:
    folders = set()
    for line in Path("/proc/self/maps").read_text("utf-8", "surrogateescape").splitlines():
        fields = line.split(None, 5)
        if len(fields) == 6 and "x" in fields[1] and ".so" in fields[5]:
            folders.add(str(Path(fields[5].strip()).parent))
    return folders


def _packages(site: Sequence[str]) -> dict[str, str]:
    found = importlib.metadata.distributions(path=list(site))
    return dict(sorted((one.metadata["Name"], one.version) for one in found))
