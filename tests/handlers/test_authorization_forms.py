"""The forms of another repository: what is taken as entered, and every complaint under its own field."""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.authorizations import (
    HOURS_DEFAULT,
    REASON_MIN,
    TEXT_MIN,
    AuthorizationStep,
    Grounds,
)
from bot.handlers.authorization_forms import (
    AskForm,
    DecisionForm,
    RevocationForm,
    SignOffForm,
)
from bot.handlers.fields import BadForm
from bot.handlers.payloads import BadPayload
from bot.views.asking import AskModal, ask_modal
from bot.views.commander import decide_modal, revoke_modal
from bot.views.ids import BlockId
from bot.views.signing import write_sign_off_modal
from tests.builders import CASE, DMV, REQUEST, STATED
from tests.views.reading import HOSTILE, filled
from tests.views.samples import DMV as LICENSES
from tests.views.samples import an_authorization

STATEMENTS = (
    BlockId.NEED,
    BlockId.WHY_NOT_STANDARD,
    BlockId.WHY_THIS_REPOSITORY,
    BlockId.LEGAL_BASIS,
    BlockId.DATA_SHARING_BASIS,
)
ASKED: Mapping[str, object] = {
    BlockId.REPOSITORY: DMV,
    BlockId.COMMAND: "Robbery Squad",
    **dict.fromkeys(STATEMENTS, STATED),
}
DECIDED: Mapping[str, object] = {
    BlockId.DECISION: AuthorizationStep.GRANT.value,
    BlockId.TYPED_CASE_NUMBER: CASE,
    BlockId.EXPIRY_HOURS: "24",
    BlockId.REASON: STATED,
}


def question(
    changes: Mapping[str, object] | None = None, *, futile: bool = False
) -> dict[str, Any]:
    view = AskModal(REQUEST, CASE, (LICENSES,), futile)
    return filled(ask_modal(view), {**ASKED, **(changes or {})})


def decision(changes: Mapping[str, object] | None = None) -> dict[str, Any]:
    view = decide_modal(an_authorization())
    return filled(view, {**DECIDED, **(changes or {})})


def revocation(reason: str | None) -> dict[str, Any]:
    return filled(revoke_modal(an_authorization()), {BlockId.REASON: reason})


def sign_off(reason: str | None) -> dict[str, Any]:
    return filled(write_sign_off_modal(REQUEST, 1), {BlockId.REASON: reason})


def forged(body: dict[str, Any], block: str, value: object) -> dict[str, Any]:
    """The payload with a state of one field that its own client would never have sent."""
    body["view"]["state"]["values"][block] = {"field": value}
    return body


