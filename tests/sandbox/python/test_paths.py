"""Which folders are opened to steps, and how links on the way are rebuilt."""

import os
import sys
import tempfile
import unittest
from pathlib import Path

from supervisor.bubblewrap import bubblewrap_command, resolve_links
from supervisor.closed_folders import ListedFolder
from supervisor.faults import Unavailable
from supervisor.interpreter import (
    Interpreter,
    elf_loader,
    foreign_packages,
    is_inside,
    outermost,
    refuse_wide_folder,
)
from supervisor.landlock import around
from supervisor.tiers import explain_start


class PathTest(unittest.TestCase):
    """Choosing folders."""

    def test_outermost_drops_what_lies_inside(self) -> None:
        """Names that only begin alike are not inside."""
        paths = ["/a/b", "/a/b/c", "/a/bc", "/d/", "/d/e"]
        self.assertEqual(outermost(paths), ("/a/b", "/a/bc", "/d"))

    def test_is_inside_is_strict(self) -> None:
        """A folder is not inside itself."""
        self.assertTrue(is_inside("/a/b", "/a"))
        self.assertTrue(is_inside("/a", "/"))
        self.assertFalse(is_inside("/a", "/a"))
        self.assertFalse(is_inside("/ab", "/a"))

    def test_wide_folders_are_refused(self) -> None:
        """The root, top-level folders, and the user's home."""
        for path in ("/", "/usr", "/etc", "/home", str(Path.home())):
            with self.subTest(path=path), self.assertRaises(Unavailable) as caught:
                refuse_wide_folder(path)
            self.assertEqual(caught.exception.cause, "interpreter-location")
        refuse_wide_folder("/usr/lib/python3")

    def test_links_on_the_way_are_found(self) -> None:
        """A link to a folder, a relative link, and a link in a link."""
        with tempfile.TemporaryDirectory() as name:
            root = Path(name).resolve()
            (root / "real" / "inner").mkdir(parents=True)
            (root / "link").symlink_to("real")
            (root / "far").symlink_to(root / "link" / "inner")
            links, end = resolve_links(str(root / "far"))
            self.assertEqual(end, str(root / "real" / "inner"))
            self.assertEqual(
                links,
                {str(root / "far"): str(root / "link" / "inner"), str(root / "link"): "real"},
            )

    def test_a_loop_of_links_ends(self) -> None:
        """The kernel refuses it as well."""
        with tempfile.TemporaryDirectory() as name:
            loop = Path(name) / "loop"
            loop.symlink_to(loop)
            links, _ = resolve_links(str(loop))
            self.assertLessEqual(len(links), 40)

    def test_the_loader_is_read_from_the_executable(self) -> None:
        """It exists and is executable; a text file names none."""
        loader = elf_loader(Path(os.path.realpath(sys.executable)))
        assert loader is not None
        self.assertTrue(os.access(loader, os.X_OK))
        self.assertIsNone(elf_loader(Path(__file__)))

    def test_the_command_line_opens_nothing_for_writing(self) -> None:
        """Read-only binds, no capability beyond the change of user, a read-only root."""
        found = Interpreter(
            "/venv/bin/python",
            "/opt/py/bin/python3",
            None,
            ("/opt/py/site",),
            ("/opt/py/lib",),
            ("/opt/py/lib/python3/site-packages",),
            {},
        )
        words = bubblewrap_command("/usr/bin/bwrap", found, None, ())
        self.assertNotIn("--bind", words)
        self.assertNotIn("--dev-bind", words)
        self.assertIn("--clearenv", words)
        self.assertIn("--die-with-parent", words)
        read_only = [words[place + 1] for place, word in enumerate(words) if word == "--remount-ro"]
        hidden = [words[place + 1] for place, word in enumerate(words) if word == "--tmpfs"]
        self.assertEqual(hidden, ["/opt/py/lib/python3/site-packages"])
        self.assertEqual(read_only, [*hidden, "/"])
        added = {words[place + 1] for place, word in enumerate(words) if word == "--cap-add"}
        self.assertLessEqual(added, {"CAP_SETUID", "CAP_SETGID"})

    def test_packages_beside_the_environment_are_found(self) -> None:
        """Those of a base interpreter, however deep its folder is opened; the own ones stay."""
        with tempfile.TemporaryDirectory() as name:
            root = Path(os.path.realpath(name))
            base, env = root / "base/lib", root / "env/lib/python3.11/site-packages"
            for folder in (base / "python3.11/site-packages", base / "python3/dist-packages", env):
                folder.mkdir(parents=True)
            hidden = (str(base / "python3.11/site-packages"), str(base / "python3/dist-packages"))
            self.assertEqual(foreign_packages((str(base), str(env)), (str(env),)), hidden)
            own = str(base / "python3.11/site-packages")
            self.assertEqual(foreign_packages((str(base),), (own,)), hidden[1:])
            self.assertEqual(foreign_packages((str(base),), (own + "/inner",)), hidden[1:])
            self.assertEqual(foreign_packages((str(env),), (str(env),)), ())

    def test_what_is_opened_holds_nothing_hidden(self) -> None:
        """Neither the folders above it nor what links lead to; a whole folder stays one rule."""
        with tempfile.TemporaryDirectory() as name:
            root = os.path.realpath(name)
            for inner in ("a/python/hidden/x", "a/python/json", "b/c"):
                Path(root, inner).mkdir(parents=True)
            Path(root, "a/python/os.py").touch()
            Path(root, "a/out").symlink_to("/etc")
            hidden = (f"{root}/a/python/hidden",)
            found = [one.removeprefix(root) for one in around(f"{root}/a", hidden)]
            self.assertEqual(found, ["/a/python/json", "/a/python/os.py"])
            self.assertEqual(list(around(f"{root}/b", hidden)), [f"{root}/b"])
            self.assertEqual(list(around(hidden[0], hidden)), [])

    def test_modules_of_a_closed_folder_are_found_by_the_names_it_had(self) -> None:
        """Packages before modules, and no module of a package."""
        with tempfile.TemporaryDirectory() as name:
            for file in ("plain.py", "both.py", "both/__init__.py", "empty/data.txt"):
                Path(name, file).parent.mkdir(exist_ok=True)
                Path(name, file).touch()
            finder = ListedFolder(name)
            Path(name, "later.py").touch()
            for module, place in (("plain", "plain.py"), ("both", "both/__init__.py")):
                spec = finder.find_spec(module)
                assert spec is not None
                self.assertEqual(spec.origin, f"{name}/{place}")
            for module in ("later", "empty", "none", "both.plain"):
                self.assertIsNone(finder.find_spec(module))
            self.assertIsNone(finder.find_spec("plain", [name]))

    def test_links_lie_in_folders_that_everybody_may_enter(self) -> None:
        """Bubblewrap alone would make the folders around a link private."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(os.path.realpath(name))
            (folder / "scratch" / "site").mkdir(parents=True)
            (folder / "clone").mkdir()
            (folder / "clone" / "link").symlink_to(folder / "scratch")
            site = str(folder / "clone" / "link" / "site")
            found = Interpreter("/bin/py", "/bin/py", None, (site,), (site,), (), {})
            words = bubblewrap_command("/usr/bin/bwrap", found, None, ())
        self.assertIn(str(folder / "clone" / "link"), words)
        place = words.index(str(folder / "clone"))
        self.assertEqual(words[place - 3 : place], ["--perms", "0755", "--dir"])

    def test_causes_are_named_from_what_bubblewrap_says(self) -> None:
        """Every cause of lib/sandbox/PROTOCOL.md, section 1, that bubblewrap tells in words."""
        for text, cause in (
            (
                "nesting depth or /proc/sys/user/max_user_namespaces exceeded (ENOSPC)",
                "user-namespaces-disabled",
            ),
            ("bwrap: setting up uid map: Permission denied", "apparmor"),
            ("bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted", "apparmor"),
            ("bwrap: Creating new namespace failed: Invalid argument", "container-seccomp"),
            ("something else", "start-failed"),
        ):
            with self.subTest(text=text):
                self.assertEqual(explain_start(text), cause)


if __name__ == "__main__":
    unittest.main()
