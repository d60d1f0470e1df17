"""The supervisor's modal: the whole record of one request, and no ruling chosen beforehand."""

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as field_of
from datetime import date, datetime

from bot.domain.analyses import Analysis
from bot.domain.candidates import CONCLUSIONS, Conclusion
from bot.domain.components import FINDINGS, Findings, named
from bot.domain.context import ContextCheck
from bot.domain.leads import RULING_REASON_MIN, Ruling
from bot.domain.origins import Sign
from bot.domain.purposes import (
    PROBE_SOURCES,
    PURPOSES,
    OffenseCategory,
    ProbeSource,
    Purpose,
    words,
)
from bot.domain.weakness import NOT_CALIBRATED
from bot.views.analysing import analysis_words
from bot.views.authorizations import Exceptional, marks
from bot.views.blocks import (
    Json,
    context,
    divider,
    field,
    fields,
    image,
    modal,
    option,
    options,
    radio,
    reason_field,
    section,
    select,
)
from bot.views.contextual import UNCHECKED, context_lines
from bot.views.editing import Link, link_words
from bot.views.ids import BlockId, ViewId
from bot.views.quality import origin
from bot.views.text import (
    ZONE,
    counted,
    day,
    fitted,
    lasting,
    moment,
    quoted,
    sentence,
)

SHOWN_MAX = 20
"""Candidates shown: three blocks each at most, of the hundred that Slack allows; agreed ones come first."""

_STRANGERS = (
    "How near strangers come was measured with photographs of record as probes. Of weak stills less is "
    "known: a stranger may come as near, and a mate may stay farther off. It says nothing of whether this "
    "is the person."
)
_REASON_MAX = 500
_EXPLANATION_MAX = 250
_OVERRIDE_MAX = 400
_MARKS_MAX = 300
_WARNINGS_MAX = 10
_EDITS_MAX = 10
_BEFORE_MAX, _BEFORE_REASON_MAX = 6, 200
_OFFERED_AS_RADIO = 10  # Slack's limit; beyond it a menu


@dataclass(frozen=True, slots=True)
class Opinion:
    """One finished examination, as counts; ``examiner`` is a name, not an account."""

    examiner: str
    taken_at: datetime | None
    submitted_at: datetime | None
    supported: int
    inconclusive: int
    different: int
    seconds: int | None = None  # at all candidates together, as far as on record
    analysis: Analysis | None = None  # of the probe alone, before any candidate
    override: str = ""  # why somebody is proposed on an image that is warned about


@dataclass(frozen=True, slots=True)
class Statement:
    """What one examiner says about a supported candidate, under that examiner's own letter."""

    label: str
    conclusion: Conclusion
    reason: str
    findings: Findings = field_of(default_factory=dict)
    explanation: str = ""
    seconds: int | None = None  # at this candidate


@dataclass(frozen=True, slots=True)
class Before:
    """An examination of an earlier round, or one that was never submitted, as counts; ``examiner`` and
    ``ended_by`` are names. ``reason`` is why it was handed back or taken away."""

    round: int
    examiner: str
    supported: int
    inconclusive: int
    different: int
    ended_by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SaidBefore:
    """What one of them says about one person; ``examiner`` is a name."""

    round: int
    examiner: str
    conclusion: Conclusion


@dataclass(frozen=True, slots=True)
class Supported:
    """A candidate at least one examiner supports; ``agreed`` is the level that can be released, if any.

    ``statements`` stand in the order of the examinations. ``band`` says how near strangers come.
    """

    candidate: str
    statements: tuple[Statement, ...]
    similarity: float
    rank: int
    agreed: Conclusion | None = None
    picture: str | None = None
    arrest_number: str = ""
    capture_date: date | None = None
    weak: bool = False
    band: str = NOT_CALIBRATED
    context: ContextCheck | None = None
    before: tuple[SaidBefore, ...] = ()
    bar: str = ""  # why it cannot be released, although it is agreed on

    @property
    def is_releasable(self) -> bool:
        """Agreed on, and nothing of its context or from before stands against it."""
        checked = self.context is not None and not self.context.unexplained
        return self.agreed is not None and checked and not self.bar

    @property
    def letters(self) -> str:
        return " / ".join(statement.label for statement in self.statements)


@dataclass(frozen=True, slots=True)
class ReviewModal:
    """Everything a supervisor weighs; ``particulars`` are pairs of label and value."""

    number: str
    version: int
    case_number: str
    category: OffenseCategory
    purpose: Purpose
    particulars: tuple[tuple[str, str], ...]
    factual_basis: str
    source: ProbeSource
    warnings: tuple[str, ...]
    opinions: tuple[Opinion, ...]
    supported: tuple[Supported, ...]
    gallery_version: str
    gallery_size: int
    model: str
    list_length: int
    exceptional: Exceptional | None = None
    edits: tuple[Link, ...] = ()
    signs: tuple[Sign, ...] | None = None
    before: tuple[Before, ...] = ()
    repeats: tuple[tuple[str, str], ...] = ()  # earlier requests, each with its answer


