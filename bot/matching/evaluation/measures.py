"""Hit rates, FNIR and FPIR (ISO/IEC 19795-1, as NIST FRTE 1:N uses them), for many weighted samples at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.domain.evaluations import (
    FPIRS,
    HIT_RANKS,
    LIST_LENGTH,
    AtFpir,
    Curve,
    HitRate,
    Rate,
)
from bot.matching.evaluation.bootstrap import (
    Floats,
    Ints,
    Resampling,
    numbered,
    rate,
)

_DET_POINTS = 40
NEVER = 1 << 30
"""The rank of a subject who is not on the list."""


@dataclass(frozen=True, slots=True, eq=False)
class Mated:
    """One entry a search whose subject is in the gallery; similarity is minus infinity off the list."""

    subject: Ints
    rank: Ints
    similarity: Floats
    detected: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Nonmated:
    """One entry a search for somebody else; ``top`` is the best candidate's similarity, or minus infinity."""

    subject: Ints
    top: Floats
    detected: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Searches:
    mated: Mated
    nonmated: Nonmated

    def resampling(self, times: int, seed: int) -> Resampling:
        return Resampling(self.mated.subject, self.nonmated.subject, times, seed)


def mated_of(
    subjects: Sequence[str], outcomes: Sequence[tuple[int, float, bool]]
) -> Mated:
    """Put (rank, similarity, detected) of each search into columns."""
    return Mated(
        numbered(subjects),
        np.array([rank for rank, _, _ in outcomes], np.int64),
        np.array([similarity for _, similarity, _ in outcomes], np.float64),
        np.array([found for _, _, found in outcomes], np.bool_),
    )


def nonmated_of(
    subjects: Sequence[str], outcomes: Sequence[tuple[float, bool]]
) -> Nonmated:
    """Put (best similarity, detected) of each search into columns."""
    return Nonmated(
        numbered(subjects),
        np.array([top for top, _ in outcomes], np.float64),
        np.array([found for _, found in outcomes], np.bool_),
    )


def found_within(mated: Mated, weights: Floats, ranks: Sequence[int]) -> Floats:
    """Return the share of each sample with the subject among the first so many candidates."""
    within = mated.rank[:, None] <= np.array(ranks)
    return _over(weights @ within, weights)


def thresholds(nonmated: Nonmated, weights: Floats, fpirs: Sequence[float]) -> Floats:
    """Return for each sample the lowest similarities above which at most these shares have a candidate.

    Above, not at: of searches that tie, either all are let through or none.
    """
    order = np.argsort(-nonmated.top, kind="stable")
    let_through = np.cumsum(weights[:, order], axis=1)
    columns = []
    for fpir in fpirs:
        # Counts are whole; the margin is for shares such as 0.29 of 100.
        exceeds = let_through > fpir * let_through[:, -1:] + 1e-6
        first = nonmated.top[order][exceeds.argmax(axis=1)]
        columns.append(np.where(exceeds.any(axis=1), first, -np.inf))
    return np.stack(columns, axis=1)


def missed_above(mated: Mated, weights: Floats, above: Floats) -> Floats:
    """Return FNIR: the share of each sample whose subject is not on the list above its thresholds."""
    order = np.argsort(-mated.similarity, kind="stable")
    summed = np.cumsum(weights[:, order], axis=1)
    summed = np.concatenate([np.zeros((len(weights), 1)), summed], axis=1)
    counts = np.searchsorted(-mated.similarity[order], -above, side="left")
    return 1 - _over(np.take_along_axis(summed, counts, axis=1), weights)


def is_measurable(fpir: float, nonmated: int) -> bool:
    """One search in ``nonmated`` is the smallest share that can be seen."""
    return fpir * nonmated >= 1 - 1e-9


def hit_rates(
    mated: Mated, drawing: Resampling, ranks: Sequence[int] = HIT_RANKS
) -> tuple[HitRate, ...]:
    ends = drawing.interval(lambda weights, _: found_within(mated, weights, ranks))
    return tuple(
        HitRate(rank, _rate(mated.rank <= rank, mated, ends, at))
        for at, rank in enumerate(ranks)
    )


def detected(searches: Mated | Nonmated, times: int, seed: int) -> Rate:
    """Return in what share of the probes a face was found."""
    drawing = Resampling(searches.subject, np.empty(0, np.int64), times, seed)
    seen = searches.detected[:, None]
    ends = drawing.interval(lambda weights, _: _over(weights @ seen, weights))
    return _rate(searches.detected, searches, ends, 0)


def at_fpirs(
    searches: Searches, drawing: Resampling, fpirs: Sequence[float] = FPIRS
) -> tuple[AtFpir, ...]:
    """Return FNIR at each FPIR that so many non-mated searches can show; the others are not extrapolated."""
    mated, nonmated = searches.mated, searches.nonmated
    told = [f for f in fpirs if is_measurable(f, len(nonmated.top))]
    if not told or not len(mated.rank):
        return tuple(AtFpir(fpir) for fpir in fpirs)
    above = drawing.once(lambda _, other: thresholds(nonmated, other, told))
    missed = ~(mated.similarity[:, None] > above)
    reached = nonmated.top[:, None] > above
    ends = drawing.interval(
        lambda own, other: missed_above(mated, own, thresholds(nonmated, other, told))
    )
    others = drawing.interval(lambda _, other: _over(other @ reached, other))
    measured = {
        fpir: AtFpir(
            fpir,
            float(above[at]) if np.isfinite(above[at]) else None,
            _rate(missed[:, at], mated, ends, at),
            _rate(reached[:, at], nonmated, others, at),
        )
        for at, fpir in enumerate(told)
    }
    return tuple(measured.get(fpir, AtFpir(fpir)) for fpir in fpirs)


def cmc(mated: Mated, drawing: Resampling) -> Curve:
    """Cumulative match characteristic: the hit rate at every rank of the list."""
    points = hit_rates(mated, drawing, range(1, LIST_LENGTH + 1))
    return Curve(
        tuple(float(point.rank) for point in points),
        *_band([point.rate for point in points]),
    )


def det(searches: Searches, drawing: Resampling) -> Curve | None:
    """Detection error trade-off: FNIR over FPIR, from the smallest FPIR that can be seen."""
    count = len(searches.nonmated.top)
    if not count or not len(searches.mated.rank):
        return None
    steps = np.geomspace(1, count, min(count, _DET_POINTS))
    fpirs = [
        count_let_through / count for count_let_through in sorted({*map(round, steps)})
    ]
    points = at_fpirs(searches, drawing, fpirs)
    return Curve(
        tuple(fpirs), *_band([point.fnir for point in points if point.fnir is not None])
    )


def _band(rates: list[Rate]) -> tuple[tuple[float, ...], ...]:
    return (
        tuple(rate.value or 0.0 for rate in rates),
        tuple(rate.low or 0.0 for rate in rates),
        tuple(0.0 if rate.high is None else rate.high for rate in rates),
    )


def _rate(
    events: NDArray[np.bool_],
    searches: Mated | Nonmated,
    ends: tuple[Floats, Floats],
    at: int,
) -> Rate:
    low, high = float(ends[0][at]), float(ends[1][at])
    subjects = int(searches.subject.max(initial=0)) + 1
    return rate(int(events.sum()), len(events), subjects, low, high)


def _over(sums: Floats, weights: Floats) -> Floats:
    """Divide by the size of each sample; nothing of nothing is nothing."""
    shares: Floats = sums / np.maximum(weights.sum(axis=1, keepdims=True), 1)
    return shares
