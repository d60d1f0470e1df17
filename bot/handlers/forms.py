"""Submitted modals as values; everything wrong is told at once, each under its own field."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.candidates import REASON_MIN, Conclusion
from bot.domain.components import Component, Finding, Findings
from bot.domain.leads import RULING_REASON_MIN, Ruling
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
class CompareForm:
    """One comparison; ``label`` is the letter in that examiner's own order."""

    examination: str
    label: str
    conclusion: Conclusion
    reason: str
    findings: Findings
    explanation: str

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

    @classmethod
    def parse(cls, body: Body) -> "SubmitForm":
        form = Submission.parse(body)
        return cls(form.id("examination"), form.version)


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