def review_modal(view: ReviewModal, zone: str = ZONE) -> Json:
    shown = sorted(view.supported, key=lambda s: s.agreed is None)[:SHOWN_MAX]
    agreed = any(s.agreed is not None for s in shown)
    checked = any(s.context is not None for s in shown)
    releasable = [s for s in shown if s.is_releasable]
    return modal(
        ViewId.REVIEW,
        "Review",
        [
            *marks(view.exceptional, zone),
            *_asked(view),
            *_searched(view),
            *_edits(view, zone),
            *_opinions(view, zone),
            *_before(view.before),
            *_repeats(view.repeats),
            *_supported(shown, len(view.supported), _record_word(view)),
            *([context(_STRANGERS)] if shown else []),
            *_decision(
                releasable,
                agreed=agreed,
                checked=checked,
                returnable=any(opinion.supported for opinion in view.opinions),
            ),
        ],
        metadata={"request": view.number, "version": view.version},
        submit="Record ruling",
        close="Cancel",
    )


def _asked(view: ReviewModal) -> Iterator[Json]:
    yield section(f"*{fitted(view.number, 50)}*")
    yield fields(
        [
            ("Case number", view.case_number),
            ("Category", sentence(words(view.category))),
            ("Purpose", PURPOSES[view.purpose]),
            ("Source of the image", PROBE_SOURCES[view.source]),
            *view.particulars[:6],
        ]
    )
    yield section("*Factual basis*\n" + quoted(view.factual_basis, 2900))
    if view.warnings:
        told = "\n".join(f"• {fitted(w, 250)}" for w in view.warnings[:_WARNINGS_MAX])
        yield section(f"*Quality of the image*\n{told}")
    yield from origin(view.signs)


def _searched(view: ReviewModal) -> Iterator[Json]:
    yield context(
        f"Gallery {fitted(view.gallery_version, 200)} ({counted(view.gallery_size, 'template')}), "
        f"model {fitted(view.model, 200)}, list of {view.list_length}."
    )


def _edits(view: ReviewModal, zone: str) -> Iterator[Json]:
    """The chain of edits; it has to come out the same once more before anything is released."""
    if view.edits:
        yield section(
            "*The still was edited.* The comparison is with the original. Before a release every edit is "
            "made again and has to come out the same."
        )
    for link in view.edits[:_EDITS_MAX]:
        yield section(link_words(link, zone))
    if len(view.edits) > _EDITS_MAX:
        yield context(
            f"{len(view.edits) - _EDITS_MAX} more edits are in the record and not shown here."
        )


def _opinions(view: ReviewModal, zone: str) -> Iterator[Json]:
    yield divider()
    if not view.opinions:
        yield section("Nobody was found by the search, so nothing was examined.")
    for place, opinion in enumerate(view.opinions[:5], 1):
        yield section(
            f"*Examination {place}:* {fitted(opinion.examiner, 200)}\n{_counts(opinion)}\n"
            f"{_times(opinion, zone)}{_analysed(opinion.analysis)}{_overridden(opinion.override)}"
        )


def _before(before: tuple[Before, ...]) -> Iterator[Json]:
    """In one section, however many there were: what was said does not lapse by examining anew."""
    if not before:
        return
    told = [_one_before(one) for one in before[:_BEFORE_MAX]]
    if len(before) > _BEFORE_MAX:
        told.append(f"{len(before) - _BEFORE_MAX} more are in the record.")
    yield section("\n".join(["*Earlier examinations of this request*", *told]))


def _repeats(repeats: tuple[tuple[str, str], ...]) -> Iterator[Json]:
    if repeats:
        told = "; ".join(f"{number}: {answer}" for number, answer in repeats)
        yield section(f"*This image was searched before*\n{fitted(told, 1000)}.")


def _one_before(one: Before) -> str:
    counts = (
        f"{one.supported} supported, {one.inconclusive} inconclusive, "
        f"{one.different} different or excluded."
    )
    said = f"Round {one.round}, {fitted(one.examiner, 50)}: {counts}"
    if not one.ended_by:
        return said
    how = "Handed back" if one.ended_by == one.examiner else "Taken away"
    why = fitted(" ".join(one.reason.split()), _BEFORE_REASON_MAX)
    return f"{said} {how} by {fitted(one.ended_by, 50)}: {why}"


def _analysed(analysis: Analysis | None) -> str:
    """Nothing for an examination finished before there were analyses."""
    if analysis is None:
        return ""
    return f"\n*Before any candidate:* {analysis_words(analysis, _MARKS_MAX)}"


def _overridden(reason: str) -> str:
    """Why somebody is proposed on an image that is warned about."""
    if not reason:
        return ""
    said = quoted(reason, _OVERRIDE_MAX)
    return f"\nWhy the image carries it in spite of its warnings:\n{said}"


def _counts(opinion: Opinion) -> str:
    return (
        f"{opinion.supported} supported, {opinion.inconclusive} inconclusive, "
        f"{opinion.different} different or excluded."
    )


def _times(opinion: Opinion, zone: str) -> str:
    taken = moment(opinion.taken_at, zone) if opinion.taken_at else "not recorded"
    done = moment(opinion.submitted_at, zone) if opinion.submitted_at else "not yet"
    return f"Taken {taken}; submitted {done}.{_at_them(opinion.seconds)}"


