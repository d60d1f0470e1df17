"""Codes in the order in which numkong's kernels like to read them: the same products in two thirds of the time.

numkong packs a matrix so that its kernels take several rows at once, but its Python module keeps what
it packs to itself. Its C functions put it where they are told to: into memory that processes share.
How it lies there depends on the processor, so it is made on each machine and proved against the codes.
"""

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.matching.codes import Codes
from bot.matching.kernel import MULTIPLY, Products, in_parallel, products

_ROWS = 32_768  # of a block
_PAGE = 4096
_ALIGNED = 64
_KNOWN = "7.8."  # whose C functions these are
_ROOMY = 1.1  # a packing that reads more bytes than this gains nothing


@dataclass(frozen=True, slots=True)
class _Functions:
    version: str
    size: Callable[[int, int], int]
    pack: Callable[..., None]
    multiply: Callable[..., None]


@cache
def _functions() -> _Functions | None:
    try:
        present = version("numkong")
        library = ctypes.CDLL(import_module("numkong._numkong").__file__)
        found: tuple[Any, ...] = (
            library.nk_dots_packed_size_i8,
            library.nk_dots_pack_i8,
            library.nk_dots_packed_i8,
        )
    except (ImportError, PackageNotFoundError, OSError, AttributeError):
        return None
    if not present.startswith(_KNOWN):
        return None
    size, pack, multiply = found
    whole, place = ctypes.c_uint64, ctypes.c_void_p
    size.argtypes, size.restype = [whole, whole], whole
    pack.argtypes, pack.restype = [place, whole, whole, whole, place], None
    multiply.argtypes = [place, place, place, *[whole] * 5]
    multiply.restype = None
    return _Functions(present, size, pack, multiply)


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """``rows`` rows of ``dim`` codes, in blocks that begin every ``block`` bytes."""

    blob: NDArray[np.uint8]
    rows: int
    dim: int
    block: int

    def products(self, probe: Codes, into: Products) -> None:
        """As ``kernel.products``."""
        functions = _functions()
        if functions is None:
            raise RuntimeError("nothing can have been packed here")
        multiply, blob, given, taken = (
            functions.multiply,
            self.blob.ctypes.data,
            np.ascontiguousarray(probe),
            into.ctypes.data,
        )

        def some(blocks: range) -> None:
            for number in blocks:
                first = number * _ROWS
                count = min(_ROWS, self.rows - first)
                # Shared memory comes in small pages, and at the first byte of each the kernel would
                # stop and wait until it is known where it lies. Asked for all at once, they wait together.
                start = number * self.block
                self.blob[start : start + self.block : _PAGE].max()
                multiply(
                    given.ctypes.data,
                    blob + start,
                    taken + 4 * first,
                    1,
                    count,
                    self.dim,
                    self.dim,
                    4 * count,
                )

        in_parallel(some, -(-self.rows // _ROWS))


def layout(rows: int, dim: int, roomy: float = _ROOMY) -> tuple[str, int, int] | None:
    """Return a name for how codes are packed on this machine, the bytes it takes, and those of a block;
    None where it cannot be done or gains nothing."""
    functions = _functions()
    if functions is None or not rows:
        return None
    block = -(-functions.size(_ROWS, dim) // _ALIGNED) * _ALIGNED
    if block > roomy * _ROWS * dim:
        return None
    return f"numkong-{functions.version}-{block}", -(-rows // _ROWS) * block, block


def pack(codes: Codes, into: NDArray[np.uint8], block: int) -> None:
    functions = _functions()
    if functions is None:
        raise RuntimeError("nothing can be packed here")
    rows, dim = codes.shape
    for number, first in enumerate(range(0, rows, _ROWS)):
        part = np.ascontiguousarray(codes[first : first + _ROWS])
        place = into.ctypes.data + number * block
        functions.pack(part.ctypes.data, len(part), dim, dim, place)


def is_of(packed: Packed, codes: Codes) -> bool:
    """Whether the products of two drawn probes are those of the codes, for every row: one code that
    differs changes its row's."""
    random = np.random.default_rng()
    expected, found = np.empty((2, packed.rows), np.int32)
    for _ in range(2):
        signs = random.choice(np.array([-1, 1]), packed.dim)
        probe = (signs * random.integers(1, 128, packed.dim)).astype(np.int8)
        products(codes, probe, expected, MULTIPLY)
        packed.products(probe, found)
        if not np.array_equal(expected, found):
            return False
    return True
