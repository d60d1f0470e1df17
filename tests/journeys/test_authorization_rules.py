"""The rules of another repository through the front door: who asks, who starts, in which order, once."""

from datetime import date, timedelta
from typing import Any, cast

import pytest

from bot.domain.audit import Verb
from bot.domain.authorizations import AuthorizationState
from bot.domain.repositories import Repository
from bot.domain.workflow import State
from bot.sandbox import cases
from bot.sandbox.acts import actions
from bot.sandbox.authorizing import QUESTION, REASON
from bot.views.ids import ActionId, BlockId
from tests.front import NOON, Workplace, still, text_of
from tests.journeys.asking import (
    CASE,
    FUTILE,
    NEW_FACTS,
    alerts,
    granting,
    open_from_examination,
    searches,
    send,
    start_press,
    state_of,
    top,
)

LONG = date(2099, 12, 31)
STATEMENTS = (
    BlockId.NEED,
    BlockId.WHY_NOT_STANDARD,
    BlockId.WHY_THIS_REPOSITORY,
    BlockId.LEGAL_BASIS,
    BlockId.DATA_SHARING_BASIS,
)
DENIED, GRANTED = AuthorizationState.DENIED, AuthorizationState.GRANTED


# --- who may ask


async def ask_press(workplace: Workplace, account: str, id: str) -> Any:
    """The press on the requester's own card."""
    room = workplace.person(cases.DANA).dm
    card = workplace.acts.own_card(cases.DANA, id)
    return workplace.press(account, room, card["ts"], ActionId.ASK_AUTHORIZATION)


async def test_another_detective_does_not_ask_on_a_request_of_somebody_else(
    workplace: Workplace,
) -> None:
    id = await workplace.unanswered()
    await workplace.deliver(await ask_press(workplace, cases.OMAR, id))
    assert await workplace.refusals() == [("4822", "NOT_IN_CHANNEL")]
    assert "not a member" in workplace.told(cases.OMAR)
    assert workplace.person(cases.OMAR).modal is None


async def test_another_detective_does_not_send_the_form_of_the_requester(
    workplace: Workplace,
) -> None:
    id = await workplace.unanswered()
    dana = await workplace.authorizing.open_question(cases.DANA, id)
    dana.fill(QUESTION)
    omar = workplace.person(cases.OMAR)
    form = omar.payloads.submission(cases.OMAR, top(workplace, cases.DANA))
    await workplace.deliver(form)
    assert await workplace.refusals() == [("4822", "NOT_IN_CHANNEL")]
    assert await workplace.events(Verb.AUTHORIZATION_ASKED) == []


async def test_a_supervisor_in_the_channel_of_the_examiners_does_not_ask(
    workplace: Workplace,
) -> None:
    id = await workplace.unanswered()
    sam = await open_from_examination(workplace, cases.SAM, id)
    assert await workplace.refusals() == [("9001", "ROLE_REQUIRED")]
    assert "Only whoever made this request" in workplace.told(cases.SAM)
    assert sam.modal is None


@pytest.mark.parametrize("until", [None, date(2026, 11, 22)])
async def test_an_examiner_who_is_not_certified_does_not_ask(
    workplace: Workplace, until: date | None
) -> None:
    id = await workplace.unanswered()
    workplace.in_roles(cases.PRIYA, certified_until=until)
    priya = await open_from_examination(workplace, cases.PRIYA, id)
    assert await workplace.refusals() == [("8102", "TRAINING_EXPIRED")]
    assert priya.modal is None


async def test_an_examiner_asks_without_being_told_the_case(
    workplace: Workplace,
) -> None:
    id = await workplace.unanswered()
    priya = await open_from_examination(workplace, cases.PRIYA, id)
    assert id in text_of(priya.modal)
    assert CASE not in text_of(priya.modal)
    await priya.fill_and_submit(QUESTION)
    await workplace.settle()
    asked = await workplace.authorization(id)
    assert (asked.asked_by, asked.case_number) == ("8102", CASE)
    assert not any(CASE in text for text in workplace.seen_by(cases.PRIYA))
    assert len(workplace.person(cases.MARA).dm_messages()) == 1


async def test_a_question_of_a_repository_with_nobody_in_it_is_told_under_its_field(
    workplace: Workplace,
) -> None:
    id = await workplace.unanswered()
    harbor: dict[str, object] = {BlockId.REPOSITORY: cases.HARBOR}
    delivery = await workplace.authorizing.ask(cases.DANA, id, harbor)
    await workplace.settle()
    assert list(delivery.errors) == [BlockId.REPOSITORY]
    assert "Nothing is enrolled" in delivery.errors[BlockId.REPOSITORY]
    assert await workplace.refusals() == [("4711", "NOTHING_ENROLLED")]
    dana = workplace.person(cases.DANA)
    assert dana.modal is not None
    await dana.fill_and_submit({BlockId.REPOSITORY: cases.DMV})
    await workplace.settle()
    assert (await workplace.authorization(id)).repository == cases.DMV


