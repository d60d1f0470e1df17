"""Who may open another repository, and for how much (policy 7: A13, A14): one of two, by one form, once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot.domain.audit import Verb
from bot.domain.authorizations import AuthorizationState
from bot.sandbox import cases
from bot.sandbox.acts import actions
from bot.sandbox.authorizing import QUESTION, REASON
from bot.sandbox.people import Person
from bot.views.ids import ActionId, BlockId
from tests.conftest import Open
from tests.front import Workplace, still, text_of
from tests.journeys.asking import (
    FUTILE,
    choose,
    decide_press,
    decisions,
    enter,
    granting,
    send,
    state_of,
    tamper,
    top,
)

MARA, JOON = "0101", "0102"
LONG = date(2099, 12, 31)
PENDING = AuthorizationState.PENDING


def become(workplace: Workplace, account: str, **flags: Any) -> None:
    users = workplace.sandbox.workspace.users
    users[account] = replace(users[account], **flags)
    workplace.bot.workspace.forget()


async def check_the_other_decides(workplace: Workplace, id: str) -> None:
    await workplace.authorizing.decide(cases.JOON, id, "grant")
    await workplace.settle()
    granted = await workplace.authorization(id)
    assert (granted.state, granted.decided_by) == (AuthorizationState.GRANTED, JOON)


# --- A13: who presses


async def test_a13_an_aide_in_the_channel_of_the_commanders_decides_nothing(
    workplace: Workplace,
) -> None:
    """The press opens no form; the form that a commander opened is not sent by the aide either."""
    id = await workplace.asked()
    await workplace.sandbox.join(cases.COMMANDERS, cases.OMAR)
    await workplace.deliver(await decide_press(workplace, id, cases.OMAR))
    assert workplace.person(cases.OMAR).modal is None
    await granting(workplace, id, cases.MARA)
    opened = top(workplace, cases.MARA)
    omar = workplace.person(cases.OMAR)
    await workplace.deliver(omar.payloads.submission(cases.OMAR, opened))
    assert await workplace.refusals() == [("4822", "ROLE_REQUIRED")] * 2
    assert "Only a commander decides" in workplace.told(cases.OMAR)
    assert await decisions(workplace) == []
    assert await state_of(workplace, id) is PENDING


async def left_the_channel(workplace: Workplace) -> str:
    await workplace.sandbox.leave(cases.COMMANDERS, cases.MARA)
    return "NOT_IN_CHANNEL"


async def lost_the_role(workplace: Workplace) -> str:
    workplace.in_roles(cases.MARA, roles=["requester"], office=None)
    return "ROLE_REQUIRED"


async def struck_from_the_map(workplace: Workplace) -> str:
    workplace.in_roles(cases.MARA, slack_users=["U-SOMEBODY"])
    return "NOT_IN_ROLE_MAP"


async def became_a_guest(workplace: Workplace) -> str:
    become(workplace, cases.MARA, is_restricted=True)
    return "NOT_A_FULL_MEMBER"


async def was_deactivated(workplace: Workplace) -> str:
    become(workplace, cases.MARA, deleted=True)
    return "NOT_A_FULL_MEMBER"


async def lost_the_office(workplace: Workplace) -> str:
    """A map that names no office for a commander is no map: nobody can act, Joon neither."""
    workplace.in_roles(cases.MARA, office=None)
    return "ROLE_MAP_UNREADABLE"


GONE = [left_the_channel, lost_the_role, struck_from_the_map, became_a_guest]


@pytest.mark.parametrize("happens", [*GONE, was_deactivated, lost_the_office])
async def test_a13_what_makes_a_commander_is_looked_at_with_every_click(
    workplace: Workplace, happens: Any
) -> None:
    """Between question and press, and between the open form and its sending."""
    id = await workplace.asked()
    press = await decide_press(workplace, id, cases.MARA)
    mara = await granting(workplace, id, cases.MARA)
    form = mara.payloads.submission(cases.MARA, top(workplace, cases.MARA))
    await mara.close_modal()
    rule = await happens(workplace)
    await workplace.deliver(press)
    await workplace.deliver(form)
    assert [r for _, r in await workplace.refusals()] == [rule, rule]
    assert mara.modal is None
    assert await decisions(workplace) == []


@pytest.mark.parametrize("happens", GONE)
async def test_a13_the_other_commander_is_not_kept_from_deciding_by_that(
    workplace: Workplace, happens: Any
) -> None:
    id = await workplace.asked()
    await happens(workplace)
    await check_the_other_decides(workplace, id)


async def with_a_team(workplace: Workplace) -> str:
    id = await workplace.unanswered()
    await workplace.authorizing.ask(cases.DANA, id, {BlockId.TEAM: [cases.MARA]})
    return id


async def asked_by_an_examiner(workplace: Workplace) -> str:
    """Priya asks: she has no other part in it."""
    id = await workplace.unanswered()
    await ask_from_examination(workplace, cases.PRIYA, id)
    return id


async def ask_from_examination(
    workplace: Workplace, account: str, id: str, **changes: object
) -> Person:
    ts = await workplace.card(id)
    person = workplace.person(account)
    await person.click(cases.EXAMINERS, ts, ActionId.ASK_AUTHORIZATION)
    await workplace.settle()
    assert person.modal is not None
    await person.fill_and_submit({**QUESTION, **changes})
    await workplace.settle()
    return person


async def beside_a_request_of_the_same_case(workplace: Workplace) -> str:
    id = await workplace.asked()
    other = await workplace.sent(cases.OMAR)
    await workplace.acts.examination(other)
    await workplace.decided(other, cases.TOMAS, 0, None)
    await workplace.settle()
    return id


async def asked(workplace: Workplace) -> str:
    return await workplace.asked()


CONFLICTS = {
    "the requester, who asked": (asked, {"person": "4711"}),
    "an examiner of the request": (asked, {"person": "8101"}),
    "the supervisor who ruled on it": (asked, {"person": "9001"}),
    "a named member of the team": (with_a_team, {}),
    "the examiner who asked": (asked_by_an_examiner, {"person": "8102"}),
    "the requester of another request": (
        beside_a_request_of_the_same_case,
        {"person": "4822"},
    ),
    "an examiner of another request": (
        beside_a_request_of_the_same_case,
        {"person": "8104"},
    ),
}


@pytest.mark.parametrize("conflict", CONFLICTS)
async def test_a13_a_commander_with_any_part_in_the_case_leaves_it_to_the_other(
    workplace: Workplace, conflict: str
) -> None:
    """Mara's account turns out to be a second one of somebody who has the part."""
    reach, entry = CONFLICTS[conflict]
    id = await reach(workplace)
    press = await decide_press(workplace, id, cases.MARA)
    enter(workplace, {cases.MARA: entry})
    known = len(await workplace.refusals())
    await workplace.deliver(press)
    person = entry.get("person", MARA)
    refused = (await workplace.refusals())[known:]
    assert refused == [(person, "SEPARATION_OF_DUTIES")]
    assert "the other commander decides it" in workplace.told(cases.MARA)
    assert workplace.person(cases.MARA).modal is None
    await check_the_other_decides(workplace, id)


