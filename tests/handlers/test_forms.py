"""Forms: what is taken as entered, and every complaint under its own field."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import cycle
from typing import Any

import pytest

from bot.domain.candidates import Conclusion
from bot.domain.components import Component, Finding
from bot.domain.identifiers import Identifiers
from bot.domain.leads import Ruling
from bot.domain.purposes import (
    ATTESTATIONS,
    BODY_WORN_CAMERA_CHECKLIST,
    PARTICULARS,
    OffenseCategory,
    ProbeSource,
    Purpose,
)
from bot.errors import Refusal
from bot.handlers.forms import (
    BadForm,
    CompareForm,
    IntakeForm,
    ReviewForm,
    SubmitForm,
    draft_from_command,
    draft_from_shortcut,
    draft_from_state,
)
from bot.handlers.payloads import BadPayload, Command, Shortcut, Submission
from bot.views.examining import CompareModal, SubmitModal, compare_modal, submit_modal
from bot.views.ids import BlockId
from bot.views.intake import IntakeDraft, intake_modal
from bot.views.reviewing import Supported, review_modal
from tests.builders import REQUEST
from tests.views.reading import filled
from tests.views.samples import DRAFT, a_review, a_supported

BASIS = "The person took a till at knife point; the camera shows the face."
CRIME = replace(DRAFT, purpose=Purpose.A_CRIME, source=ProbeSource.BUSINESS_CAMERA)
BODY_CAMERA = replace(CRIME, source=ProbeSource.BODY_WORN_CAMERA)
ANSWERS: Mapping[str, object] = {
    BlockId.CASE_NUMBER: "2026-075-001234",
    BlockId.CATEGORY: OffenseCategory.ROBBERY.value,
    BlockId.PURPOSE: Purpose.A_CRIME.value,
    "particular.complaint_number": "2026-075-004711",
    "particular.when_and_where": " November 22, 21:40, 100 Example Street ",
    BlockId.FACTUAL_BASIS: BASIS,
    BlockId.SOURCE: ProbeSource.BUSINESS_CAMERA.value,
    BlockId.ATTESTATIONS: list(ATTESTATIONS),
    BlockId.PROHIBITED_IMAGES: ["NONE"],
    BlockId.PROHIBITED_USES: ["NONE"],
    BlockId.IMAGE: ["F-STILL"],
}
GOOD: Mapping[str, tuple[str, ...]] = {
    "complaint_number": ("2026-075-004711",),
    "when_and_where": ("November 22, 21:40, 100 Example Street",),
    "relation": ("witness",),
    "aided_number": ("ME26-04711",),
    "treated_by": ("Bellevue Hospital",),
    "arrest_number": ("K26612345",),
    "threat": ("A bomb threat against a school today.",),
}


def entered(
    changes: Mapping[str, object] | None = None, draft: IntakeDraft = CRIME
) -> IntakeForm:
    """Submit the form as drawn for ``draft``; ``changes`` are what this test is about."""
    view = intake_modal(draft, identifiers=Identifiers())
    fields = {block.get("block_id") for block in view["blocks"]}
    answers = {b: a for b, a in {**ANSWERS, **(changes or {})}.items() if b in fields}
    return IntakeForm.parse(filled(view, answers), Identifiers())


def complaints(
    changes: Mapping[str, object], draft: IntakeDraft = CRIME
) -> dict[str, str]:
    with pytest.raises(BadForm) as refused:
        entered(changes, draft)
    return refused.value.errors


def test_a_complete_form_is_taken_as_it_was_entered() -> None:
    form = entered()
    assert form.channel == "C-REQUESTS"
    assert form.category is OffenseCategory.ROBBERY
    assert form.source is ProbeSource.BUSINESS_CAMERA
    assert form.image_file == "F-STILL"
    assert form.declared == ("NONE", "NONE")
    assert form.bwc == frozenset()
    assert form.particulars == (
        ("complaint_number", "2026-075-004711"),
        ("when_and_where", "November 22, 21:40, 100 Example Street"),
    )


def test_it_becomes_what_was_asked_with_the_length_of_the_list() -> None:
    asked = entered().asked(20)
    assert asked.factual_basis == BASIS
    assert asked.attested == ("UNKNOWN_IDENTITY", "LAWFULLY_OBTAINED")
    assert asked.list_length == 20


@pytest.mark.parametrize("purpose", Purpose)
def test_every_purpose_can_be_filled_in(purpose: Purpose) -> None:
    names = [particular.name for particular in PARTICULARS[purpose]]
    answers = {f"particular.{name}": GOOD[name][0] for name in names}
    form = entered(
        {**answers, BlockId.PURPOSE: purpose.value}, replace(CRIME, purpose=purpose)
    )
    assert form.purpose is purpose
    assert form.particulars == tuple((name, GOOD[name][0]) for name in names)


def test_a_number_is_brought_into_its_form() -> None:
    assert entered({BlockId.CASE_NUMBER: " 2026/ab-77 "}).case_number == "2026/AB-77"


@pytest.mark.parametrize(
    ("field", "answer", "said"),
    [
        (BlockId.CASE_NUMBER, "<!channel>", "looks like 2026-075-001234"),
        (BlockId.CASE_NUMBER, None, "not a valid case number"),
        (BlockId.CATEGORY, None, "Choose the offense"),
        (BlockId.CATEGORY, "NONCRIMINAL_MISSING", "not a crime"),
        (BlockId.PURPOSE, None, "one purpose"),
        ("particular.complaint_number", "12", "looks like 2026-075-001234"),
        ("particular.when_and_where", "   ", "Fill this in"),
        (BlockId.FACTUAL_BASIS, "Short." + " " * 60, "at least 40"),
        (BlockId.SOURCE, None, "where the image comes from"),
        (BlockId.ATTESTATIONS, ["UNKNOWN_IDENTITY"], "both statements"),
        (BlockId.ATTESTATIONS, [], "both statements"),
        (BlockId.PROHIBITED_IMAGES, [], "Tick what applies"),
        (BlockId.PROHIBITED_IMAGES, ["P_CROWD", "NONE"], "cannot stand together"),
        (BlockId.PROHIBITED_USES, [], "Tick what applies"),
        (BlockId.PROHIBITED_USES, ["NONE", "P_PERSONAL"], "cannot stand together"),
        (BlockId.IMAGE, [], "one image"),
        (BlockId.IMAGE, ["F-1", "F-2"], "only one"),
    ],
)
def test_a_wrong_field_is_told_under_that_field_alone(
    field: str, answer: object, said: str
) -> None:
    errors = complaints({field: answer})
    assert list(errors) == [field]
    assert said in errors[field]


def test_every_wrong_field_is_told_at_once() -> None:
    nothing: dict[str, object] = {
        block: [] if isinstance(answer, list) else None
        for block, answer in ANSWERS.items()
    }
    assert set(complaints(nothing, DRAFT)) == {
        BlockId.CASE_NUMBER,
        BlockId.CATEGORY,
        BlockId.PURPOSE,
        BlockId.FACTUAL_BASIS,
        BlockId.SOURCE,
        BlockId.ATTESTATIONS,
        BlockId.PROHIBITED_IMAGES,
        BlockId.PROHIBITED_USES,
        BlockId.IMAGE,
    }


def test_forty_characters_of_factual_basis_are_enough() -> None:
    assert entered({BlockId.FACTUAL_BASIS: "x" * 40}).factual_basis == "x" * 40
    assert BlockId.FACTUAL_BASIS in complaints({BlockId.FACTUAL_BASIS: "x" * 39})


def test_a_purpose_chosen_just_before_submitting_is_told_under_the_purpose() -> None:
    unchanged = replace(CRIME, purpose=None)
    assert list(complaints({}, unchanged)) == [BlockId.PURPOSE]


def test_a_camera_chosen_just_before_submitting_is_told_under_the_source() -> None:
    late: dict[str, object] = {BlockId.SOURCE: ProbeSource.BODY_WORN_CAMERA.value}
    assert list(complaints(late)) == [BlockId.SOURCE]


def test_what_is_declared_as_prohibited_is_left_to_the_rules() -> None:
    form = entered(
        {
            BlockId.PROHIBITED_IMAGES: ["P_CROWD", "P_SKETCH"],
            BlockId.PROHIBITED_USES: ["P_PERSONAL"],
        }
    )
    assert form.declared == ("P_CROWD", "P_SKETCH", "P_PERSONAL")


@pytest.mark.parametrize("ticked", [[], ["still"], list(BODY_WORN_CAMERA_CHECKLIST)])
def test_an_open_point_of_the_checklist_is_left_to_the_rules(ticked: list[str]) -> None:
    source = ProbeSource.BODY_WORN_CAMERA.value
    form = entered({BlockId.SOURCE: source, BlockId.BWC_CHECKLIST: ticked}, BODY_CAMERA)
    assert form.bwc == frozenset(ticked)


def test_an_image_already_posted_is_taken_from_the_metadata() -> None:
    assert entered({}, replace(CRIME, image_file="F-POSTED")).image_file == "F-POSTED"


def test_a_choice_that_was_never_offered_is_told_and_not_believed() -> None:
    view = intake_modal(CRIME, identifiers=Identifiers())
    body = filled(view, ANSWERS)
    state = body["view"]["state"]["values"][BlockId.CATEGORY]
    state["field"] = {"selected_option": {"value": "JAYWALKING"}}
    with pytest.raises(BadForm) as refused:
        IntakeForm.parse(body, Identifiers())
    assert list(refused.value.errors) == [BlockId.CATEGORY]


# --- drafts


def test_a_command_starts_with_its_text_as_case_number() -> None:
    command = Command("U-1", "T-1", "C-1", "2026-075-001234", "1.2.3")
    draft = draft_from_command(command)
    assert draft == IntakeDraft("2026-075-001234", None, None, "C-1", None)


def test_a_shortcut_starts_with_the_image_of_its_message() -> None:
    shortcut = Shortcut("U-1", "T-1", "C-1", "1.1", ("F-1",), "1.2.3")
    assert draft_from_shortcut(shortcut) == IntakeDraft("", None, None, "C-1", "F-1")


@pytest.mark.parametrize("files", [(), ("F-1", "F-2")])
def test_a_message_without_exactly_one_image_is_refused(files: tuple[str, ...]) -> None:
    shortcut = Shortcut("U-1", "T-1", "C-1", "1.1", files, "1.2.3")
    with pytest.raises(Refusal, match="exactly one image"):
        draft_from_shortcut(shortcut)


def test_a_redraw_follows_what_was_chosen_and_keeps_the_image() -> None:
    view = intake_modal(replace(DRAFT, image_file="F-1"), identifiers=Identifiers())
    chosen: dict[str, object] = {
        BlockId.PURPOSE: Purpose.F_THREAT.value,
        BlockId.SOURCE: ProbeSource.BODY_WORN_CAMERA.value,
    }
    form = Submission.parse(filled(view, chosen, kind="block_actions"))
    assert draft_from_state(form) == IntakeDraft(
        "2026-075-001234",
        Purpose.F_THREAT,
        ProbeSource.BODY_WORN_CAMERA,
        "C-REQUESTS",
        "F-1",
    )


# --- examinations


def compared(answers: Mapping[str, object]) -> CompareForm:
    view = compare_modal(CompareModal("EX-1", "C", "F-1"))
    return CompareForm.parse(filled(view, answers))


@pytest.mark.parametrize("level", Conclusion)
def test_a_comparison_is_taken_at_its_level(level: Conclusion) -> None:
    form = compared(
        {
            BlockId.CONCLUSION: str(int(level)),
            BlockId.REASON: " Same scar over the left brow. ",
        }
    )
    assert (form.examination, form.label, form.conclusion) == ("EX-1", "C", level)
    assert form.reason == "Same scar over the left brow."
    assert form.findings == {}
    assert not form.rest_similar


def test_every_component_is_taken_with_its_finding() -> None:
    kinds = cycle(Finding)
    found = {component: next(kinds) for component in Component}
    answers: dict[str, object] = {
        f"{BlockId.COMPONENT}.{c}": f.value for c, f in found.items()
    }
    answers |= {BlockId.CONCLUSION: "0", BlockId.REASON: "x" * 20}
    form = compared(answers | {BlockId.EXPLANATION: " Twenty years later. "})
    assert form.findings == found
    assert form.explanation == "Twenty years later."


def test_a_comparison_without_level_and_reasons_is_told_both() -> None:
    with pytest.raises(BadForm) as refused:
        compared({BlockId.REASON: "Too short." + " " * 20})
    assert set(refused.value.errors) == {BlockId.CONCLUSION, BlockId.REASON}


def test_an_examination_is_submitted_in_the_version_that_was_seen() -> None:
    view = submit_modal(SubmitModal(REQUEST, "EX-1", 2, (), ()))
    assert SubmitForm.parse(filled(view, {})) == SubmitForm("EX-1", 2)


def test_a_modal_without_its_version_cannot_be_read() -> None:
    body = filled(submit_modal(SubmitModal(REQUEST, "EX-1", 2, (), ())), {})
    body["view"]["private_metadata"] = '{"examination":"EX-1"}'
    with pytest.raises(BadPayload):
        SubmitForm.parse(body)


# --- reviews


def ruled(answers: Mapping[str, object], *supported: Supported) -> ReviewForm:
    view: Mapping[str, Any] = review_modal(a_review(*supported))
    return ReviewForm.parse(filled(view, answers))


def test_a_release_names_its_candidate() -> None:
    form = ruled(
        {
            BlockId.RULING: Ruling.RELEASE.value,
            BlockId.RELEASED_CANDIDATE: "C-1",
            BlockId.REASON: "Both agree on the scar.",
        },
        a_supported("C-1"),
    )
    assert form == ReviewForm(
        REQUEST, 9, Ruling.RELEASE, "C-1", "Both agree on the scar."
    )


@pytest.mark.parametrize("ruling", [Ruling.CLOSE, Ruling.RETURN])
def test_a_candidate_means_nothing_without_a_release(ruling: Ruling) -> None:
    form = ruled(
        {
            BlockId.RULING: ruling.value,
            BlockId.RELEASED_CANDIDATE: "C-1",
            BlockId.REASON: "The ears do differ.",
        },
        a_supported("C-1"),
    )
    assert form.candidate is None


def test_a_release_without_a_candidate_is_told_under_the_candidates() -> None:
    with pytest.raises(BadForm) as refused:
        ruled(
            {BlockId.RULING: "release", BlockId.REASON: "Both agree on it."},
            a_supported("C-1"),
        )
    assert list(refused.value.errors) == [BlockId.RELEASED_CANDIDATE]


def test_a_review_without_ruling_and_reason_is_told_both() -> None:
    with pytest.raises(BadForm) as refused:
        ruled({BlockId.REASON: "No.      "})
    assert set(refused.value.errors) == {BlockId.RULING, BlockId.REASON}