async def test_a_request_that_ended_otherwise_is_not_asked_about(
    workplace: Workplace,
) -> None:
    id = await workplace.unanswered()
    press = await ask_press(workplace, cases.DANA, id)
    other = await workplace.sent(case_number="2026-075-007777")
    card = workplace.acts.own_card(cases.DANA, other)
    assert await workplace.state(other) is State.EXAMINATION
    await workplace.acts.press_own(cases.DANA, other, ActionId.WITHDRAW)
    await workplace.settle()
    press["actions"][0]["value"] = f"{other}|1"
    press["container"] |= {"message_ts": card["ts"]}
    await workplace.deliver(press)
    assert await workplace.refusals() == [("4711", "STATE")]
    assert "in progress, or after it ended" in workplace.told(cases.DANA)


# --- A15: the standard repository first


async def test_a15_before_the_standard_answer_it_is_said_why_that_would_be_futile(
    workplace: Workplace,
) -> None:
    """The form asks for it; one from which the field was cut out is refused by its rule."""
    id = await workplace.searched()
    dana = await workplace.authorizing.open_question(cases.DANA, id)
    dana.fill({**QUESTION, BlockId.FUTILE: "x" * 19})
    short = await send(workplace, cases.DANA)
    assert list(short.errors) == [BlockId.FUTILE]
    del top(workplace, cases.DANA).values[BlockId.FUTILE]
    await send(workplace, cases.DANA)
    rules = [("4711", "BAD_FORM"), ("4711", "STANDARD_FIRST")]
    assert await workplace.refusals() == rules
    assert "The standard repository comes first" in workplace.told(cases.DANA)
    assert await workplace.events(Verb.AUTHORIZATION_ASKED) == []


async def granted_as_futile(workplace: Workplace, id: str) -> None:
    await workplace.authorizing.ask(cases.DANA, id, {BlockId.FUTILE: FUTILE})
    await workplace.authorizing.decide(cases.MARA, id, "grant")
    await workplace.authorizing.order(id)
    await workplace.settle()
    assert (await workplace.authorization(id)).grounds.futile == FUTILE


