"""What somebody should conclude from an evaluation, in words computed from its numbers."""

import math
import re
from collections.abc import Iterator, Sequence

from bot.domain.evaluations import (
    FEW_EVENTS,
    FEW_SUBJECTS,
    AtFpir,
    Condition,
    Differential,
    Evaluation,
    Rate,
    Ratio,
)

_LIST = 20
_ABOUT_PEOPLE = {
    "sex",
    "gender",
    "age",
    "group",
    "origin",
    "ethnicity",
    "skin",
    "birth",
}
_ABOUT_TIME = {"date", "year", "years", "captured", "taken"}


def percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def interval(rate: Rate) -> str:
    """97.9 % (96.8 to 98.8 %; 809 of 826)."""
    if rate.value is None:
        return "nothing to count"
    low, high = _ends(rate)
    return (
        f"{percent(rate.value)} ({low} to {high} %; {rate.events:,} of {rate.trials:,})"
    )


def short(rate: Rate) -> str:
    """97.9 % (96.8 to 98.8), where the number of searches stands beside it."""
    if rate.value is None:
        return "-"
    low, high = _ends(rate)
    return f"{percent(rate.value)} ({low} to {high})"


def ratio(told: Ratio | None) -> str:
    if told is None:
        return "too few to say"
    return f"{told.value:.2f} ({told.low:.2f} to {told.high:.2f})"


def measure(one: Differential) -> str:
    """What is compared, as a heading."""
    if one.measure == "miss":
        return (
            "the first candidate is not the person"
            if one.rank == 1
            else f"the person is not among the first {one.rank} candidates"
        )
    if one.measure == "fnir":
        return f"FNIR: the person is not above the threshold for FPIR {one.fpir:g}"
    return f"FPIR: a stranger is above the threshold for FPIR {one.fpir:g}"


def not_measurable(fpir: float, nonmated: int) -> str:
    return f"not measurable with {nonmated:,} non-mated probes; at least {math.ceil(1 / fpir - 1e-9):,} are needed"


def conclusions(found: Evaluation) -> list[str]:
    """What the numbers say, most important first."""
    return [
        *_list_of_twenty(found),
        *_strangers(found),
        *_no_face(found),
        *_degraded(found),
        *_groups(found.by),
    ]


def limits(found: Evaluation) -> list[str]:
    """What this set of photographs cannot show."""
    return [
        *_unmeasured(found),
        f"The gallery had {found.gallery_size:,} photographs of {found.gallery_subjects:,} subjects. A larger gallery "
        "holds more strangers who look alike: more people are missed in it, and more strangers reach any threshold.",
        *_columns(found),
        *_degradations_are_drawn(found.degraded),
        "The intervals say what drawing other people of the same kind would change. They say nothing about other "
        "cameras, other years, other light or other people, and the gallery stays the same in them. The labels were "
        "believed: a wrong one counts as a miss or as a stranger.",
        "Every search returns a list, whoever it is for. That somebody is on it, or first on it, is a lead for an "
        "examiner and says by itself nothing about who the person is.",
    ]


def _list_of_twenty(found: Evaluation) -> Iterator[str]:
    twenty, first = found.hit_rate(_LIST), found.hit_rate(1)
    if twenty.value is None:
        yield "No probe has its person in the gallery: nothing is known about how often people are found."
        return
    shown, missed = _of_many(twenty), _of_many(_other(first))
    yield (
        f"Of {shown} searches whose person is in the gallery, {_counts(twenty)} show the person among the {_LIST} "
        f"candidates. In {_counts(_other(twenty))} of {shown} the person is not on the list although enrolled, and "
        "nobody can find them by looking at it."
    )
    yield (
        f"The first candidate of the list is somebody else in {_counts(_other(first))} of {missed} such searches."
    )


def _strangers(found: Evaluation) -> Iterator[str]:
    if not found.nonmated.trials:
        yield "No probe is of somebody who is not in the gallery: nothing is known about how often strangers are taken for somebody."
        return
    told = [_at(one) for one in found.at_fpir if one.fnir is not None]
    yield (
        f"A person who is not in the gallery gets a full list of strangers, too. {' '.join(told)}"
        if told
        else "A person who is not in the gallery gets a full list of strangers, too; how far the similarity tells the "
        "two cases apart was not measurable with so few of them."
    )


def _at(one: AtFpir) -> str:
    if one.fnir is None or one.strangers is None or one.threshold is None:
        return ""
    (low, high), (few, many) = _ends(one.fnir), _ends(one.strangers)
    return (
        f"If only candidates above similarity {one.threshold:.3f} counted, {few} to {many} % of such people would still "
        f"have one ({one.strangers.events:,} of {one.strangers.trials:,} here), and {low} to {high} % of the people who "
        "are in the gallery would be missed."
    )


