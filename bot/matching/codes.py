"""Templates as one byte a number, and how far an answer from the bytes can be from the true one.

A template x is kept as scale * c, with whole numbers c of -127 to 127; a probe q becomes t * k alike.
Then q.x differs from t * scale * (k.c) by no more than |q - tk| |x| + |tk| |x - scale c| (Cauchy and
Schwarz). Few rows do not fit the common scale or are longer or rounded worse than the others: these
loose rows have a bound each, all others share one, so that one whole number tells who is ruled out.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int8]

_LARGEST = 127
_CLIPPED = 1000  # one row in so many may have a number beyond the scale
_LOOSE = 500  # one row in so many may be longer, or rounded worse, than the limits say
_ROWS = 16_384
_WHOLE = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds for every row that is not loose: its length, and that of what rounding took from it."""

    scale: float
    length: float
    error: float


@dataclass(frozen=True, slots=True, eq=False)
class Loose:
    """The rows to which the limits do not apply, by rising number, with their own."""

    rows: NDArray[np.int64]
    lengths: NDArray[np.float64]
    errors: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class CodedProbe:
    """A probe ``exact`` in 64 bits, as ``step * codes``, and the two lengths the bound is made of."""

    exact: NDArray[np.float64]
    codes: Codes
    step: float
    length: float  # of step * codes
    error: float  # of exact - step * codes


def peaks(templates: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the largest number of each row, without its sign."""
    if not templates.size:
        return np.zeros(len(templates), np.float32)
    largest: NDArray[np.float32] = np.abs(templates).max(axis=1)
    return largest


def scale_for(largest: NDArray[np.float32]) -> float:
    """Return the scale for rows with these peaks; those few that it does not fit are clipped."""
    common = _all_but_one_in(_CLIPPED, largest) or float(largest.max(initial=0))
    return common / _LARGEST or 1.0


def encode(
    templates: NDArray[np.float32], scale: float, into: Codes
) -> tuple[Limits, Loose]:
    """Fill ``into`` with the codes of the templates; return what bounds their error."""
    lengths, errors = np.empty((2, len(templates)))
    for start in range(0, len(templates), _ROWS):
        part = slice(start, start + _ROWS)
        exact = templates[part].astype(np.float64)
        coded = np.clip(np.rint(exact / scale), -_LARGEST, _LARGEST)
        into[part] = coded
        lengths[part] = _lengths(exact)
        errors[part] = _lengths(exact - scale * coded)
    limits = Limits(
        scale, _all_but_one_in(_LOOSE, lengths), _all_but_one_in(_LOOSE, errors)
    )
    rows = np.flatnonzero((lengths > limits.length) | (errors > limits.error))
    return limits, Loose(rows.astype(np.int64), lengths[rows], errors[rows])


def encode_probe(probe: NDArray[np.float32]) -> CodedProbe:
    exact = probe.astype(np.float64)
    step = float(np.abs(exact).max(initial=0)) / _LARGEST or 1.0
    codes = np.rint(exact / step)
    return CodedProbe(
        exact,
        codes.astype(np.int8),
        step,
        float(np.linalg.norm(step * codes)),
        float(np.linalg.norm(exact - step * codes)),
    )


def lowest_product(
    probe: CodedProbe,
    limits: Limits,
    score: np.float64,
    lengths: NDArray[np.float64],
    errors: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return, for rows with these lengths and errors, the product of codes from which their score may
    reach ``score``; below it, it cannot.

    The bound is widened by more than all roundings of this arithmetic and of the exact scores can
    come to.
    """
    bound = (probe.error * lengths + probe.length * errors) * (1 + 1e-9)
    whole = float(np.linalg.norm(probe.exact)) + probe.length
    bound += 8 * (len(probe.codes) + 8) * 2.0**-53 * whole * lengths
    with np.errstate(over="ignore"):
        least = (float(score) - bound) / (probe.step * limits.scale)
    lowest: NDArray[np.float64] = np.clip(np.floor(least) - 1, -_WHOLE, _WHOLE)
    return lowest


def _lengths(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths: NDArray[np.float64] = np.sqrt((rows * rows).sum(axis=1))
    return lengths


def _all_but_one_in(
    many: int, numbers: NDArray[np.float32] | NDArray[np.float64]
) -> float:
    """The largest number, but for the one in ``many``, at least one, that are larger."""
    if not len(numbers):
        return 0.0
    place = max(len(numbers) - 2 - len(numbers) // many, 0)
    return float(np.partition(numbers, place)[place])
