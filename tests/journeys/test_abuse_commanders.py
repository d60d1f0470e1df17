"""Who may open another repository (policy 7, A13): one of two offices, by one form, once."""

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
from bot.views.ids import ActionId, BlockId
from tests.conftest import Open
from tests.front import Workplace, text_of
from tests.journeys.asking import (
    asked_from_examination,
    decide_press,
    decisions,
    enter,
    granting,
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
    await asked_from_examination(workplace, cases.PRIYA, id)
    return id


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
    """Two hundred times: whatever the other's form says, one counts and one is refused."""
    id = await patient.asked()
    forms = []
    for account in (cases.MARA, cases.JOON):
        person = await granting(patient, id, account)
        forms.append(person.payloads.submission(account, top(patient, account)))
    for round in range(CLICKS):
        pair = [_again(form, round) for form in forms[:: 1 if round % 2 else -1]]
        await asyncio.gather(
            *(patient.sandbox.courier.interaction(f["user"]["id"], f) for f in pair)
        )
        await patient.bot.reception.drain()
        tamper(patient, PENDING_AGAIN)
    verbs = (Verb.AUTHORIZATION_GRANTED, Verb.ATTEMPT_REFUSED)
    happened = [event.verb for event in await patient.events(*verbs)]
    assert happened == list(verbs) * CLICKS
    told = patient.told(cases.MARA) + patient.told(cases.JOON)
    assert told.count("This was granted already, by the") == CLICKS


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
