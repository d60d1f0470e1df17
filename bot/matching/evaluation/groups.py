"""Whether one group of people is missed, or taken for somebody else, more often than the others."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.domain.evaluations import (
    FEW_EVENTS,
    FEW_SUBJECTS,
    FPIRS,
    Differential,
    Group,
    Ratio,
)
from bot.matching.evaluation.bootstrap import (
    Floats,
    Ints,
    Resampling,
    percentiles,
    rate,
)
from bot.matching.evaluation.measures import Searches, is_measurable, thresholds

_MISS_RANKS = (1, 20)

Events = Callable[[Floats, Floats], NDArray[np.bool_]]
"""From the weights of samples to whether each search is an event in each of them (or in all: one row)."""


@dataclass(frozen=True, slots=True, eq=False)
class _Measure:
    name: str
    rank: int | None
    fpir: float | None
    of_mated: bool
    events: Events


def differentials(
    searches: Searches,
    drawing: Resampling,
    column: str,
    mated_groups: Sequence[str],
    nonmated_groups: Sequence[str],
) -> Iterator[Differential]:
    """Compare the groups of one column, by every measure that this many searches can show.

    One threshold serves all groups, chosen from all non-mated searches together: that is how a
    threshold is used. The ratios' intervals include that it was chosen by chance, too.
    """
    for measure in _measures(searches):
        groups = mated_groups if measure.of_mated else nonmated_groups
        if groups:
            compared = _compared(measure, searches, drawing, groups)
            yield Differential(
                column, measure.name, measure.rank, measure.fpir, compared
            )


def _measures(searches: Searches) -> Iterator[_Measure]:
    mated, nonmated = searches.mated, searches.nonmated

    def beyond(rank: int) -> Events:
        return lambda _, __: (mated.rank > rank)[None]

    def missed(fpir: float) -> Events:
        return lambda _, other: (
            ~(mated.similarity > thresholds(nonmated, other, [fpir]))
        )

    def taken(fpir: float) -> Events:
        return lambda _, other: nonmated.top > thresholds(nonmated, other, [fpir])

    for rank in _MISS_RANKS:
        yield _Measure("miss", rank, None, True, beyond(rank))
    for fpir in FPIRS:
        if is_measurable(fpir, len(nonmated.top)):
            yield _Measure("fnir", None, fpir, True, missed(fpir))
            yield _Measure("fpir", None, fpir, False, taken(fpir))


def _compared(
    measure: _Measure, searches: Searches, drawing: Resampling, groups: Sequence[str]
) -> tuple[Group, ...]:
    names = sorted(set(groups))
    member = np.array([[group == name for name in names] for group in groups])
    subject = searches.mated.subject if measure.of_mated else searches.nonmated.subject

    def shares(own: Floats, other: Floats) -> Floats:
        """Every group's rate, then that of all others than each."""
        weights = own if measure.of_mated else other
        hits = (weights * measure.events(own, other)) @ member
        sizes = weights @ member
        rest = sizes.sum(axis=1, keepdims=True) - sizes
        rest_hits = hits.sum(axis=1, keepdims=True) - hits
        return np.concatenate([_divided(hits, sizes), _divided(rest_hits, rest)], 1)

    ones = np.ones((1, len(drawing.mated))), np.ones((1, len(drawing.nonmated)))
    events = measure.events(*ones)[0]
    samples, whole = drawing.again(shares), drawing.once(shares)
    counts = _Counts.of(events, member, subject)
    best = counts.best(whole[: len(names)])
    # A sample without anybody of a group says nothing about it.
    own, of_all = samples[:, : len(names)], whole[: len(names)]
    low, high = percentiles(np.where(np.isnan(own), of_all, own))
    return tuple(
        Group(
            name,
            int(counts.subjects[at]),
            rate(
                int(counts.events[at]),
                int(counts.trials[at]),
                int(counts.subjects[at]),
                float(low[at]),
                float(high[at]),
            ),
            over_rest=_ratio(
                samples[:, at],
                samples[:, len(names) + at],
                whole[at],
                whole[len(names) + at],
            )
            if counts.enough(at) and counts.enough_beside(at)
            else None,
            over_best=_ratio(samples[:, at], samples[:, best], whole[at], whole[best])
            if best is not None and best != at and counts.enough(at)
            else None,
            best=at == best,
        )
        for at, name in enumerate(names)
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Counts:
    """For each group: events, searches and subjects; and the same of all the others."""

    events: Ints
    trials: Ints
    subjects: Ints
    all_subjects: int

    @classmethod
    def of(
        cls, events: NDArray[np.bool_], member: NDArray[np.bool_], subject: Ints
    ) -> "_Counts":
        subjects = [len(np.unique(subject[column])) for column in member.T]
        return cls(
            events.astype(np.int64) @ member.astype(np.int64),
            member.sum(axis=0),
            np.array(subjects),
            len(np.unique(subject)),
        )

    def enough(self, at: int) -> bool:
        return bool(self.subjects[at] >= FEW_SUBJECTS and self.events[at] >= FEW_EVENTS)

    def enough_beside(self, at: int) -> bool:
        return bool(
            self.all_subjects - self.subjects[at] >= FEW_SUBJECTS
            and self.events.sum() - self.events[at] >= FEW_EVENTS
        )

    def best(self, shares: Floats) -> int | None:
        able = [at for at in range(len(self.events)) if self.enough(at)]
        return min(able, key=lambda at: float(shares[at]), default=None)


def _divided(part: Floats, whole: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        shares: Floats = part / whole
    return shares


def _ratio(part: Floats, whole: Floats, one: float, other: float) -> Ratio:
    low, high = percentiles(_divided(part, whole))
    return Ratio(float(one / other), float(low), float(high))
