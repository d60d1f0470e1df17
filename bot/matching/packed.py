"""Codes in the order in which numkong's kernels like to read them: the same products in two thirds of the time.

numkong packs a matrix so that its kernels take several rows at once, but its Python module keeps what
it packs to itself. Its C functions put it where they are told to: into memory that processes share.
How it lies there depends on the processor, so it is made on each machine and proved against the codes.

On some it lies row by row, and numkong leaves room behind every row, half as much again as a row of 128
needs. A scan waits for memory, so the room is taken out again, where this is found to be how it lies.
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
from bot.matching.kernel import (
    BLOCK,
    MULTIPLY,
    Products,
    Scratch,
    in_parallel,
    products,
)

_PAGE = 4096
_ALIGNED = 64
_KNOWN = "7.8."  # whose C functions these are
_CHUNK = 64  # bytes that a kernel takes at a time, and of the head of what is packed
_BEHIND = 8  # bytes about each row, behind all rows
_TRIED = 48  # rows packed to see how they lie
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

    def products(self, probe: Codes, into: Scratch) -> None:
        """As ``kernel.products``."""
        functions = _functions()
        if functions is None:
            raise RuntimeError("nothing can have been packed here")
        multiply, blob = functions.multiply, self.blob.ctypes.data
        given = np.ascontiguousarray(probe)

        def one(part: slice, taken: Products) -> None:
            start = part.start // BLOCK * self.block
            # Shared memory comes in small pages, and at the first byte of each the kernel would
            # stop and wait until it is known where it lies. Asked for all at once, they wait together.
            self.blob[start : start + self.block : _PAGE].max()
            multiply(
                given.ctypes.data,
                blob + start,
                taken.ctypes.data,
                1,
                len(taken),
                self.dim,
                self.dim,
                taken.nbytes,
            )

        in_parallel(lambda blocks: into.fill(blocks, one), -(-self.rows // BLOCK))


@cache
def _room(dim: int) -> int:
    """Return how many bytes behind each row are left empty, and are not needed, where rows lie one after
    the other; 0 where they lie in any other way."""
    functions = _functions()
    if functions is None:
        return 0
    codes = np.random.default_rng(dim).integers(-127, 128, (_TRIED, dim))
    rows = codes.astype(np.int8)
    blob = _as_numkong_does(functions, rows)
    head, stride = blob[:_CHUNK].view(np.uint32), len(blob) // _TRIED
    stride = stride // _CHUNK * _CHUNK
    room = stride - -(-dim // _CHUNK) * _CHUNK
    if (
        room <= 0
        or len(blob) != _CHUNK + _TRIED * (stride + _BEHIND)
        or head.tolist() != [_TRIED, dim, stride] + [0] * (len(head) - 3)
    ):
        return 0
    table = blob[_CHUNK : _CHUNK + _TRIED * stride].reshape(_TRIED, stride)
    as_they_were = np.array_equal(table[:, :dim].view(np.int8), rows)
    return room if as_they_were and not table[:, dim:].any() else 0


def _as_numkong_does(functions: _Functions, codes: Codes) -> NDArray[np.uint8]:
    rows, dim = codes.shape
    blob = np.zeros(functions.size(rows, dim), np.uint8)
    functions.pack(codes.ctypes.data, rows, dim, dim, blob.ctypes.data)
    return blob


def layout(rows: int, dim: int, roomy: float = _ROOMY) -> tuple[str, int, int] | None:
    """Return a name for how codes are packed on this machine, the bytes it takes, and those of a block;
    None where it cannot be done or gains nothing."""
    functions = _functions()
    if functions is None or not rows:
        return None
    least = functions.size(BLOCK, dim) - BLOCK * _room(dim)
    block = -(-least // _ALIGNED) * _ALIGNED
    if block > roomy * BLOCK * dim:
        return None
    return f"numkong-{functions.version}-{block}", -(-rows // BLOCK) * block, block


def pack(codes: Codes, into: NDArray[np.uint8], block: int) -> None:
    functions = _functions()
    if functions is None:
        raise RuntimeError("nothing can be packed here")
    rows, dim = codes.shape
    for number, first in enumerate(range(0, rows, BLOCK)):
        part = np.ascontiguousarray(codes[first : first + BLOCK])
        blob = _without_room(_as_numkong_does(functions, part), len(part), dim)
        into[number * block : number * block + len(blob)] = blob


def _without_room(blob: NDArray[np.uint8], rows: int, dim: int) -> NDArray[np.uint8]:
    room = _room(dim)
    if not room:
        return blob
    head = blob[:_CHUNK].copy()
    stride = int(head.view(np.uint32)[2])
    head.view(np.uint32)[2] = stride - room
    end = _CHUNK + rows * stride
    table = blob[_CHUNK:end].reshape(rows, stride)[:, : stride - room]
    return np.concatenate([head, table.reshape(-1), blob[end:]])


def is_of(packed: Packed, codes: Codes) -> bool:
    """Whether the products of two drawn probes are those of the codes, for every row: one code that
    differs changes its row's."""
    random = np.random.default_rng()
    expected, found = Scratch(packed.rows), Scratch(packed.rows)
    for _ in range(2):
        signs = random.choice(np.array([-1, 1]), packed.dim)
        probe = (signs * random.integers(1, 128, packed.dim)).astype(np.int8)
        products(codes, probe, expected, MULTIPLY)
        packed.products(probe, found)
        if not np.array_equal(expected.numbers, found.numbers):
            return False
    return True
