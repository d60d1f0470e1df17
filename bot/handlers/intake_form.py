"""The submitted intake form, and the drafts it starts from; everything wrong is told at once."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.identifiers import BadIdentifier, Identifiers
from bot.domain.purposes import (
    ATTESTATIONS,
    DESCRIPTION,
    DESCRIPTION_MAX,
    FACTUAL_BASIS_MIN,
    NONE_OF_THESE,
    OFFENSE_DATE,
    PARTICULARS,
    OffenseCategory,
    Particular,
    ProbeSource,
    Purpose,
)
from bot.domain.requests import Asked
from bot.errors import Refusal
from bot.handlers.fields import Complaint, check, choice, find_choice
from bot.handlers.payloads import Body, Command, Shortcut, Submission, Values
from bot.views.ids import BlockId, detailed
from bot.views.intake import IntakeDraft


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
        check(_wrong_in_request(form, identifiers))
        purpose = choice(Purpose, values, BlockId.PURPOSE)
        return cls(
            channel=form.id("channel"),
            case_number=identifiers.parse(
                "case_number", values.text(BlockId.CASE_NUMBER)
            ),
            category=choice(OffenseCategory, values, BlockId.CATEGORY),
            purpose=purpose,
            particulars=_particulars(values, purpose, identifiers),
            factual_basis=values.text(BlockId.FACTUAL_BASIS).strip(),
            source=choice(ProbeSource, values, BlockId.SOURCE),
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
        purpose=find_choice(Purpose, form.values, BlockId.PURPOSE),
        source=find_choice(ProbeSource, form.values, BlockId.SOURCE),
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
    category = find_choice(OffenseCategory, values, BlockId.CATEGORY)
    is_crime = values.choice(BlockId.PURPOSE) == Purpose.A_CRIME
    if category is None:
        yield BlockId.CATEGORY, "Choose the offense category."
    elif is_crime and not category.is_crime:
        yield (
            BlockId.CATEGORY,
            "This category is not a crime, but the purpose is. Change one of the two.",
        )


def _wrong_purpose(values: Values, identifiers: Identifiers) -> Iterator[Complaint]:
    purpose = find_choice(Purpose, values, BlockId.PURPOSE)
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
    source = find_choice(ProbeSource, values, BlockId.SOURCE)
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
    needed = [
        (p.name, _particular(values, p, identifiers)) for p in PARTICULARS[purpose]
    ]
    return (*needed, *_for_the_context(values))


def _for_the_context(values: Values) -> Iterator[tuple[str, str]]:
    """What may be left out, and is kept only if it was said."""
    if (on := values.day(BlockId.OFFENSE_DATE)) is not None:
        yield OFFENSE_DATE.name, on.isoformat()
    if described := values.text(BlockId.DESCRIPTION).strip():
        yield DESCRIPTION.name, described[:DESCRIPTION_MAX]


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
    return (
        *values.choices(BlockId.PROHIBITED_IMAGES),
        *values.choices(BlockId.PROHIBITED_USES),
    )