def _at_them(seconds: int | None) -> str:
    return "" if seconds is None else f" At the candidates: {lasting(seconds)}."


def _at_this(seconds: int | None) -> str:
    return "" if seconds is None else f" ({lasting(seconds)})"


def _record_word(view: ReviewModal) -> str:
    return "arrest number" if view.exceptional is None else "record number"


def _supported(shown: list[Supported], count: int, record_word: str) -> Iterator[Json]:
    for supported in shown:
        yield section(_compared(supported, record_word))
        if supported.picture is not None:
            yield image(
                supported.picture,
                f"Probe and candidate {supported.letters} side by side",
            )
        if supported.agreed is not None:
            yield section(context_lines(supported.context) + _from_before(supported))
    if count > len(shown):
        yield context(
            f"{count - len(shown)} more supported candidates are in the record and not shown here."
        )


def _from_before(supported: Supported) -> str:
    said = [
        f"round {one.round}, {fitted(one.examiner, 50)}: {CONCLUSIONS[one.conclusion]}"
        for one in supported.before[:_BEFORE_MAX]
    ]
    told = f"\n*Said before of this person:* {'; '.join(said)}." if said else ""
    checked = supported.context is not None and not supported.context.unexplained
    level = supported.agreed
    now = [one.conclusion for one in supported.statements if one.conclusion.is_support]
    if level is not None and level < min(now):
        told += "\nThe lead states the lower level of before (the most cautious one counts)."
    # What is wrong with the check itself stands above already.
    bar = f"\n*{fitted(supported.bar, 300)}*" if supported.bar and checked else ""
    return told + bar


def _compared(supported: Supported, record_word: str) -> str:
    statements = "\n".join(
        f"Examination {place}, letter {fitted(s.label, 10)}: {CONCLUSIONS[s.conclusion]}"
        f"{_at_this(s.seconds)}\n" + quoted(s.reason, _REASON_MAX) + _found(s)
        for place, s in enumerate(supported.statements[:3], 1)
    )
    level = supported.agreed
    end = "not agreed" if level is None else f"agreed: {CONCLUSIONS[level]}"
    return f"*Candidate {fitted(supported.letters, 40)}* ({end})\n{statements}\n{_record(supported, record_word)}"


def _found(statement: Statement) -> str:
    """The compared components by finding; nothing where none were."""
    lines = [
        f"\n{words}: {parts}."
        for finding, words in FINDINGS.items()
        if (parts := named(statement.findings, finding))
    ]
    if statement.explanation:
        lines.append("\n" + quoted(statement.explanation, _EXPLANATION_MAX))
    return "".join(lines)


def _record(supported: Supported, word: str) -> str:
    weak = ", marked weak" if supported.weak else ""
    facts = [
        f"rank {supported.rank}, similarity {supported.similarity:.3f}{weak} (the software's, for the record; "
        "neither is a probability)"
    ]
    facts.append(f"among the strangers of this gallery {fitted(supported.band, 200)}")
    if supported.arrest_number:
        facts.append(f"{word} {fitted(supported.arrest_number, 50)}")
    if supported.capture_date is not None:
        facts.append(f"photographed {day(supported.capture_date)}")
    return f"_Record: {'; '.join(facts)}._"


def _decision(
    releasable: list[Supported], *, agreed: bool, checked: bool, returnable: bool
) -> Iterator[Json]:
    yield divider()
    if releasable:
        yield _to_release(releasable)
    elif agreed and not checked:
        yield section(UNCHECKED)
    elif agreed:
        yield section(
            "What the examiners agree on does not stand up to its context, or to what was said before: "
            "nothing can be released."
        )
    else:
        yield section(
            "No candidate is supported by two examiners with none against: none can be released."
        )
    rulings = _rulings(can_release=bool(releasable), can_return=returnable)
    yield field(BlockId.RULING, "Ruling", radio(options(rulings)))
    yield reason_field(
        "Reason",
        f"Recorded with your name. At least {RULING_REASON_MIN} characters.",
        least=RULING_REASON_MIN,
    )


def _to_release(releasable: list[Supported]) -> Json:
    offered = [
        option(s.candidate, f"Candidate {s.letters}: {CONCLUSIONS[s.agreed]}")
        for s in releasable
        if s.agreed is not None
    ]
    few = len(offered) <= _OFFERED_AS_RADIO
    return field(
        BlockId.RELEASED_CANDIDATE,
        "Candidate to release",
        radio(offered) if few else select(offered, None),
        hint="Only for a release. One candidate at most.",
        optional=True,
    )


def _rulings(*, can_release: bool, can_return: bool) -> dict[Ruling, str]:
    """No return of a round that supports nobody: that would be examining until somebody fits."""
    offered = {
        Ruling.RELEASE: ("Release the candidate chosen above as a lead", can_release),
        Ruling.CLOSE: ("Close as no possible match", True),
        Ruling.RETURN: ("Return for a new examination", can_return),
    }
    return {ruling: words for ruling, (words, can) in offered.items() if can}
