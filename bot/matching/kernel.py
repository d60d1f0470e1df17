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

_BLOCK = 8192
_EXACT_IN_32_BITS = (
    2**24 // 127**2
)  # so many products of codes can be summed in a float32


def by_numkong(codes: Codes, probe: Codes, into: Products) -> None:
    numkong.cdist(codes, probe[None, :], "dot", out=into[:, None])


def by_numpy(codes: Codes, probe: Codes, into: Products) -> None:
    kind: type[Any] = np.float32 if len(probe) <= _EXACT_IN_32_BITS else np.float64
    wide: NDArray[Any] = probe.astype(kind)
    for start in range(0, len(codes), _BLOCK):
        part = slice(start, start + _BLOCK)
        into[part] = codes[part].astype(kind) @ wide


MULTIPLY: Multiply = by_numkong if _HAS_NUMKONG else by_numpy


def products(
    codes: Codes, probe: Codes, into: Products, multiply: Multiply = MULTIPLY
) -> None:
    """Fill ``into``, one number a row, on every core this process may use."""

    def some(blocks: range) -> None:
        part = slice(blocks.start * _BLOCK, blocks.stop * _BLOCK)
        multiply(codes[part], probe, into[part])

    if codes.size:
        in_parallel(some, -(-len(codes) // _BLOCK))


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
