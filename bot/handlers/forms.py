"""Submitted modals as values; everything wrong is told at once, each under its own field."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from bot.domain.candidates import REASON_MIN, Conclusion
from bot.domain.identifiers import BadIdentifier, Identifiers
from bot.domain.leads import RULING_REASON_MIN, Ruling
from bot.domain.purposes import (
    ATTESTATIONS,
    FACTUAL_BASIS_MIN,
    NONE_OF_THESE,
    PARTICULARS,
    OffenseCategory,
    Particular,
    ProbeSource,
    Purpose,
)
from bot.domain.requests import Asked
from bot.errors import Refusal
from bot.handlers.payloads import Body, Command, Shortcut, Submission, Values
from bot.views.ids import BlockId, detailed
from bot.views.intake import IntakeDraft

Complaint = tuple[str, str]
_Choice = TypeVar("_Choice", bound=StrEnum)


class BadForm(Refusal):
    """Something in a form is wrong; ``errors`` says what, by block."""

    rule = "BAD_FORM"

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("Something in this form is missing or wrong.")
        self.errors = dict(errors)


def _check(complaints: Iterator[Complaint]) -> None:
    if errors := dict(complaints):
        raise BadForm(errors)


def _find(kind: type[_Choice], value: str | None) -> _Choice | None:
    return next((one for one in kind if one.value == value), None)


# --- a request


@dataclass(frozen=True, slots=True)
class IntakeForm:
    """A request as entered. What was declared as prohibited is no error of the form: a rule refuses it."""

    channel: str
    case_number: str
    category: OffenseCategory
    purpose: Purpose
    particulars: tuple[tuple[str, str], ...]
    factual_basis: str
    source: ProbeSource
    attested: tuple[str, ...]
    image_file: str
    declared: tuple[str, ...]
    bwc: frozenset[str]

    @classmethod
    def parse(cls, body: Body, identifiers: Identifiers) -> "IntakeForm":
        form = Submission.parse(body)
        values = form.values
        _check(_wrong_in_request(form, identifiers))
        purpose = Purpose(values.choice(BlockId.PURPOSE))
        return cls(
            channel=form.id("channel"),
            case_number=identifiers.parse(
                "case_number", values.text(BlockId.CASE_NUMBER)
            ),
            category=OffenseCategory(values.choice(BlockId.CATEGORY)),
            purpose=purpose,
            particulars=_particulars(values, purpose, identifiers),
            factual_basis=values.text(BlockId.FACTUAL_BASIS).strip(),
            source=ProbeSource(values.choice(BlockId.SOURCE)),
            attested=values.choices(BlockId.ATTESTATIONS),
            image_file=_images(form)[0],
            declared=_declared(values),
            bwc=frozenset(values.choices(BlockId.BWC_CHECKLIST)),
        )

    def asked(self, list_length: int) -> Asked:
        return Asked(
            case_number=self.case_number,
            category=self.category,
            purpose=self.purpose,
            particulars=self.particulars,
            factual_basis=self.factual_basis,
            source=self.source,
            attested=self.attested,
            image_file=self.image_file,
            list_length=list_length,
        )


def draft_from_command(command: Command) -> IntakeDraft:
    return IntakeDraft(command.text, None, None, command.channel, None)


def draft_from_shortcut(shortcut: Shortcut) -> IntakeDraft:
    """Return a form for the one image of a message; refuse a message with none or several."""
    if len(shortcut.files) != 1:
        raise Refusal(
            "Choose a message that has exactly one image. A request is about one still of one person.",
            rule="ONE_IMAGE",
        )
    return IntakeDraft("", None, None, shortcut.channel, shortcut.files[0])


def draft_from_state(form: Submission) -> IntakeDraft:
    """Return what decides the form's look after a change in it."""
    return IntakeDraft(
        case_number=form.values.text(BlockId.CASE_NUMBER),
        purpose=_find(Purpose, form.values.choice(BlockId.PURPOSE)),
        source=_find(ProbeSource, form.values.choice(BlockId.SOURCE)),
        channel=form.id("channel"),
        image_file=form.find_id("image"),
    )


def _wrong_in_request(
    form: Submission, identifiers: Identifiers
) -> Iterator[Complaint]:
    values = form.values
    yield from _wrong_number(values, BlockId.CASE_NUMBER, "case_number", identifiers)
    yield from _wrong_purpose(values, identifiers)
    yield from _wrong_category(values)
    if len(values.text(BlockId.FACTUAL_BASIS).strip()) < FACTUAL_BASIS_MIN:
        yield (
            BlockId.FACTUAL_BASIS,
            f"Describe the factual basis in at least {FACTUAL_BASIS_MIN} characters.",
        )
    yield from _wrong_source(values)
    if not set(ATTESTATIONS) <= set(values.choices(BlockId.ATTESTATIONS)):
        yield BlockId.ATTESTATIONS, "Without both statements nothing may be searched."
    yield from _wrong_declaration(values, BlockId.PROHIBITED_IMAGES)
    yield from _wrong_declaration(values, BlockId.PROHIBITED_USES)
    if len(_images(form)) != 1:
        yield BlockId.IMAGE, "Add one image, and only one."


def _wrong_number(
    values: Values, block: str, kind: str, identifiers: Identifiers
) -> Iterator[Complaint]:
    try:
        identifiers.parse(kind, values.text(block))
    except BadIdentifier as bad:
        yield block, bad.message


