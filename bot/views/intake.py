"""The form a request is made with; it redraws itself when the purpose or the source changes."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.identifiers import Identifiers
from bot.domain.purposes import (
    ATTESTATIONS,
    BODY_WORN_CAMERA_CHECKLIST,
    DESCRIPTION,
    DESCRIPTION_MAX,
    FACTUAL_BASIS_MIN,
    NONE_OF_THESE,
    OFFENSE_DATE,
    PARTICULARS,
    PROBE_SOURCES,
    PROHIBITED_IMAGES,
    PROHIBITED_USES,
    PURPOSES,
    OffenseCategory,
    Particular,
    ProbeSource,
    Purpose,
    words,
)
from bot.views.blocks import (
    Json,
    checkboxes,
    context,
    date_input,
    field,
    long_text_input,
    modal,
    options,
    section,
    select,
    text_input,
)
from bot.views.ids import ActionId, BlockId, ViewId, detailed
from bot.views.text import sentence

FILE_TYPES = ("jpg", "jpeg", "png", "webp", "heic")
_SHORT_MAX = 200


@dataclass(frozen=True, slots=True)
class IntakeDraft:
    """What decides how the form looks; everything else is typed into it and stays in Slack."""

    case_number: str
    purpose: Purpose | None
    source: ProbeSource | None
    channel: str
    image_file: str | None


def intake_modal(draft: IntakeDraft, *, identifiers: Identifiers) -> Json:
    """Return the form; fields keep their ids, so that a redraw loses nothing that was typed."""
    return modal(
        ViewId.INTAKE,
        "Send to FIS",
        [
            *_case(draft, identifiers),
            *_purpose(draft, identifiers),
            *_image(draft),
            *_statements(),
        ],
        metadata={"channel": draft.channel, "image": draft.image_file},
        submit="Send request",
        close="Cancel",
    )


def _case(draft: IntakeDraft, identifiers: Identifiers) -> Iterator[Json]:
    yield context(
        "A face search gives an investigative lead at most. About three of four end without one."
    )
    example = identifiers.formats["case_number"].example
    yield field(
        BlockId.CASE_NUMBER,
        "Case number",
        text_input(
            initial=draft.case_number,
            placeholder=f"For example {example}",
            most=_SHORT_MAX,
        ),
    )
    categories = {c: sentence(words(c)) for c in OffenseCategory}
    yield field(BlockId.CATEGORY, "Offense category", select(options(categories), None))


def _purpose(draft: IntakeDraft, identifiers: Identifiers) -> Iterator[Json]:
    yield field(
        BlockId.PURPOSE,
        "Purpose",
        select(options(PURPOSES), draft.purpose, ActionId.INTAKE_PURPOSE),
        hint="The fields that this purpose needs appear below it.",
        dispatch=True,
    )
    for particular in PARTICULARS[draft.purpose] if draft.purpose else ():
        yield field(
            detailed(BlockId.PARTICULAR, particular.name),
            particular.label,
            _particular(particular, identifiers),
        )
    yield field(
        BlockId.FACTUAL_BASIS,
        "Factual basis",
        long_text_input(least=FACTUAL_BASIS_MIN),
        hint="What happened, and why the person in the image is the one to look for. "
        f"At least {FACTUAL_BASIS_MIN} characters.",
    )
    yield field(
        BlockId.OFFENSE_DATE,
        OFFENSE_DATE.label,
        date_input(),
        hint="If it is known: ages are reckoned from it.",
        optional=True,
    )
    yield field(
        BlockId.DESCRIPTION,
        DESCRIPTION.label,
        long_text_input(least=0, most=DESCRIPTION_MAX),
        hint="Sex, age, height, weight, hair: what witnesses or the recording say. Nobody who compares "
        "faces reads it before the comparison is over.",
        optional=True,
    )


def _particular(particular: Particular, identifiers: Identifiers) -> Json:
    if particular.choices:
        texts = {choice: sentence(choice) for choice in particular.choices}
        return select(options(texts), None)
    if particular.long:
        return long_text_input(least=1)
    if particular.identifier is None:
        return text_input(most=_SHORT_MAX)
    example = identifiers.formats[particular.identifier].example
    return text_input(placeholder=f"For example {example}", most=_SHORT_MAX)


def _image(draft: IntakeDraft) -> Iterator[Json]:
    yield field(
        BlockId.SOURCE,
        "Where the image comes from",
        select(options(PROBE_SOURCES), draft.source, ActionId.INTAKE_SOURCE),
        dispatch=True,
    )
    if draft.source is ProbeSource.BODY_WORN_CAMERA:
        # Optional, so that a person can leave a point open in truth; the rule then refuses by name.
        yield field(
            BlockId.BWC_CHECKLIST,
            "Body-worn camera: tick what is true",
            checkboxes(options(BODY_WORN_CAMERA_CHECKLIST)),
            hint="Such a still may be searched only when all seven are true.",
            optional=True,
        )
    if draft.image_file is not None:
        yield section("*Image*\nThe image already posted in the channel is used.")
        return
    files: Json = {
        "type": "file_input",
        "action_id": ActionId.FIELD,
        "filetypes": list(FILE_TYPES),
        "max_files": 1,
    }
    yield field(
        BlockId.IMAGE,
        "Image",
        files,
        hint="One still image: JPEG, PNG, WebP or HEIC, at most 10 MB. "
        "Send the original, not edited, not a screenshot.",
    )


def _statements() -> Iterator[Json]:
    yield field(
        BlockId.ATTESTATIONS,
        "I state that",
        checkboxes(options(ATTESTATIONS)),
    )
    yield field(
        BlockId.PROHIBITED_IMAGES,
        "Does the image show, or is it, any of these?",
        checkboxes(options({**PROHIBITED_IMAGES, NONE_OF_THESE: "None of these"})),
        hint="Tick what applies.",
    )
    yield field(
        BlockId.PROHIBITED_USES,
        "Is the search wanted for any of these?",
        checkboxes(options({**PROHIBITED_USES, NONE_OF_THESE: "None of these"})),
        hint="Tick what applies.",
    )
