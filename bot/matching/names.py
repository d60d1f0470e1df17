"""Texts by the million without an object each: their bytes in one piece, and where each begins."""

from collections.abc import Iterable, Iterator, Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray


class Names(Sequence[str]):
    """Text ``i`` is ``blob[offsets[i]:offsets[i + 1]]``, UTF-8; made into a ``str`` only when asked for."""

    def __init__(self, blob: NDArray[np.uint8], offsets: NDArray[np.int64]) -> None:
        self.blob, self.offsets = blob, offsets

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Names":
        encoded = [text.encode() for text in texts]
        ends = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
        return cls(np.frombuffer(b"".join(encoded), np.uint8), ends)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        if not -len(self) <= at < len(self):
            raise IndexError(at)
        return self._raw(at % len(self)).decode()

    def __iter__(self) -> Iterator[str]:
        return (self[at] for at in range(len(self)))

    def find(self, text: str) -> int | None:
        """Return where ``text`` stands, if the texts are sorted by their bytes; None if nowhere."""
        wanted, low, high = text.encode(), 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self._raw(middle) < wanted:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self) and self._raw(low) == wanted else None

    def _raw(self, at: int) -> bytes:
        return bytes(self.blob[self.offsets[at] : self.offsets[at + 1]])


class OfRows(Sequence[str]):
    """The name of each row, by the number the row has."""

    def __init__(self, names: Names, numbers: NDArray[np.int32]) -> None:
        self._names, self._numbers = names, numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return [self._names[int(number)] for number in self._numbers[at]]
        return self._names[int(self._numbers[at])]
