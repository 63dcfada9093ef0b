"""Which folders are opened to steps, and how links on the way are rebuilt."""

import os
import sys
import tempfile
import unittest
from pathlib import Path

from supervisor.bubblewrap import bubblewrap_command, resolve_links
from supervisor.faults import Unavailable
from supervisor.interpreter import (
    Interpreter,
    elf_loader,
    is_inside,
    outermost,
    refuse_wide_folder,
)
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
        found = Interpreter("/opt/py/bin/python3", None, ("/opt/py/site",), ("/opt/py/lib",), {})
        words = bubblewrap_command("/usr/bin/bwrap", found, None, ())
        self.assertNotIn("--bind", words)
        self.assertNotIn("--dev-bind", words)
        self.assertIn("--clearenv", words)
        self.assertIn("--die-with-parent", words)
        self.assertEqual(words[words.index("--remount-ro") + 1], "/")
        added = {words[place + 1] for place, word in enumerate(words) if word == "--cap-add"}
        self.assertLessEqual(added, {"CAP_SETUID", "CAP_SETGID"})

    def test_causes_are_named_from_what_bubblewrap_says(self) -> None:
        """The table of sandbox.md, section 6."""
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