def complaints(form: Any, body: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(BadForm) as refused:
        form.parse(body)
    return dict(refused.value.errors)


# --- asking


def test_a_complete_question_is_taken_as_it_was_entered() -> None:
    form = AskForm.parse(
        question(
            {
                **{block: f" {block} because of this.\n" for block in STATEMENTS},
                BlockId.COMMAND: " Robbery Squad ",
                BlockId.NEW_FACTS: f"{STATED} ",
                BlockId.FUTILE: f" {STATED}",
                BlockId.TEAM: ["U-1", "U-2"],
            },
            futile=True,
        )
    )
    assert (form.request, form.repository) == (REQUEST, DMV)
    for block in STATEMENTS:
        assert getattr(form.grounds, block) == f"{block} because of this."
    assert form.grounds.command == "Robbery Squad"
    assert form.grounds.new_facts == form.grounds.futile == STATED
    assert form.team == ("U-1", "U-2")
    # Accounts become persons only where the role map is at hand.
    assert form.grounds.team == ()


def test_every_fact_of_the_grounds_has_its_field() -> None:
    blocks = {*STATEMENTS, BlockId.COMMAND, BlockId.FUTILE, BlockId.NEW_FACTS, BlockId.TEAM}  # fmt: skip
    assert {field.name for field in fields(Grounds)} == {str(block) for block in blocks}


@pytest.mark.parametrize("block", STATEMENTS)
@pytest.mark.parametrize("text", [None, "x" * (TEXT_MIN - 1), " " * TEXT_MIN])
def test_a_statement_missing_or_too_short_is_told_under_its_field_alone(
    block: BlockId, text: str | None
) -> None:
    errors = complaints(AskForm, question({block: text}))
    assert errors == {block: f"Say this in at least {TEXT_MIN} characters."}


@pytest.mark.parametrize("block", STATEMENTS)
def test_twenty_characters_of_a_statement_are_enough(block: BlockId) -> None:
    form = AskForm.parse(question({block: "x" * TEXT_MIN}))
    assert getattr(form.grounds, block) == "x" * TEXT_MIN


@pytest.mark.parametrize(
    ("block", "said"),
    [(BlockId.REPOSITORY, "one repository"), (BlockId.COMMAND, "the command")],
)
def test_what_else_is_missing_is_told_under_its_field_alone(
    block: BlockId, said: str
) -> None:
    errors = complaints(AskForm, question({block: None}))
    assert list(errors) == [block]
    assert said in errors[block]


def test_where_it_is_asked_for_the_reason_of_futility_is_needed() -> None:
    for text in (None, "x" * (TEXT_MIN - 1)):
        errors = complaints(AskForm, question({BlockId.FUTILE: text}, futile=True))
        assert list(errors) == [BlockId.FUTILE]
    assert AskForm.parse(question()).grounds.futile == ""


def test_everything_wrong_is_told_at_once() -> None:
    empty = question(dict.fromkeys(ASKED))
    assert set(complaints(AskForm, empty)) == set(ASKED)


NO_CHOICE: list[object] = [
    {"selected_option": None},
    {"selected_options": [{"value": DMV}, {"value": "Harbor Agency photographs"}]},
    {},
]
UNREADABLE: list[object] = [
    {"selected_option": {"value": ""}},
    {"selected_option": {"value": 7}},
    {"selected_option": {"value": [DMV, "*"]}},
    {"selected_option": {}},
    {"selected_option": DMV},
    {"selected_option": [{"value": DMV}]},
]


@pytest.mark.parametrize("state", NO_CHOICE)
def test_a_list_of_repositories_is_no_choice_of_one(state: object) -> None:
    body = forged(question(), BlockId.REPOSITORY, state)
    assert list(complaints(AskForm, body)) == [BlockId.REPOSITORY]


@pytest.mark.parametrize("state", UNREADABLE)
def test_a_choice_of_another_shape_is_not_read(state: object) -> None:
    with pytest.raises(BadPayload):
        AskForm.parse(forged(question(), BlockId.REPOSITORY, state))


@pytest.mark.parametrize("team", ["U-1", {"U-1": 1}, 7])
def test_a_team_that_is_no_list_is_not_read(team: object) -> None:
    with pytest.raises(BadPayload):
        AskForm.parse(forged(question(), BlockId.TEAM, {"selected_users": team}))


@pytest.mark.parametrize("metadata", ["", "{", "[]", "7", "null", "{}", '{"request": 1}', '{"request": ""}'])  # fmt: skip
def test_a_question_about_no_request_is_not_read(metadata: str) -> None:
    body = question()
    body["view"]["private_metadata"] = metadata
    with pytest.raises(BadPayload):
        AskForm.parse(body)


def test_hostile_words_are_kept_as_words() -> None:
    form = AskForm.parse(question({BlockId.NEED: HOSTILE}))
    assert form.grounds.need == HOSTILE


# --- deciding


def test_a_grant_has_its_hours_and_a_denial_none() -> None:
    granted = DecisionForm.parse(decision()).decision
    assert (granted.step, granted.hours) == (AuthorizationStep.GRANT, 24)
    denied = DecisionForm.parse(decision({BlockId.DECISION: "deny"})).decision
    assert (denied.step, denied.hours) == (AuthorizationStep.DENY, None)
    assert granted.case_number == denied.case_number == CASE
    assert granted.reason == denied.reason == STATED


def test_nothing_but_the_usual_hours_is_entered_beforehand() -> None:
    body = filled(decide_modal(an_authorization()), {})
    assert set(complaints(DecisionForm, body)) == {
        BlockId.DECISION,
        BlockId.TYPED_CASE_NUMBER,
        BlockId.REASON,
    }
    hours = body["view"]["state"]["values"][BlockId.EXPIRY_HOURS]
    [state] = hours.values()
    assert state["selected_option"]["value"] == str(HOURS_DEFAULT)


@pytest.mark.parametrize(
    ("block", "answer"),
    [
        (BlockId.DECISION, None),
        (BlockId.TYPED_CASE_NUMBER, None),
        (BlockId.TYPED_CASE_NUMBER, "   "),
        (BlockId.REASON, None),
        (BlockId.REASON, "x" * (REASON_MIN - 1)),
        (BlockId.REASON, "x" * (REASON_MIN - 1) + "   "),
        (BlockId.EXPIRY_HOURS, None),
    ],
)
def test_a_wrong_field_of_a_decision_is_told_under_that_field_alone(
    block: BlockId, answer: object
) -> None:
    assert list(complaints(DecisionForm, decision({block: answer}))) == [block]


@pytest.mark.parametrize("value", ["revoke", "start", "GRANT", "grant,deny", "0"])
def test_a_decision_is_to_grant_or_to_deny_and_nothing_else(value: str) -> None:
    state = {"selected_option": {"value": value}}
    body = forged(decision(), BlockId.DECISION, state)
    assert list(complaints(DecisionForm, body)) == [BlockId.DECISION]


@pytest.mark.parametrize(
    "value", ["-1", "1.5", "1e3", "72 hours", "\u0667\u0662", "\u00b2", "9" * 6, "0x10", " 72"]
)  # fmt: skip
def test_hours_are_a_plain_number_that_can_be_read(value: str) -> None:
    state = {"selected_option": {"value": value}}
    body = forged(decision(), BlockId.EXPIRY_HOURS, state)
    assert list(complaints(DecisionForm, body)) == [BlockId.EXPIRY_HOURS]


@given(st.text(min_size=1, max_size=8) | st.integers(0, 10**6).map(str))
def test_hours_of_any_text_are_read_exactly_or_complained_about(value: str) -> None:
    state = {"selected_option": {"value": value}}
    body = forged(decision(), BlockId.EXPIRY_HOURS, state)
    if re.fullmatch("[0-9]{1,5}", value):
        assert DecisionForm.parse(body).decision.hours == int(value)
    else:
        assert list(complaints(DecisionForm, body)) == [BlockId.EXPIRY_HOURS]


def test_a_denial_does_not_look_at_the_hours() -> None:
    body = forged(decision({BlockId.DECISION: "deny"}), BlockId.EXPIRY_HOURS, {})
    assert DecisionForm.parse(body).decision.hours is None


# --- revoking, and the written sign-off


@pytest.mark.parametrize("reason", [None, "", "x" * (REASON_MIN - 1), " " * 30])
def test_a_reason_is_needed_to_revoke_and_to_sign_off(reason: str | None) -> None:
    for form, body in (
        (RevocationForm, revocation(reason)),
        (SignOffForm, sign_off(reason)),
    ):
        assert list(complaints(form, body)) == [BlockId.REASON]


def test_a_reason_is_taken_without_the_spaces_around_it() -> None:
    assert RevocationForm.parse(revocation(f" {STATED}\n")).reason == STATED
    assert SignOffForm.parse(sign_off(f" {STATED}\n")).reason == STATED


@pytest.mark.parametrize(
    ("form", "body"),
    [
        (AskForm, question()),
        (DecisionForm, decision()),
        (RevocationForm, revocation(STATED)),
        (SignOffForm, sign_off(STATED)),
    ],
)
def test_a_form_about_nothing_is_not_read(form: Any, body: dict[str, Any]) -> None:
    assert form.parse(body)
    with pytest.raises(BadPayload):
        form.parse({**body, "view": {**body["view"], "private_metadata": "{}"}})


HOSTILE_STATES: list[object] = [
    None,
    [],
    "x",
    7,
    {},
    {"field": None},
    {"field": "x"},
    {"field": {}, "another": {}},
]


@pytest.mark.parametrize("state", HOSTILE_STATES)
@pytest.mark.parametrize(
    ("form", "body", "block"),
    [
        (AskForm, question, BlockId.REPOSITORY),
        (AskForm, question, BlockId.NEED),
        (DecisionForm, decision, BlockId.DECISION),
        (DecisionForm, decision, BlockId.TYPED_CASE_NUMBER),
        (RevocationForm, lambda: revocation(STATED), BlockId.REASON),
    ],
)
def test_a_field_of_another_shape_is_refused_and_never_a_defect(
    form: Any, body: Callable[[], dict[str, Any]], block: BlockId, state: object
) -> None:
    entered = body()
    entered["view"]["state"]["values"][block] = state
    with pytest.raises((BadPayload, BadForm)):
        form.parse(entered)
