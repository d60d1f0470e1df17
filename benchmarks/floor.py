"""How long merely reading so many bytes of memory takes: no search that looks at all of them can be faster."""

import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[Any]
Part = NDArray[np.int64]

_WORD = 8
_PIECE = (1 << 20) // _WORD


@dataclass(frozen=True, slots=True)
class Floor:
    """``best_ms`` of the fastest way to read, and what it takes half of the time."""

    best_ms: float
    p50_ms: float
    way: str
    threads: int
    bytes: int

    @property
    def gb_per_s(self) -> float:
        return self.bytes / self.best_ms / 1e6


def _in_pieces(look: Callable[[Part], object]) -> Callable[[Part], None]:
    def way(part: Part) -> None:
        for start in range(0, len(part), _PIECE):
            look(part[start : start + _PIECE])

    return way


def _products() -> Callable[[Part], object]:
    import numkong

    def look(part: Part) -> object:
        numbers = part.view(np.int8)
        return numkong.dot(numbers, numbers)

    return look


_WAYS: dict[str, Callable[[Part], object]] = {
    # Loops with next to nothing to compute; which is the fastest depends on processor and neighbours.
    "largest byte": _in_pieces(lambda part: part.view(np.int8).max()),
    "sum of 64-bit words": _in_pieces(lambda part: part.sum()),
    "or of 64-bit words": _in_pieces(lambda part: np.bitwise_or.reduce(part)),
}
with suppress(ImportError):  # as in the search itself
    _WAYS["products of bytes"] = _in_pieces(_products())


def floor(codes: Codes, times: int = 160, threads: int | None = None) -> Floor:
    """Read these very bytes, where they lie and as a copy of one's own, with a thread on each core."""
    threads = threads or os.cpu_count() or 1
    flat = codes.reshape(-1).view(np.uint8)
    there = flat[: len(flat) // _WORD * _WORD].view(np.int64)
    # NumPy asks for huge pages, which a file may not have got.
    places = {"where they lie": there, "copied": there.copy()}
    tries = max(times // (len(_WAYS) * len(places)), 1)
    with ThreadPoolExecutor(threads) as pool:
        taken = {
            f"{name}, {place}": _times(pool, way, np.array_split(words, threads), tries)
            for place, words in places.items()
            for name, way in _WAYS.items()
        }
    best = min(taken, key=lambda way: min(taken[way]))
    return Floor(
        best_ms=min(taken[best]) * 1000,
        p50_ms=statistics.median(taken[best]) * 1000,
        way=best,
        threads=threads,
        bytes=there.nbytes,
    )


def _times(
    pool: ThreadPoolExecutor,
    way: Callable[[Part], object],
    parts: list[Part],
    times: int,
) -> list[float]:
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        list(pool.map(way, parts))
        seconds.append(time.perf_counter() - began)
    return seconds
