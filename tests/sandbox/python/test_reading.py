"""Files that a worker could no longer read once root has given up its rights."""

import os
import tempfile
import unittest
from pathlib import Path

from supervisor.bubblewrap import NOBODY
from supervisor.interpreter import Interpreter
from supervisor.reading import reading_fault


@unittest.skipUnless(os.geteuid() == 0, "only root becomes another user")
class ReadingTest(unittest.TestCase):
    """Packages with the modes that a narrow umask leaves."""

    def setUp(self) -> None:
        """Make packages that everybody may read."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.site = self.root / "lib" / "site"
        (self.site / "package" / "__pycache__").mkdir(parents=True)
        self.module = self.site / "package" / "module.py"
        self.module.write_text("", "ascii")
        (self.site / "nowhere").symlink_to("/nonexistent")
        self.root.chmod(0o755)

    def fault(self, *, mounted: bool, uid: int | None = NOBODY) -> str | None:
        """Ask for a worker that needs these packages and nothing else."""
        found = Interpreter(
            "/python", "/python", None, (str(self.site),), (str(self.site),), (), {}
        )
        return reading_fault(found, uid, mounted=mounted)

    def test_what_everybody_may_read_has_no_fault(self) -> None:
        """A link that leads nowhere is none either."""
        self.assertIsNone(self.fault(mounted=False))
        self.assertIsNone(self.fault(mounted=True))

    def test_a_private_module_is_named(self) -> None:
        """Also one that is not loaded yet: steps import later."""
        self.module.chmod(0o600)
        expected = f"user {NOBODY} may not read {self.module}"
        self.assertEqual(self.fault(mounted=False), expected)
        self.assertEqual(self.fault(mounted=True), expected)
        self.assertIsNone(self.fault(mounted=False, uid=None))

    def test_a_private_folder_is_named(self) -> None:
        """Listing it is reading; byte code may be private."""
        (self.site / "package" / "__pycache__").chmod(0o700)
        self.assertIsNone(self.fault(mounted=True))
        self.module.parent.chmod(0o700)
        expected = f"user {NOBODY} may not read {self.module.parent}"
        self.assertEqual(self.fault(mounted=True), expected)

    def test_folders_above_count_where_nothing_is_mounted(self) -> None:
        """A home folder is private, what bubblewrap makes in its place is not."""
        self.root.chmod(0o700)
        self.assertEqual(self.fault(mounted=False), f"user {NOBODY} may not read {self.site}")
        self.assertIsNone(self.fault(mounted=True))

    def test_root_without_capabilities_is_bound_by_modes(self) -> None:
        """A file of another user is as private for it as for anybody."""
        self.module.chmod(0o600)
        os.chown(self.module, 12345, 12345)
        expected = f"root without capabilities may not read {self.module}"
        self.assertEqual(self.fault(mounted=False, uid=None), expected)


if __name__ == "__main__":
    unittest.main()