async def test_a13_a_part_that_came_after_the_form_was_opened_still_counts(
    workplace: Workplace,
) -> None:
    id = await workplace.asked()
    mara = await granting(workplace, id, cases.MARA)
    other = await workplace.sent(cases.OMAR)
    await workplace.acts.examination(other)
    enter(workplace, {cases.MARA: {"person": "4822"}})
    await mara.submit()
    await workplace.settle()
    assert await workplace.refusals() == [("4822", "SEPARATION_OF_DUTIES")]
    assert await decisions(workplace) == []
    await check_the_other_decides(workplace, id)


async def test_a13_only_those_who_could_decide_are_told(workplace: Workplace) -> None:
    id = await with_a_team(workplace)
    await workplace.settle()
    assert (await workplace.authorization(id)).told == (cases.JOON,)
    assert workplace.person(cases.MARA).dm_messages() == []
    assert len(workplace.person(cases.JOON).dm_messages()) == 1


SAID = ("ok", "OK", "granted", "grant", "approved :+1:", f"grant 2026-075-001234 {REASON}")  # fmt: skip


async def test_a13_what_commanders_write_and_react_decides_nothing(
    workplace: Workplace,
) -> None:
    id = await workplace.asked()
    before = await workplace.counts()
    for account in (cases.MARA, cases.JOON):
        person = workplace.person(account)
        [own] = person.dm_messages()
        card = await workplace.authorizing.question(id, account)
        for room, root in ((cases.COMMANDERS, card["ts"]), (person.dm, own["ts"])):
            for said in SAID:
                await say(workplace, account, room, root, said)
    await workplace.settle()
    assert await workplace.counts() == before
    assert await state_of(workplace, id) is PENDING


