"""Importing from folders that cannot be listed any more."""

import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec

from supervisor.interpreter import is_inside


class ListedFolder:
    """Finds the modules of one folder, whose names were read while it could be listed."""

    def __init__(self, folder: str) -> None:
        """Read the names."""
        self._folder = folder
        self._names = frozenset(os.listdir(folder))  # noqa: PTH208 - names are wanted

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, _target: object = None
    ) -> ModuleSpec | None:
        """Find a module that belongs to no package; ``None`` if there is none here."""
        if path is not None or "." in name:
            return None
        package = f"{self._folder}/{name}"
        for suffix in importlib.machinery.all_suffixes():
            start = f"{package}/__init__{suffix}"
            if name in self._names and os.path.isfile(start):  # noqa: PTH113 - as imports do
                return importlib.util.spec_from_file_location(
                    name, start, submodule_search_locations=[package]
                )
        for suffix in importlib.machinery.all_suffixes():
            if name + suffix in self._names:
                return importlib.util.spec_from_file_location(name, package + suffix)
        return None


def list_before_closing(hidden: Sequence[str]) -> None:
    """Let modules be found in the folders of ``sys.path`` that hold something hidden.

    Such a folder cannot be listed once files are confined (see ``landlock.around``), and the
    ordinary finder lists. It leaves ``sys.path``, where it would be of no use.
    """
    closed = [
        folder
        for folder in sys.path
        if any(is_inside(one, os.path.realpath(folder)) for one in hidden)
    ]
    ordinary = sys.meta_path.index(importlib.machinery.PathFinder)
    sys.meta_path[ordinary:ordinary] = [ListedFolder(folder) for folder in closed]
    sys.path[:] = [folder for folder in sys.path if folder not in closed]