async def test_a15_a_search_granted_as_futile_closes_the_standard_examination(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    await granted_as_futile(workplace, id)
    await workplace.authorizing.start(cases.LENA, id)
    await workplace.settle()
    assert await workplace.state(id) is State.EXAMINATION
    standard, other = workplace.acts.examination_cards(id)
    assert "Closed" in text_of(standard)
    assert ActionId.TAKE not in actions(standard)
    assert ActionId.TAKE in actions(other)
    assert [s.authorization_id is None for s in await searches(workplace, id)] == [
        True,
        False,
    ]


async def test_a15_an_examination_that_was_closed_by_it_is_not_gone_on_with(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    [card] = workplace.acts.examination_cards(id)
    late = workplace.press(cases.ERIK, cases.EXAMINERS, card["ts"], ActionId.TAKE)
    await granted_as_futile(workplace, id)
    await workplace.authorizing.start(cases.LENA, id)
    await workplace.settle()
    await workplace.deliver(late)
    assert await workplace.refusals() == [("8101", "STATE")]
    assert await workplace.events(Verb.EXAMINATION_TAKEN) == []


async def test_a15_the_standard_list_is_not_thrown_away_once_somebody_has_taken_it(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    card = await workplace.acts.examination(id, 0)
    await workplace.acts.take(cases.ERIK, card)
    await granted_as_futile(workplace, id)
    await workplace.deliver(await start_press(workplace, id))
    assert await workplace.refusals() == [("8103", "STANDARD_UNDER_REVIEW")]
    assert "is being examined" in workplace.told(cases.LENA)
    assert await workplace.state(id) is State.EXAMINATION
    assert await state_of(workplace, id) is GRANTED


async def test_a15_a_list_returned_for_a_new_round_is_not_thrown_away_either(
    workplace: Workplace,
) -> None:
    id = await workplace.reviewable()
    await workplace.acts.close(cases.SAM, id, "return")
    await workplace.settle()
    assert await workplace.state(id) is State.EXAMINATION
    await granted_as_futile(workplace, id)
    await workplace.deliver(await start_press(workplace, id))
    assert await workplace.refusals() == [("8103", "STANDARD_UNDER_REVIEW")]


async def test_a15_the_requester_reads_that_arrest_photographs_were_not_answered(
    workplace: Workplace,
) -> None:
    id = await workplace.searched(image=still("stranger"))
    await granted_as_futile(workplace, id)
    await workplace.authorizing.start(cases.LENA, id)
    await workplace.settle()
    await workplace.decided(id, cases.PRIYA, 1, None)
    await workplace.settle()
    await workplace.acts.close(cases.RUTH, id)
    await workplace.settle()
    said = text_of(workplace.acts.own_card(cases.DANA, id)["blocks"])
    assert "No possible match was found in the DMV photographs" in said
    assert "There is no answer from the arrest and parole photographs" in said


async def test_a_grant_for_a_repository_that_left_the_file_opens_nothing(
    workplace: Workplace,
) -> None:
    id = await workplace.granted()
    cast(dict[str, Repository], workplace.settings.known_repositories.exceptional).clear()  # fmt: skip
    await workplace.deliver(await start_press(workplace, id))
    assert await state_of(workplace, id) is GRANTED
    assert await workplace.refusals() == [("8103", "REPOSITORY_GONE")]
    assert "REPOSITORY_GONE" in " ".join(alerts(workplace))
    assert len(await searches(workplace, id)) == 1


@pytest.mark.parametrize("state", [State.PEER_REVIEW, State.SUPERVISOR_REVIEW])
async def test_a15_once_somebody_supports_a_candidate_the_standard_search_comes_first(
    workplace: Workplace, state: State
) -> None:
    id = await workplace.peered()
    if state is State.SUPERVISOR_REVIEW:
        await workplace.decided(id, cases.PRIYA, 1, "D0014")
        await workplace.settle()
    await granted_as_futile(workplace, id)
    await workplace.deliver(await start_press(workplace, id))
    assert await workplace.refusals() == [("8103", "STANDARD_UNDER_REVIEW")]
    assert "is being examined" in workplace.told(cases.LENA)
    assert await workplace.state(id) is state
    assert await state_of(workplace, id) is GRANTED


async def test_a15_it_starts_once_that_review_has_ended_without_a_lead(
    workplace: Workplace,
) -> None:
    id = await workplace.peered()
    await granted_as_futile(workplace, id)
    await workplace.decided(id, cases.PRIYA, 1, None)
    await workplace.decided(id, cases.TOMAS, 2, None)
    await workplace.settle()
    assert await workplace.state(id) is State.NO_POSSIBLE_MATCH
    await workplace.deliver(await start_press(workplace, id))
    assert await state_of(workplace, id) is AuthorizationState.CONSUMED


async def test_a15_a_lead_from_the_standard_search_ends_what_was_granted_beside_it(
    workplace: Workplace,
) -> None:
    id = await workplace.reviewable()
    await granted_as_futile(workplace, id)
    press = await start_press(workplace, id)
    await workplace.acts.release(cases.SAM, id)
    await workplace.settle()
    assert await state_of(workplace, id) is AuthorizationState.WITHDRAWN
    await workplace.deliver(press)
    assert await workplace.refusals() == [("8103", "AUTHORIZATION_WITHDRAWN")]
    assert await workplace.state(id) is State.RELEASED


# --- the typed case number


@pytest.mark.parametrize("verdict", ["grant", "deny"])
@pytest.mark.parametrize("typed", ["2026-075-001235", "2026-075-00123", "*", f"{CASE} {CASE}"])  # fmt: skip
async def test_a_wrong_case_number_decides_nothing_and_can_be_typed_again(
    workplace: Workplace, typed: str, verdict: str
) -> None:
    id = await workplace.asked()
    wrong = await workplace.authorizing.decide(
        cases.MARA, id, verdict, case_number=typed
    )
    assert list(wrong.errors) == [BlockId.TYPED_CASE_NUMBER]
    assert "is not the one of this request" in wrong.errors[BlockId.TYPED_CASE_NUMBER]
    await workplace.settle()
    assert await workplace.refusals() == [("0101", "CASE_NUMBER_TYPED")]
    assert await state_of(workplace, id) is AuthorizationState.PENDING
    mara = workplace.person(cases.MARA)
    right = await mara.fill_and_submit({BlockId.TYPED_CASE_NUMBER: CASE})
    assert not right.errors
    await workplace.settle()
    wanted = GRANTED if verdict == "grant" else DENIED
    assert await state_of(workplace, id) is wanted


async def test_a_case_number_counts_in_small_letters_and_with_spaces_around_it(
    workplace: Workplace,
) -> None:
    """Nobody types another case by that; the number itself was entered in small letters, too."""
    id = await workplace.asked(case_number="2026/ab-77")
    asked = await workplace.authorization(id)
    assert asked.case_number == "2026/AB-77"
    typed = "  2026/aB-77 "
    await workplace.authorizing.decide(cases.MARA, id, "grant", case_number=typed)
    await workplace.settle()
    assert await state_of(workplace, id) is GRANTED


async def test_a_commander_reads_the_grounds_and_finds_nothing_typed_beforehand(
    workplace: Workplace,
) -> None:
    id = await workplace.asked()
    mara = await workplace.authorizing.open_decision(cases.MARA, id)
    assert CASE not in str(top(workplace, cases.MARA).values)
    assert mara.modal is not None
    assert any(block["type"] == "image" for block in mara.modal["blocks"])
    for field in (BlockId.REPOSITORY, *STATEMENTS):
        assert str(QUESTION[field]) in text_of(mara.modal)
    assert len(await workplace.events(Verb.AUTHORIZATION_VIEWED)) == 1


# --- denied


async def denied(workplace: Workplace) -> str:
    id = await workplace.asked()
    await workplace.authorizing.decide(cases.MARA, id, "deny")
    await workplace.settle()
    return id


async def test_a_denial_is_told_to_whoever_asked_with_its_reason_and_office(
    workplace: Workplace,
) -> None:
    id = await denied(workplace)
    said = workplace.told(cases.DANA)
    assert "Denied by the Chief of Detectives" in said
    assert REASON in said
    start = ActionId.START_AUTHORIZED
    assert workplace.authorizing.card(cases.LENA, cases.EXAMINERS, id, start) is None


async def test_what_was_denied_is_asked_anew_with_new_facts_and_only_once(
    workplace: Workplace,
) -> None:
    id = await denied(workplace)
    again = await workplace.authorizing.open_question(cases.DANA, id)
    again.fill(QUESTION)
    without = await send(workplace, cases.DANA)
    assert list(without.errors) == [BlockId.NEW_FACTS]
    assert await workplace.refusals() == [("4711", "NEW_FACTS")]
    await again.fill_and_submit({BlockId.NEW_FACTS: NEW_FACTS})
    await workplace.authorizing.decide(cases.JOON, id, "deny")
    await workplace.settle()
    assert await state_of(workplace, id) is DENIED
    facts: dict[str, object] = {BlockId.NEW_FACTS: NEW_FACTS}
    third = await workplace.authorizing.ask(cases.DANA, id, facts)
    await workplace.settle()
    assert "asked once more since" in third.errors[BlockId.REPOSITORY]
    assert (await workplace.refusals())[1:] == [("4711", "DENIED_FOR_GOOD")]
    assert len(await workplace.events(Verb.AUTHORIZATION_ASKED)) == 2


async def test_what_was_searched_is_not_asked_for_again(workplace: Workplace) -> None:
    id = await workplace.authorized()
    await workplace.decided(id, cases.LENA, 1, None)
    await workplace.settle()
    await workplace.acts.close(cases.RUTH, id)
    await workplace.settle()
    assert await workplace.state(id) is State.NO_POSSIBLE_MATCH
    facts: dict[str, object] = {BlockId.NEW_FACTS: NEW_FACTS}
    again = await workplace.authorizing.ask(cases.DANA, id, facts)
    await workplace.settle()
    assert "searched with this image already" in again.errors[BlockId.REPOSITORY]
    assert await workplace.refusals() == [("4711", "ALREADY_SEARCHED")]


async def test_a_question_nobody_decided_lapses_and_may_be_asked_anew(
    workplace: Workplace,
) -> None:
    id = await workplace.asked()
    mara = await granting(workplace, id, cases.MARA)
    workplace.clock.moment = (await workplace.authorization(id)).expires_at
    await mara.submit()
    await workplace.settle()
    assert await workplace.refusals() == [("0101", "AUTHORIZATION_EXPIRED")]
    assert "has expired and must be asked anew" in workplace.told(cases.MARA)
    await workplace.bot.ticks.end_what_is_over()
    await workplace.settle()
    assert await state_of(workplace, id) is AuthorizationState.EXPIRED
    assert "Expired on" in workplace.told(cases.DANA)
    await workplace.authorizing.ask(cases.DANA, id)
    await workplace.settle()
    assert await state_of(workplace, id) is AuthorizationState.PENDING


# --- how long


@pytest.mark.parametrize("hours", [8, 72, 336])
async def test_a_grant_lasts_the_hours_that_were_chosen_from_the_decision_on(
    workplace: Workplace, hours: int
) -> None:
    id = await workplace.asked()
    workplace.clock.forward(hours=1)
    await workplace.authorizing.decide(cases.MARA, id, "grant", hours=hours)
    await workplace.settle()
    granted = await workplace.authorization(id)
    assert granted.expires_at == NOON + timedelta(hours=1 + hours)