async def say(
    workplace: Workplace, account: str, room: str, root: str, said: str
) -> None:
    """Answer in the thread of the card, and react to it."""
    person, courier = workplace.person(account), workplace.sandbox.courier
    ts = person.post(room, said, thread_ts=root)
    message = {"channel": room, "ts": ts, "text": said, "thread_ts": root}
    reaction = {"reaction": "white_check_mark", "item": {"channel": room, "ts": root}}
    for event in (
        {"type": "message", "user": account, **message},
        {"type": "app_mention", "user": account, **message},
        {"type": "reaction_added", "user": account, **reaction},
    ):
        await courier.event(account, person.payloads.event(event))


# --- A13: nobody is left to decide


async def both_left(workplace: Workplace) -> None:
    for account in (cases.MARA, cases.JOON):
        await workplace.sandbox.leave(cases.COMMANDERS, account)


async def both_deactivated(workplace: Workplace) -> None:
    for account in (cases.MARA, cases.JOON):
        become(workplace, account, deleted=True)


async def both_of_the_case(workplace: Workplace) -> None:
    enter(workplace, {cases.MARA: {"person": "8101"}, cases.JOON: {"person": "9001"}})


async def one_left_and_one_of_the_case(workplace: Workplace) -> None:
    await workplace.sandbox.leave(cases.COMMANDERS, cases.JOON)
    enter(workplace, {cases.MARA: {"person": "4711"}})


async def both_struck_from_the_map(workplace: Workplace) -> None:
    enter(
        workplace,
        {
            account: {"roles": ["auditor"], "office": None}
            for account in (cases.MARA, cases.JOON)
        },
    )


NOBODY = [
    both_left,
    both_deactivated,
    both_of_the_case,
    one_left_and_one_of_the_case,
    both_struck_from_the_map,
]


@pytest.mark.parametrize("happens", NOBODY)
async def test_a13_whoever_asks_is_told_at_once_that_nobody_could_decide(
    workplace: Workplace, happens: Any
) -> None:
    """Before anything is typed, and of what was typed before it came to that."""
    id = await workplace.unanswered()
    dana = await workplace.authorizing.open_question(cases.DANA, id)
    dana.fill(QUESTION)
    await happens(workplace)
    await dana.submit()
    await workplace.settle()
    await workplace.acts.press_own(cases.DANA, id, ActionId.ASK_AUTHORIZATION)
    await workplace.settle()
    assert await workplace.refusals() == [("4711", "NOBODY_CAN_DECIDE")] * 2
    assert workplace.told(cases.DANA).count("Nobody could decide this") == 2
    assert dana.modal is None
    assert await workplace.events(Verb.AUTHORIZATION_ASKED) == []


async def test_a13_nobody_is_left_when_the_whole_command_is_named_as_team(
    workplace: Workplace,
) -> None:
    id = await workplace.unanswered()
    team: dict[str, object] = {BlockId.TEAM: [cases.MARA, cases.JOON]}
    await workplace.authorizing.ask(cases.DANA, id, team)
    await workplace.settle()
    assert await workplace.refusals() == [("4711", "NOBODY_CAN_DECIDE")]
    assert "Nobody could decide this" in workplace.told(cases.DANA)


# --- A14: a blanket

BLANKETS = {
    "everything": ("*", "UNKNOWN_REPOSITORY"),
    "two in one": (f"{cases.DMV},{cases.HARBOR}", "UNKNOWN_REPOSITORY"),
    "one nobody knows": ("Passport photographs", "UNKNOWN_REPOSITORY"),
    "another spelling": (cases.DMV.upper(), "UNKNOWN_REPOSITORY"),
    "the standard one": ("arrest and parole photographs", "NOT_EXCEPTIONAL"),
    "none": ("", "BAD_PAYLOAD"),
}
BLANKET_WORDS = {
    "UNKNOWN_REPOSITORY": "There is no repository",
    "NOT_EXCEPTIONAL": "needs no authorization",
    "BAD_PAYLOAD": "could not be read",
}


@pytest.mark.parametrize("blanket", BLANKETS)
async def test_a14_what_is_asked_for_is_one_known_repository(
    workplace: Workplace, blanket: str
) -> None:
    value, rule = BLANKETS[blanket]
    id = await workplace.unanswered()
    dana = await workplace.authorizing.open_question(cases.DANA, id)
    dana.fill(QUESTION)
    choose(top(workplace, cases.DANA), BlockId.REPOSITORY, value)
    await send(workplace, cases.DANA)
    assert await workplace.refusals() == [("4711", rule)]
    assert BLANKET_WORDS[rule] in workplace.told(cases.DANA)
    assert await workplace.events(Verb.AUTHORIZATION_ASKED) == []


