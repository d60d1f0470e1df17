"""Submitted modals as values; everything wrong is told at once, each under its own field."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.analyses import (
    MARKS_MAX,
    NO_PHOTOGRAPH,
    USABILITY,
    Depiction,
    Extent,
    Usability,
    check_objection,
    visible_components,
)
from bot.domain.candidates import REASON_MIN, Conclusion
from bot.domain.components import Component, Finding, Findings
from bot.domain.leads import RULING_REASON_MIN, Ruling
from bot.errors import Refusal
from bot.handlers.fields import BadForm, Complaint, check, choice, find_choice
from bot.handlers.intake_form import (
    IntakeForm,
    draft_from_command,
    draft_from_shortcut,
    draft_from_state,
)
from bot.handlers.payloads import Body, Submission, Values
from bot.views.ids import BlockId

__all__ = [
    "AnalysisForm",
    "BadForm",
    "CompareForm",
    "IntakeForm",
    "ReviewForm",
    "SubmitForm",
    "draft_from_command",
    "draft_from_shortcut",
    "draft_from_state",
]


@dataclass(frozen=True, slots=True)
class AnalysisForm:
    """What an examiner sees in the probe alone."""

    examination: str
    usability: Usability
    visible: frozenset[Component]
    marks: str
    depiction: Depiction
    objection: str

    @classmethod
    def parse(cls, body: Body) -> "AnalysisForm":
        form = Submission.parse(body)
        values = form.values
        check(_wrong_in_analysis(values))
        return cls(
            examination=form.id("examination"),
            # One question for both: what is no photograph carries nothing.
            usability=find_choice(Usability, values, BlockId.USABILITY)
            or Usability.UNUSABLE,
            visible=_visible(values),
            marks=values.text(BlockId.MARKS).strip(),
            depiction=_depiction(values),
            objection=values.text(BlockId.OBJECTION).strip(),
        )


def _depiction(values: Values) -> Depiction:
    other = find_choice(Depiction, values, BlockId.USABILITY)
    return Depiction.PHOTOGRAPH if other is None else other


def _visible(values: Values) -> frozenset[Component]:
    extent = choice(Extent, values, BlockId.EXTENT)
    chosen = set(values.choices(BlockId.COMPONENTS))
    return visible_components(extent, [c for c in Component if c.value in chosen])


def _wrong_in_analysis(values: Values) -> Iterator[Complaint]:
    if values.choice(BlockId.USABILITY) not in {*USABILITY, *NO_PHOTOGRAPH}:
        yield BlockId.USABILITY, "Choose one."
    else:
        try:
            check_objection(_depiction(values), values.text(BlockId.OBJECTION))
        except Refusal as wrong:
            yield BlockId.OBJECTION, wrong.message
    if find_choice(Extent, values, BlockId.EXTENT) is None:
        yield BlockId.EXTENT, "Choose one."
    else:
        try:
            _visible(values)
        except Refusal as nothing:
            yield BlockId.COMPONENTS, nothing.message
    if len(values.text(BlockId.MARKS).strip()) > MARKS_MAX:
        yield BlockId.MARKS, f"At most {MARKS_MAX} characters."


@dataclass(frozen=True, slots=True)
class CompareForm:
    """One comparison; ``label`` is the letter in that examiner's own order."""

    examination: str
    label: str
    conclusion: Conclusion
    reason: str
    findings: Findings
    explanation: str
    rest_similar: bool = False
    """Whether every component left open, that the analysis calls visible, is similar."""

    @classmethod
    def parse(cls, body: Body) -> "CompareForm":
        form = Submission.parse(body)
        check(_wrong_in_comparison(form.values))
        return cls(
            examination=form.id("examination"),
            label=form.id("label"),
            conclusion=choice(Conclusion, form.values, BlockId.CONCLUSION),
            reason=form.values.text(BlockId.REASON).strip(),
            findings={
                component: found
                for component in Component
                if (found := _finding(form.values, component)) is not None
            },
            explanation=form.values.text(BlockId.EXPLANATION).strip(),
            rest_similar=bool(form.values.choices(BlockId.REST_SIMILAR)),
        )


def _finding(values: Values, component: Component) -> Finding | None:
    return find_choice(Finding, values, f"{BlockId.COMPONENT}.{component}")


def _wrong_in_comparison(values: Values) -> Iterator[Complaint]:
    if find_choice(Conclusion, values, BlockId.CONCLUSION) is None:
        yield BlockId.CONCLUSION, "Choose one conclusion."
    yield from _wrong_reason(values, REASON_MIN)


def _wrong_reason(values: Values, least: int) -> Iterator[Complaint]:
    if len(values.text(BlockId.REASON).strip()) < least:
        yield BlockId.REASON, f"Give your reasons in at least {least} characters."


@dataclass(frozen=True, slots=True)
class SubmitForm:
    """The wish to close one's examination as ``version`` of its summary showed it."""

    examination: str
    version: int
    override: str = ""

    @classmethod
    def parse(cls, body: Body) -> "SubmitForm":
        form = Submission.parse(body)
        override = form.values.text(BlockId.OVERRIDE).strip()
        return cls(form.id("examination"), form.version, override)


@dataclass(frozen=True, slots=True)
class ReviewForm:
    """A supervisor's ruling; ``candidate`` is given for a release and for nothing else."""

    request: str
    version: int
    ruling: Ruling
    candidate: str | None
    reason: str

    @classmethod
    def parse(cls, body: Body) -> "ReviewForm":
        form = Submission.parse(body)
        values = form.values
        check(_wrong_in_review(values))
        ruling = choice(Ruling, values, BlockId.RULING)
        # A radio button cannot be cleared in Slack: with another ruling the choice means nothing.
        chosen = values.choice(BlockId.RELEASED_CANDIDATE)
        return cls(
            request=form.id("request"),
            version=form.version,
            ruling=ruling,
            candidate=chosen if ruling is Ruling.RELEASE else None,
            reason=values.text(BlockId.REASON).strip(),
        )


def _wrong_in_review(values: Values) -> Iterator[Complaint]:
    ruling = find_choice(Ruling, values, BlockId.RULING)
    if ruling is None:
        yield BlockId.RULING, "Choose one ruling."
    elif ruling is Ruling.RELEASE and values.choice(BlockId.RELEASED_CANDIDATE) is None:
        offered = BlockId.RELEASED_CANDIDATE in values
        block = BlockId.RELEASED_CANDIDATE if offered else BlockId.RULING
        yield block, "Choose the candidate to release."
    yield from _wrong_reason(values, RULING_REASON_MIN)
