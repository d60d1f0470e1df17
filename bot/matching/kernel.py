"""Products of one probe's codes with every row of codes: by numkong's SIMD, or by NumPy, the same numbers."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.matching.codes import Codes

try:
    import numkong

    _HAS_NUMKONG = True
except ImportError:  # no wheel for this processor: slower, the same answer
    _HAS_NUMKONG = False

Products = NDArray[np.int32]
Multiply = Callable[[Codes, Codes, Products], None]

BLOCK = 32_768
"""Rows that are multiplied by one call."""
LANES = 1024
"""Groups in a block; its row i belongs to group i modulo this."""
_PART = 8192
_SAMPLE = 8192
_FEW = 8  # looking at single rows pays if one group in so many is concerned
_OFFSETS = np.arange(0, BLOCK, LANES)
_NEVER = np.int32(-(2**31))  # no product of codes is so low
_EXACT_IN_32_BITS = (
    2**24 // 127**2
)  # so many products of codes can be summed in a float32


def by_numkong(codes: Codes, probe: Codes, into: Products) -> None:
    numkong.cdist(codes, probe[None, :], "dot", out=into[:, None])


def by_numpy(codes: Codes, probe: Codes, into: Products) -> None:
    kind: type[Any] = np.float32 if len(probe) <= _EXACT_IN_32_BITS else np.float64
    wide: NDArray[Any] = probe.astype(kind)
    for start in range(0, len(codes), _PART):
        part = slice(start, start + _PART)
        into[part] = codes[part].astype(kind) @ wide


MULTIPLY: Multiply = by_numkong if _HAS_NUMKONG else by_numpy


class Scratch:
    """Room for one search: a product for each row, and the largest of each group of rows.

    Who looks for large products looks at the groups first, and has few rows left to look at.
    """

    def __init__(self, rows: int) -> None:
        blocks = -(-rows // BLOCK)
        self._all = np.full(blocks * BLOCK, _NEVER, np.int32)
        self.numbers: Products = self._all[:rows]
        self.tops: Products = np.full(blocks * LANES, _NEVER, np.int32)

    def fill(self, blocks: range, multiply: Callable[[slice, Products], None]) -> None:
        """Have these blocks multiplied, one after the other, and note the largest of each group."""
        for number in blocks:
            part = slice(number * BLOCK, min((number + 1) * BLOCK, len(self.numbers)))
            multiply(part, self.numbers[part])
            # While the products are in the processor's cache: it costs next to nothing.
            block = self._all[number * BLOCK : (number + 1) * BLOCK]
            tops = self.tops[number * LANES : (number + 1) * LANES]
            block.reshape(-1, LANES).max(axis=0, out=tops)

    def reached_by(self, wanted: int) -> int:
        """Return a product that about ``wanted`` rows reach, or some more; all rows if fewer are there."""
        if wanted >= len(self.numbers):
            return int(_NEVER)
        if wanted >= len(self.tops):
            return _placed(self.numbers, wanted)
        step = max(len(self.tops) // _SAMPLE, 1)
        if step == 1 or wanted < 8 * step:
            return _placed(self.tops, wanted)
        # Not a whole divisor of the lanes: every lane gets its turn.
        return _placed(self.tops[:: step | 1], wanted // (step | 1) + 3)

    def reaching(self, least: int) -> NDArray[np.int64]:
        """Return every row with this product or more."""
        groups = np.flatnonzero(self.tops >= least)
        if _FEW * len(groups) > len(self.tops):
            return np.flatnonzero(self.numbers >= least)
        first = groups // LANES * BLOCK + groups % LANES
        rows: NDArray[np.int64] = (first[:, None] + _OFFSETS).ravel()
        return rows[self._all[rows] >= least]


def _placed(numbers: Products, place: int) -> int:
    """The number that ``place`` of these reach."""
    at = len(numbers) - min(max(place, 1), len(numbers))
    return int(np.partition(numbers, at)[at])


def products(
    codes: Codes, probe: Codes, into: Scratch, multiply: Multiply = MULTIPLY
) -> None:
    """Fill ``into``, on every core this process may use."""

    def some(blocks: range) -> None:
        into.fill(blocks, lambda part, taken: multiply(codes[part], probe, taken))

    if codes.size:
        in_parallel(some, -(-len(codes) // BLOCK))


def in_parallel(work: Callable[[range], None], blocks: int) -> None:
    """Have the blocks done in equal shares by every core; few of them by this thread alone."""
    cores = min(_cores(), blocks)
    edges = [round(blocks * number / cores) for number in range(cores + 1)]
    shares = [range(first, end) for first, end in pairwise(edges)]
    others = [_threads(os.getpid()).submit(work, share) for share in shares[1:]]
    work(shares[0])
    for other in others:
        other.result()


def _cores() -> int:
    return len(os.sched_getaffinity(0))


@cache
def _threads(process: int) -> ThreadPoolExecutor:
    """One pool a process: threads do not survive a fork."""
    return ThreadPoolExecutor(max(_cores() - 1, 1), f"scan-{process}")