async def test_a14_a_list_of_repositories_is_told_under_the_field(
    workplace: Workplace,
) -> None:
    id = await workplace.unanswered()
    dana = await workplace.authorizing.open_question(cases.DANA, id)
    dana.fill(QUESTION)
    both = [{"value": cases.DMV}, {"value": cases.HARBOR}]
    state = {"type": "multi_static_select", "selected_options": both}
    top(workplace, cases.DANA).values[BlockId.REPOSITORY] = {ActionId.FIELD: state}
    delivery = await send(workplace, cases.DANA)
    assert list(delivery.errors) == [BlockId.REPOSITORY]
    assert await workplace.events(Verb.AUTHORIZATION_ASKED) == []


@pytest.mark.parametrize("hours", ["337", "8760", "99999", "0", "00"])
async def test_a14_nothing_is_granted_for_longer_than_fourteen_days_or_no_time(
    workplace: Workplace, hours: str
) -> None:
    id = await workplace.asked()
    await granting(workplace, id, cases.MARA)
    choose(top(workplace, cases.MARA), BlockId.EXPIRY_HOURS, hours)
    await send(workplace, cases.MARA)
    assert await workplace.refusals() == [(MARA, "EXPIRY_TOO_LONG")]
    assert "at most 336 hours" in workplace.told(cases.MARA)
    assert await state_of(workplace, id) is PENDING


@pytest.mark.parametrize("hours", ["all", "-1", "1e9", "999999"])
async def test_a14_hours_that_are_no_number_are_told_under_their_field(
    workplace: Workplace, hours: str
) -> None:
    id = await workplace.asked()
    await granting(workplace, id, cases.MARA)
    choose(top(workplace, cases.MARA), BlockId.EXPIRY_HOURS, hours)
    delivery = await send(workplace, cases.MARA)
    assert list(delivery.errors) == [BlockId.EXPIRY_HOURS]
    assert await state_of(workplace, id) is PENDING


async def test_a14_a_second_question_waits_for_the_first(workplace: Workplace) -> None:
    """Two forms open at once; and while one is open, the card does not offer it."""
    id = await workplace.unanswered()
    dana = await workplace.authorizing.open_question(cases.DANA, id)
    dana.fill(QUESTION)
    first = top(workplace, cases.DANA)
    forms = [
        dana.payloads.submission(cases.DANA, first)
        | {"view": dana.payloads.submission(cases.DANA, first)["view"] | {"id": view}}
        for view in ("V-1", "V-2")
    ]
    for form in forms:
        await workplace.deliver(form)
    assert await workplace.refusals() == [("4711", "ALREADY_ASKED")]
    assert "has been asked for on this request already" in workplace.told(cases.DANA)
    assert len(await workplace.events(Verb.AUTHORIZATION_ASKED)) == 1
    offered = actions(workplace.acts.own_card(cases.DANA, id))
    assert ActionId.ASK_AUTHORIZATION not in offered
    assert ActionId.WITHDRAW_AUTHORIZATION in offered


async def test_a14_the_same_question_delivered_twice_is_asked_once(
    workplace: Workplace,
) -> None:
    id = await workplace.unanswered()
    dana = await workplace.authorizing.open_question(cases.DANA, id)
    dana.fill(QUESTION)
    form = dana.payloads.submission(cases.DANA, top(workplace, cases.DANA))
    await workplace.deliver(form, form)
    await workplace.deliver(form)
    assert len(await workplace.events(Verb.AUTHORIZATION_ASKED)) == 1
    assert await workplace.refusals() == []


async def test_a14_a_grant_for_one_request_is_none_for_another_of_the_same_case(
    workplace: Workplace,
) -> None:
    await workplace.granted()
    other = await workplace.searched(cases.OMAR, image=still("mated", 1))
    start = ActionId.START_AUTHORIZED
    assert workplace.authorizing.card(cases.LENA, cases.EXAMINERS, other, start) is None
    await ask_from_examination(
        workplace, cases.PRIYA, other, **{BlockId.FUTILE: FUTILE}
    )
    assert await state_of(workplace, other) is PENDING


# --- both at once

CLICKS = 200