def _wrong_category(values: Values) -> Iterator[Complaint]:
    category = _find(OffenseCategory, values.choice(BlockId.CATEGORY))
    is_crime = values.choice(BlockId.PURPOSE) == Purpose.A_CRIME
    if category is None:
        yield BlockId.CATEGORY, "Choose the offense category."
    elif is_crime and not category.is_crime:
        yield (
            BlockId.CATEGORY,
            "This category is not a crime, but the purpose is. Change one of the two.",
        )


def _wrong_purpose(values: Values, identifiers: Identifiers) -> Iterator[Complaint]:
    purpose = _find(Purpose, values.choice(BlockId.PURPOSE))
    if purpose is None:
        yield BlockId.PURPOSE, "Choose the one purpose of this request."
        return
    for particular in PARTICULARS[purpose]:
        if _block(particular) in values:
            yield from _wrong_particular(values, particular, identifiers)
        else:
            # Submitted before the redraw arrived. Slack refuses an error under a field that is not there.
            yield BlockId.PURPOSE, "Fill in the fields that have appeared below."


def _wrong_particular(
    values: Values, particular: Particular, identifiers: Identifiers
) -> Iterator[Complaint]:
    block = _block(particular)
    if particular.identifier is not None:
        yield from _wrong_number(values, block, particular.identifier, identifiers)
    elif particular.choices:
        if values.choice(block) not in particular.choices:
            yield block, "Choose one."
    elif not values.text(block).strip():
        yield block, "Fill this in."


def _wrong_source(values: Values) -> Iterator[Complaint]:
    source = _find(ProbeSource, values.choice(BlockId.SOURCE))
    if source is None:
        yield BlockId.SOURCE, "Choose where the image comes from."
    elif source is ProbeSource.BODY_WORN_CAMERA and BlockId.BWC_CHECKLIST not in values:
        yield BlockId.SOURCE, "Answer the checklist that has appeared below."


def _wrong_declaration(values: Values, block: str) -> Iterator[Complaint]:
    ticked = values.choices(block)
    if not ticked:
        yield block, "Tick what applies, or “None of these”."
    elif NONE_OF_THESE in ticked and len(ticked) > 1:
        yield block, "“None of these” cannot stand together with another answer."


def _block(particular: Particular) -> str:
    return detailed(BlockId.PARTICULAR, particular.name)


def _particulars(
    values: Values, purpose: Purpose, identifiers: Identifiers
) -> tuple[tuple[str, str], ...]:
    return tuple(
        (p.name, _particular(values, p, identifiers)) for p in PARTICULARS[purpose]
    )


def _particular(
    values: Values, particular: Particular, identifiers: Identifiers
) -> str:
    block = _block(particular)
    if particular.identifier is not None:
        return identifiers.parse(particular.identifier, values.text(block))
    return values.choice(block) or values.text(block).strip()


def _images(form: Submission) -> tuple[str, ...]:
    posted = form.find_id("image")
    return form.values.files(BlockId.IMAGE) if posted is None else (posted,)


def _declared(values: Values) -> tuple[str, ...]:
    ticked = (
        *values.choices(BlockId.PROHIBITED_IMAGES),
        *values.choices(BlockId.PROHIBITED_USES),
    )
    return tuple(code for code in ticked if code != NONE_OF_THESE)


# --- an examination


@dataclass(frozen=True, slots=True)
class CompareForm:
    """One comparison; ``label`` is the letter in that examiner's own order."""

    examination: str
    version: int
    label: str
    conclusion: Conclusion
    reason: str

    @classmethod
    def parse(cls, body: Body) -> "CompareForm":
        form = Submission.parse(body)
        chosen = _find_conclusion(form.values.choice(BlockId.CONCLUSION))
        _check(_wrong_in_comparison(form.values, chosen))
        return cls(
            examination=form.id("examination"),
            version=form.version,
            label=form.id("label"),
            conclusion=Conclusion(chosen),
            reason=form.values.text(BlockId.REASON).strip(),
        )


def _find_conclusion(value: str | None) -> Conclusion | None:
    return next((level for level in Conclusion if str(int(level)) == value), None)


def _wrong_in_comparison(
    values: Values, chosen: Conclusion | None
) -> Iterator[Complaint]:
    if chosen is None:
        yield BlockId.CONCLUSION, "Choose one conclusion."
    yield from _wrong_reason(values, REASON_MIN)


def _wrong_reason(values: Values, least: int) -> Iterator[Complaint]:
    if len(values.text(BlockId.REASON).strip()) < least:
        yield BlockId.REASON, f"Give your reasons in at least {least} characters."


@dataclass(frozen=True, slots=True)
class SubmitForm:
    """The wish to close one's examination."""

    examination: str
    version: int

    @classmethod
    def parse(cls, body: Body) -> "SubmitForm":
        form = Submission.parse(body)
        return cls(form.id("examination"), form.version)


# --- a review


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
        _check(_wrong_in_review(values))
        ruling = Ruling(values.choice(BlockId.RULING))
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
    ruling = _find(Ruling, values.choice(BlockId.RULING))
    if ruling is None:
        yield BlockId.RULING, "Choose one ruling."
    elif ruling is Ruling.RELEASE and values.choice(BlockId.RELEASED_CANDIDATE) is None:
        offered = BlockId.RELEASED_CANDIDATE in values
        block = BlockId.RELEASED_CANDIDATE if offered else BlockId.RULING
        yield block, "Choose the candidate to release."
    yield from _wrong_reason(values, RULING_REASON_MIN)