def _no_face(found: Evaluation) -> Iterator[str]:
    lost = sum(rate.trials - rate.events for rate in (found.mated, found.nonmated))
    probes = found.mated.trials + found.nonmated.trials
    enrolled = found.gallery_size + found.failures_to_enrol
    yield (
        f"No face was found in {lost:,} of {probes:,} probes and in {found.failures_to_enrol:,} of {enrolled:,} "
        "photographs of the gallery. Searches for these people count as misses."
    )


def _degraded(found: Evaluation) -> Iterator[str]:
    told = [(condition.name, _hit(condition)) for condition in found.degraded]
    known = [(name, rate) for name, rate in told if rate.value is not None]
    if not known:
        return
    worst, rate = min(known, key=lambda one: one[1].value or 0.0)
    (low, high), (least, most) = _ends(rate), _ends(found.hit_rate(_LIST))
    yield (
        f"Of {len(known)} ways to spoil the probes {worst} leaves the fewest: {low} to {high} % of the searches show the "
        f"person among the {_LIST} candidates, and {least} to {most} % with the probes as they are."
    )


def _groups(by: Sequence[Differential]) -> Iterator[str]:
    told = [
        (one, group, group.over_rest)
        for one in by
        for group in one.groups
        if group.over_rest is not None
    ]
    for one, group, over in told:
        if over.low > 1 or over.high < 1:
            yield (
                f"{one.column} {group.name}: {measure(one)} {over.value:.1f} times as often as for all others "
                f"({over.low:.1f} to {over.high:.1f} times)."
            )
    if not by:
        return
    silent = sum(1 for one in by for group in one.groups if group.over_rest is None)
    yield (
        f"{len(told)} ratios between groups were computed; even if no group differed, about 1 in 20 of them would look "
        f"like a difference by chance. For {silent} more there are too few to say: fewer than {FEW_SUBJECTS} subjects or {FEW_EVENTS} "
        "events on one of the two sides. That none is seen does not show that there is none."
    )


def _unmeasured(found: Evaluation) -> Iterator[str]:
    for one in found.at_fpir:
        if one.fnir is None and found.mated.trials:
            yield (
                f"FNIR at FPIR {one.fpir:g}: {not_measurable(one.fpir, found.nonmated.trials)}. Nothing was extrapolated."
            )


def _columns(found: Evaluation) -> Iterator[str]:
    columns = sorted({*found.about.gallery.columns, *found.about.probes.columns})
    told = sorted({one.column for one in found.by})
    yield (
        f"The tables have the columns {', '.join(columns)}. Whether these photographs are like those of casework, no "
        "column can say: compare the cameras, the poses, the light, the years between the photographs."
    )
    if not told:
        yield "Nothing in this evaluation tells about differences between groups of people: no column was compared (--by)."
    for subject, words in (
        ("sex, age or origin", _ABOUT_PEOPLE),
        ("the years between two photographs", _ABOUT_TIME),
    ):
        if not words & {word for name in columns for word in _words(name)}:
            yield f"No column tells of {subject}: nothing here is known about it."


def _words(column: str) -> list[str]:
    """capture_date: capture, date. An image is no age."""
    return re.findall(r"[a-z]+", column.lower())


def _degradations_are_drawn(conditions: Sequence[Condition]) -> Iterator[str]:
    yield (
        "The degradations are computed from good photographs. They imitate a camera; they do not replace probes from one."
        if conditions
        else "Only the probes as they are were searched: nothing is known about worse ones (--degraded)."
    )


def _hit(condition: Condition) -> Rate:
    return next(hit.rate for hit in condition.hits if hit.rank == _LIST)


def _other(rate: Rate) -> Rate:
    """The rate of the contrary."""
    if rate.value is None or rate.low is None or rate.high is None:
        return rate
    return Rate(
        rate.trials - rate.events,
        rate.trials,
        1 - rate.value,
        1 - rate.high,
        1 - rate.low,
    )


def _of_many(rate: Rate) -> str:
    return f"{_many(rate):,}"


def _many(rate: Rate) -> int:
    """Per 1,000 only where about as many were searched."""
    return 1000 if rate.trials >= 500 else 100


def _counts(rate: Rate) -> str:
    """The interval in whole searches, rounded outwards."""
    many = _many(rate)
    low = math.floor(many * (rate.low or 0.0) + 1e-9)
    high = math.ceil(many * (1.0 if rate.high is None else rate.high) - 1e-9)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _ends(rate: Rate) -> tuple[str, str]:
    low, high = rate.low or 0.0, 1.0 if rate.high is None else rate.high
    return f"{100 * low:.1f}", f"{100 * high:.1f}"