@pytest.fixture
async def patient(open_workplace: Open) -> AsyncIterator[Workplace]:
    """Slack would not wait this long; how long it takes is measured elsewhere, who wins is here."""
    async with open_workplace(ack_seconds=60.0) as workplace:
        yield workplace


async def test_a13_of_200_decisions_of_both_commanders_at_once_one_counts(
    patient: Workplace,
) -> None:
    id = await patient.asked()
    forms: list[Any] = []
    for account, verdict in ((cases.MARA, "grant"), (cases.JOON, "deny")):
        person = await granting(patient, id, account)
        person.fill({BlockId.DECISION: verdict})
        form = person.payloads.submission(account, top(patient, account))
        forms.append([_again(form, n) for n in range(CLICKS // 2)])
    taking_turns = [form for pair in zip(*forms, strict=True) for form in pair]
    await patient.deliver(*taking_turns)
    [verb] = await decisions(patient)
    decided = await patient.authorization(id)
    assert verb == f"authorization.{decided.state}"
    rule = f"AUTHORIZATION_{decided.state.upper()}"
    refused = Counter(rule for _, rule in await patient.refusals())
    assert refused == {rule: CLICKS - 1}
    said = f"{decided.state} already, by the {decided.decided_title}"
    told = patient.told(cases.MARA) + patient.told(cases.JOON)
    assert told.count(said) == CLICKS - 1


PENDING_AGAIN = "UPDATE authorizations SET state = 'pending', version = 1, decided_by = NULL, decided_at = NULL"


async def test_a13_of_two_who_decide_at_the_same_moment_it_is_always_one(
    patient: Workplace,
) -> None:
    """As often as both can press: whatever the other's form says, one counts and one is refused."""
    id = await patient.asked()
    forms = []
    for account in (cases.MARA, cases.JOON):
        person = await granting(patient, id, account)
        forms.append(person.payloads.submission(account, top(patient, account)))
    for round in range(CLICKS // 2):
        pair = [_again(form, round) for form in forms[:: 1 if round % 2 else -1]]
        await asyncio.gather(
            *(patient.sandbox.courier.interaction(f["user"]["id"], f) for f in pair)
        )
        await patient.bot.reception.drain()
        tamper(patient, PENDING_AGAIN)
    verbs = (Verb.AUTHORIZATION_GRANTED, Verb.ATTEMPT_REFUSED)
    happened = [event.verb for event in await patient.events(*verbs)]
    assert happened == list(verbs) * (CLICKS // 2)
    told = patient.told(cases.MARA) + patient.told(cases.JOON)
    assert told.count("This was granted already, by the") == CLICKS // 2


def _again(form: Any, number: int) -> Any:
    """The same form in one more window."""
    return form | {"view": form["view"] | {"id": f"V-{form['user']['id']}-{number}"}}


async def test_a13_whoever_presses_after_the_other_has_decided_is_told_who_has(
    workplace: Workplace,
) -> None:
    id = await workplace.asked()
    late = await decide_press(workplace, id, cases.JOON)
    mara, joon = [await granting(workplace, id, a) for a in (cases.MARA, cases.JOON)]
    await asyncio.gather(mara.submit(), joon.submit())
    await workplace.settle()
    assert len(await decisions(workplace)) == 1
    await workplace.deliver(late)
    decided = await workplace.authorization(id)
    assert f"by the {decided.decided_title}" in workplace.told(cases.JOON)
    rules = [rule for _, rule in await workplace.refusals()]
    assert rules == ["AUTHORIZATION_GRANTED"] * 2
    card = workplace.person(cases.JOON).messages(cases.COMMANDERS)[0]
    assert decided.decided_title in text_of(card)
    assert ActionId.DECIDE_AUTHORIZATION not in actions(card)


async def test_a13_of_a_question_taken_back_and_granted_at_once_one_of_the_two_stands(
    workplace: Workplace,
) -> None:
    id = await workplace.asked()
    mara = await granting(workplace, id, cases.MARA)
    action = ActionId.WITHDRAW_AUTHORIZATION
    await asyncio.gather(
        mara.submit(), workplace.acts.press_own(cases.DANA, id, action)
    )
    await workplace.settle()
    state = await state_of(workplace, id)
    ends = await workplace.events(
        Verb.AUTHORIZATION_GRANTED, Verb.AUTHORIZATION_WITHDRAWN
    )
    assert [event.verb for event in ends] == [f"authorization.{state}"]
    assert len(await workplace.refusals()) == 1
