"""Templates drawn by chance, as like to those of real faces as a few numbers can make them: any number, always the same."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Numbers = NDArray[np.int32]

BLOCK = 10_000
_PHOTOS_MAX = 25
# By these the default model's similarities come out: mates 0.46 (5 %) to 0.67 (half) as on real photographs,
# the best of 5,000 strangers about 0.40 (measured for other photographs: 0.403).
_BETWEEN, _WITHIN = 0.7, 0.35
_SPREAD, _UNEVEN = 0.68, 0.3
_MINORS, _SEALED_MAX = 0.03, 200
_NOBODY = -1


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Consecutive rows; the photographs of a subject follow one another and lie in one block."""

    first: int
    templates: Vectors
    subjects: Numbers
    centres: Vectors  # of row i's subject: what its photographs scatter around
    minors: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Probes:
    """``mates[i]`` is the subject that probe i shows, -1 for a stranger."""

    templates: Vectors
    mates: Numbers


@dataclass(frozen=True)
class Population:
    """``rows`` photographs of about half as many subjects. Nothing of it is kept in memory.

    A smaller population of the same dimension is the beginning of a larger one.
    """

    rows: int
    dim: int
    seed: int = 7

    def blocks(self) -> Iterator[Block]:
        return (self.block(number) for number in range(self._blocks))

    def block(self, number: int) -> Block:
        """Block ``number``, drawn anew each time it is asked for."""
        chance = np.random.default_rng((self.seed, self.dim, number))
        counts = np.minimum(chance.geometric(0.5, BLOCK), _PHOTOS_MAX)
        owners = np.repeat(np.arange(BLOCK, dtype=np.int32), counts)[:BLOCK]
        people = chance.standard_normal((int(owners[-1]) + 1, self.dim), np.float32)
        centres = (people * self._between)[owners]
        photographs = self._photographed(chance, centres)
        minors = chance.random(BLOCK) < _MINORS
        first = number * BLOCK
        size = min(BLOCK, self.rows - first)
        return Block(
            first,
            photographs[:size],
            owners[:size] + np.int32(first),
            centres[:size],
            minors[:size],
        )

    def probes(self, count: int) -> Probes:
        """New photographs: by turns one of somebody enrolled and one of a stranger."""
        chance = np.random.default_rng((self.seed, self.dim, 1 << 40))
        rows = np.sort(chance.integers(0, self.rows, (count + 1) // 2))
        centres, mates = [], []
        for number in np.unique(rows // BLOCK):
            block = self.block(int(number))
            chosen = rows[rows // BLOCK == number] - block.first
            centres.append(block.centres[chosen])
            mates.append(block.subjects[chosen])
        strangers = chance.standard_normal((count // 2, self.dim), np.float32)
        all_centres = np.empty((count, self.dim), np.float32)
        all_mates = np.full(count, _NOBODY, np.int32)
        shuffled = chance.permutation((count + 1) // 2)
        all_centres[0::2] = np.concatenate(centres)[shuffled]
        all_centres[1::2] = strangers * self._between
        all_mates[0::2] = np.concatenate(mates)[shuffled]
        return Probes(self._photographed(chance, all_centres), all_mates)

    def sealed(self) -> NDArray[np.intp]:
        """Rows that were sealed since the version was built, so that a search has to leave them out."""
        chance = np.random.default_rng((self.seed, self.dim, 2 << 40))
        wanted = min(_SEALED_MAX, self.rows // 50)
        return np.sort(chance.choice(self.rows, wanted, replace=False)).astype(np.intp)

    def whole(self) -> Block:
        """Every row at once: 4 bytes for each of ``rows`` x ``dim`` numbers, and a little."""
        templates = np.empty((self.rows, self.dim), np.float32)
        subjects = np.empty(self.rows, np.int32)
        minors = np.empty(self.rows, np.bool_)
        for block in self.blocks():
            there = slice(block.first, block.first + len(block.subjects))
            templates[there], subjects[there] = block.templates, block.subjects
            minors[there] = block.minors
        nothing = np.empty((0, self.dim), np.float32)
        return Block(0, templates, subjects, nothing, minors)

    @property
    def _blocks(self) -> int:
        return -(-self.rows // BLOCK)

    def _photographed(self, chance: np.random.Generator, centres: Vectors) -> Vectors:
        """One photograph of whoever each centre is of; some are worse than others. Unit length."""
        count = len(centres)
        noise = chance.standard_normal((count, self.dim), np.float32) * self._within
        worse = np.exp(_UNEVEN * chance.standard_normal((count, 1), np.float32))
        seen = (centres + noise * (_SPREAD * worse)) @ self._turn
        length = np.linalg.norm(seen, axis=1, keepdims=True)
        return np.ascontiguousarray(seen / length, np.float32)

    @cached_property
    def _between(self) -> Vectors:
        return _deviations(self.dim, _BETWEEN)

    @cached_property
    def _within(self) -> Vectors:
        return _deviations(self.dim, _WITHIN)

    @cached_property
    def _turn(self) -> Vectors:
        """A rotation: a model does not put what varies most into its first numbers."""
        chance = np.random.default_rng((self.seed, self.dim, 3 << 40))
        turn, _ = np.linalg.qr(chance.standard_normal((self.dim, self.dim)))
        return turn.astype(np.float32)


def _deviations(dim: int, power: float) -> Vectors:
    """Of each axis: their squares fall by a power law and have the sum 1."""
    variances = np.arange(1, dim + 1) ** -power
    return np.asarray(np.sqrt(variances / variances.sum()), np.float32)


def photo_id(row: int) -> str:
    """In the order of the rows: ties between equal similarities go to the earlier row."""
    return f"P{row:09d}"


def subject_id(number: int) -> str:
    return f"S{number:09d}"
