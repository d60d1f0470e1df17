"""The intake form: what it asks for, and that a redraw loses nothing."""

from dataclasses import replace

import pytest

from bot.domain.identifiers import DEFAULT_FORMATS, Format, Identifiers
from bot.domain.purposes import (
    BODY_WORN_CAMERA_CHECKLIST,
    PARTICULARS,
    PROHIBITED_IMAGES,
    PROHIBITED_USES,
    ProbeSource,
    Purpose,
)
from bot.views.blocks import Json
from bot.views.ids import ActionId, BlockId, ViewId
from bot.views.intake import IntakeDraft, intake_modal
from tests.views.reading import field_ids, shown
from tests.views.samples import DRAFT

ALWAYS = [
    BlockId.CASE_NUMBER,
    BlockId.CATEGORY,
    BlockId.PURPOSE,
    BlockId.FACTUAL_BASIS,
    BlockId.OFFENSE_DATE,
    BlockId.DESCRIPTION,
    BlockId.SOURCE,
    BlockId.ATTESTATIONS,
    BlockId.PROHIBITED_IMAGES,
    BlockId.PROHIBITED_USES,
]


def drawn(draft: IntakeDraft = DRAFT) -> Json:
    return intake_modal(draft, identifiers=Identifiers())


def element(view: Json, block: str) -> Json:
    [found] = [b["element"] for b in view["blocks"] if b.get("block_id") == block]
    return dict(found)


def values(view: Json, block: str) -> list[str]:
    return [option["value"] for option in element(view, block)["options"]]


def test_the_first_form_asks_for_everything_but_what_depends_on_an_answer() -> None:
    assert drawn()["callback_id"] == ViewId.INTAKE
    assert sorted(field_ids(drawn())) == sorted([*ALWAYS, BlockId.IMAGE])


@pytest.mark.parametrize("purpose", Purpose)
def test_a_purpose_brings_its_own_fields_and_no_others(purpose: Purpose) -> None:
    fields = field_ids(drawn(replace(DRAFT, purpose=purpose)))
    asked = [f for f in fields if f.startswith(BlockId.PARTICULAR)]
    assert asked == [f"particular.{p.name}" for p in PARTICULARS[purpose]]


@pytest.mark.parametrize("source", ProbeSource)
def test_the_checklist_is_asked_for_a_body_worn_camera_only(
    source: ProbeSource,
) -> None:
    fields = field_ids(drawn(replace(DRAFT, source=source)))
    expected = source is ProbeSource.BODY_WORN_CAMERA
    assert (BlockId.BWC_CHECKLIST in fields) is expected


def test_all_seven_points_are_there_in_their_whole_wording() -> None:
    view = drawn(replace(DRAFT, source=ProbeSource.BODY_WORN_CAMERA))
    options = element(view, BlockId.BWC_CHECKLIST)["options"]
    assert len(options) == 7
    read = [
        " ".join(o[part]["text"] for part in ("text", "description") if part in o)
        for o in options
    ]
    assert read == list(BODY_WORN_CAMERA_CHECKLIST.values())


def test_a_change_of_purpose_or_source_redraws_the_form() -> None:
    redrawing = [b["block_id"] for b in drawn()["blocks"] if b.get("dispatch_action")]
    assert redrawing == [BlockId.PURPOSE, BlockId.SOURCE]
    assert element(drawn(), BlockId.PURPOSE)["action_id"] == ActionId.INTAKE_PURPOSE
    assert element(drawn(), BlockId.SOURCE)["action_id"] == ActionId.INTAKE_SOURCE


def test_a_redraw_keeps_every_field_that_was_there() -> None:
    before = field_ids(drawn(replace(DRAFT, purpose=Purpose.A_CRIME)))
    after = field_ids(
        drawn(
            replace(DRAFT, purpose=Purpose.A_CRIME, source=ProbeSource.BODY_WORN_CAMERA)
        )
    )
    assert set(before) <= set(after)


def test_no_category_purpose_source_or_statement_is_chosen_beforehand() -> None:
    assert "initial_option" not in str(drawn())


def test_every_prohibited_use_is_asked_about_and_so_is_none() -> None:
    assert values(drawn(), BlockId.PROHIBITED_IMAGES) == [*PROHIBITED_IMAGES, "NONE"]
    assert values(drawn(), BlockId.PROHIBITED_USES) == [*PROHIBITED_USES, "NONE"]


def test_the_case_number_of_the_command_is_filled_in() -> None:
    shown_number = element(drawn(), BlockId.CASE_NUMBER)["initial_value"]
    assert shown_number == "2026-075-001234"


def test_a_configured_format_is_shown_by_its_own_example() -> None:
    formats = {**DEFAULT_FORMATS, "case_number": Format("case number", r"\d+", "777")}
    view = intake_modal(DRAFT, identifiers=Identifiers(formats))
    placeholder = element(view, BlockId.CASE_NUMBER)["placeholder"]["text"]
    assert placeholder == "For example 777"


def test_one_image_of_the_five_types_is_asked_for() -> None:
    files = element(drawn(), BlockId.IMAGE)
    assert files["max_files"] == 1
    assert files["filetypes"] == ["jpg", "jpeg", "png", "webp", "heic"]


def test_an_image_already_posted_is_named_instead_of_asked_for() -> None:
    view = drawn(replace(DRAFT, image_file="F-1"))
    assert BlockId.IMAGE not in field_ids(view)
    assert "already posted" in shown(view)


def test_the_metadata_holds_ids_and_nothing_else() -> None:
    view = drawn(replace(DRAFT, image_file="F-1"))
    assert view["private_metadata"] == '{"channel":"C-REQUESTS","image":"F-1"}'
