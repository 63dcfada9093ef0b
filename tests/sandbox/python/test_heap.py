"""Gaps between objects are filled: what comes next lies side by side."""

import gc
import unittest

from supervisor.heap import fill_gaps

_POOL_BYTES = 1 << 14
_SIZES = (57, 105, 185, 313)
"""Bytes of contents and head; each of another size class."""
_HEAD = 33


def pools_of(blocks: list[bytes]) -> int:
    """Count the allocator's pools that these objects lie in."""
    return len({id(block) // _POOL_BYTES for block in blocks})


class HeapTest(unittest.TestCase):
    """The interpreter's own allocator, seen by the addresses of objects."""

    def test_new_objects_are_dense(self) -> None:
        """After the filling, few pools take what many would have taken."""
        for size in _SIZES:
            with self.subTest(size=size):
                many = [bytes(size - _HEAD) for _ in range(20_000)]
                kept = [block for place, block in enumerate(many) if place % 97]
                del many
                gc.collect()
                scattered = [bytes(size - _HEAD) for _ in range(50)]
                filling = fill_gaps()
                dense = [bytes(size - _HEAD) for _ in range(50)]
                self.assertGreater(pools_of(scattered), 6)
                self.assertLessEqual(pools_of(dense), 3)
                del filling, kept

    def test_there_is_an_end(self) -> None:
        """Twice in a row costs at most a pool of each size class."""
        fill_gaps()
        self.assertLess(len(fill_gaps()), 32 * _POOL_BYTES // 16)


if __name__ == "__main__":
    unittest.main()
