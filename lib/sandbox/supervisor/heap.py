"""The zygote's heap, made cheap to fork and to write to."""

import ctypes
from collections.abc import Callable
from pathlib import Path

from supervisor.kernel import libc

_MADV_HUGEPAGE, _MADV_COLLAPSE = 14, 25
_HUGE_PAGE = 2 << 20
_WORTH_COLLAPSING = 1 << 20

# Of CPython's allocator (Objects/obmalloc.c). If they change, the gaps are filled too little or too
# much, and nothing else happens.
_POOL_BYTES, _POOL_HEAD_BYTES = 1 << 14, 48
_LARGEST_BLOCK, _BLOCK_STEP = 512, 16
_BYTES_HEAD = 40
"""An upper bound of what ``bytes`` adds to its contents, and less than a step more than it adds."""
_SMALLEST_BYTES = 48
_MOST_BLOCKS = 1 << 15


def collapse_heap() -> None:
    """Put the heap into huge pages, which halves the cost of a fork. Failure is harmless."""
    for line in Path("/proc/self/maps").read_text("utf-8", "replace").splitlines():
        fields = line.split()
        anonymous = fields[4] == "0" and (len(fields) == 5 or fields[5] == "[heap]")
        if "rw" not in fields[1] or not anonymous:
            continue
        first, last = (int(address, 16) for address in fields[0].split("-"))
        if last - first < _WORTH_COLLAPSING:
            continue
        libc.madvise(first, ctypes.c_size_t(last - first), _MADV_HUGEPAGE)
        low = -(-first // _HUGE_PAGE) * _HUGE_PAGE
        high = last // _HUGE_PAGE * _HUGE_PAGE
        if high > low:
            libc.madvise(low, ctypes.c_size_t(high - low), _MADV_COLLAPSE)


def fill_gaps() -> list[object]:
    """Fill what freed objects left between those that stay; the filling must be kept.

    A step's first small objects would go into these gaps, each onto a page that it shares with the
    zygote until it writes there. New objects then lie side by side, on pages of their own.
    """
    filling: list[object] = []
    for size in range(_BLOCK_STEP, _LARGEST_BLOCK + 1, _BLOCK_STEP):
        make = _maker(size)
        whole = (_POOL_BYTES - _POOL_HEAD_BYTES) // size
        before = in_order = 0
        for _ in range(_MOST_BLOCKS):
            block = make()
            filling.append(block)
            address = id(block)
            if address % _POOL_BYTES == _POOL_HEAD_BYTES:
                in_order = 1
            else:
                in_order = in_order + 1 if in_order and address == before + size else 0
            if in_order == whole:
                break  # A pool that had no object at all is taken only when no other has room.
            before = address
    return filling


def _maker(size: int) -> Callable[[], object]:
    """Give what makes an object of this size class."""
    if size < _SMALLEST_BYTES:
        return object if size == _BLOCK_STEP else lambda: float("1.5")
    return lambda: bytes(size - _BYTES_HEAD)
