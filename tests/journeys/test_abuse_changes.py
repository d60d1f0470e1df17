"""A28: what decides who is found is changed by two people, by one form, once; all of it on record."""

import asyncio
from typing import Any

import pytest

from bot.approvals import changes
from bot.domain.actors import Actor, Role
from bot.domain.audit import Verb
from bot.domain.changes import ChangeState
from bot.errors import Refusal
from bot.roles import render
from bot.sandbox import cases
from bot.sandbox.acts import all_text
from bot.views.ids import ActionId, BlockId
from tests.front import Workplace
from tests.journeys.asking import top
from tests.journeys.changing import (
    ADMINISTRATOR,
    REASON,
    RUTH,
    SAM,
    WHY,
    can_be_decided,
    card_of,
    change_of,
    decide,
    in_force,
    open_decision,
    proposed,
)

PENDING, APPROVED = ChangeState.PENDING, ChangeState.APPROVED
SUPERVISOR_SAM = Actor(SAM, cases.SAM, frozenset({Role.SUPERVISOR}))


async def test_a28_nothing_changes_before_a_second_person_approves_and_then_at_once(
    workplace: Workplace,
) -> None:
    change = await proposed(workplace)
    assert (await in_force(workplace))["FIS_WEAK_BELOW"] == 0.35
    card = all_text(card_of(workplace, change.id))
    for word in ("FIS_WEAK_BELOW", "0.35", "0.4", WHY, "7001"):
        assert word in card
    await decide(workplace, change.id)
    assert (await in_force(workplace))["FIS_WEAK_BELOW"] == 0.4
    after = await change_of(workplace, change.id)
    assert (after.state, after.decided_by, after.reason) == (APPROVED, RUTH, REASON)
    assert after.decided_by_account == cases.RUTH
    assert "Approved" in all_text(card_of(workplace, change.id))
    assert not can_be_decided(workplace, change.id)
    told = await workplace.events(Verb.CHANGE_PROPOSED, Verb.CHANGE_APPROVED)
    assert [(e.actor, e.subject) for e in told] == [
        ("7001", change.id),
        (RUTH, change.id),
    ]
    assert told[1].facts["after"] == {"value": 0.4}
    assert told[1].facts["reason"] == REASON


async def test_a28_a_refusal_leaves_everything_as_it_was(workplace: Workplace) -> None:
    change = await proposed(workplace)
    await decide(workplace, change.id, step="refuse")
    assert (await in_force(workplace))["FIS_WEAK_BELOW"] == 0.35
    assert (await change_of(workplace, change.id)).state is ChangeState.REFUSED
    [event] = await workplace.events(Verb.CHANGE_REFUSED)
    assert event.actor == RUTH


async def test_a28_whoever_proposed_does_not_decide_not_even_by_a_second_account(
    workplace: Workplace,
) -> None:
    people = [p for p in cases.people() if cases.ADA not in p["slack_users"]]
    for person in people:
        if cases.SAM in person["slack_users"]:
            person["slack_users"] = [cases.SAM, cases.ADA]
    workplace.settings.role_map.write_text(render(people))
    change = await proposed(workplace, by=SUPERVISOR_SAM)
    await open_decision(workplace, change.id, cases.SAM)
    assert workplace.person(cases.SAM).modal is None
    await open_decision(workplace, change.id, cases.RUTH)
    view = top(workplace, cases.RUTH)
    workplace.person(cases.RUTH).fill(
        {BlockId.DECISION: "approve", BlockId.REASON: REASON}
    )
    await workplace.sandbox.join(cases.SUPERVISORS, cases.ADA)
    ada = workplace.person(cases.ADA)
    await workplace.deliver(ada.payloads.submission(cases.ADA, view))
    assert await workplace.refusals() == [(SAM, "SEPARATION_OF_DUTIES")] * 2
    assert (await change_of(workplace, change.id)).state is PENDING


async def left_the_channel(workplace: Workplace) -> str:
    await workplace.sandbox.leave(cases.SUPERVISORS, cases.RUTH)
    return "NOT_IN_CHANNEL"


async def lost_the_role(workplace: Workplace) -> str:
    workplace.in_roles(cases.RUTH, roles=["examiner"])
    return "ROLE_REQUIRED"


async def struck_from_the_map(workplace: Workplace) -> str:
    workplace.in_roles(cases.RUTH, slack_users=["U-SOMEBODY"])
    return "NOT_IN_ROLE_MAP"


@pytest.mark.parametrize(
    "happens", [left_the_channel, lost_the_role, struck_from_the_map]
)
async def test_a28_who_is_a_supervisor_is_looked_at_when_the_form_is_sent(
    workplace: Workplace, happens: Any
) -> None:
    change = await proposed(workplace)
    await open_decision(workplace, change.id, cases.RUTH)
    rule = await happens(workplace)
    filled: dict[str, object] = {BlockId.DECISION: "approve", BlockId.REASON: REASON}
    await workplace.person(cases.RUTH).fill_and_submit(filled)
    await workplace.settle()
    assert [found for _, found in await workplace.refusals()] == [rule]
    assert (await change_of(workplace, change.id)).state is PENDING


async def test_a28_an_examiner_and_a_requester_open_no_form(
    workplace: Workplace,
) -> None:
    change = await proposed(workplace)
    ts = card_of(workplace, change.id)["ts"]
    presses = [
        workplace.press(account, cases.SUPERVISORS, ts, ActionId.DECIDE_CHANGE)
        for account in (cases.ERIK, cases.DANA)
    ]
    await workplace.deliver(*presses)
    rules = {rule for _, rule in await workplace.refusals()}
    assert rules == {"NOT_IN_CHANNEL"}
    await workplace.sandbox.join(cases.SUPERVISORS, cases.ERIK)
    await workplace.deliver(
        workplace.press(cases.ERIK, cases.SUPERVISORS, ts, ActionId.DECIDE_CHANGE)
    )
    assert (await workplace.refusals())[-1] == ("8101", "ROLE_REQUIRED")
    assert workplace.person(cases.ERIK).modal is None
    assert (await change_of(workplace, change.id)).state is PENDING


async def test_a28_typed_words_approve_nothing(workplace: Workplace) -> None:
    change = await proposed(workplace)
    ts = card_of(workplace, change.id)["ts"]
    for text in ("ok", "approve", f"approved {change.id}", "+1"):
        workplace.person(cases.RUTH).post(cases.SUPERVISORS, text, thread_ts=ts)
        workplace.person(cases.RUTH).post(cases.SUPERVISORS, text)
    await workplace.settle()
    assert (await change_of(workplace, change.id)).state is PENDING
    assert await workplace.events(Verb.CHANGE_APPROVED) == []


async def test_a28_of_two_decisions_at_once_one_counts(workplace: Workplace) -> None:
    change = await proposed(workplace)
    sent = []
    for account, step in ((cases.RUTH, "approve"), (cases.SAM, "refuse")):
        await open_decision(workplace, change.id, account)
        workplace.person(account).fill({BlockId.DECISION: step, BlockId.REASON: REASON})
        view = top(workplace, account)
        sent.append(workplace.person(account).payloads.submission(account, view))
    await asyncio.gather(*(workplace.deliver(payload) for payload in sent))
    decided = await workplace.events(Verb.CHANGE_APPROVED, Verb.CHANGE_REFUSED)
    assert len(decided) == 1
    assert [rule for _, rule in await workplace.refusals()] == ["CHANGE_OVER"]


async def test_a28_a_decision_needs_a_choice_and_a_reason(workplace: Workplace) -> None:
    change = await proposed(workplace)
    await open_decision(workplace, change.id, cases.RUTH)
    ruth = workplace.person(cases.RUTH)
    short: dict[str, object] = {
        BlockId.DECISION: "approve",
        BlockId.REASON: " " * 18 + "ok" + " " * 5,
    }
    answer = await ruth.fill_and_submit(short)
    assert BlockId.REASON in answer.errors
    view = top(workplace, cases.RUTH)
    payload = ruth.payloads.submission(cases.RUTH, view)
    values = payload["view"]["state"]["values"][BlockId.DECISION]
    next(iter(values.values()))["selected_option"]["value"] = "withdraw"
    await workplace.deliver(payload)
    assert (await change_of(workplace, change.id)).state is PENDING


async def test_a28_a_change_that_was_withdrawn_cannot_be_approved_any_more(
    workplace: Workplace,
) -> None:
    change = await proposed(workplace)
    await open_decision(workplace, change.id, cases.RUTH)
    await changes.withdraw(
        workplace.db,
        change.id,
        "The measurement was of another model.",
        actor=ADMINISTRATOR,
        now=workplace.clock(),
    )
    filled: dict[str, object] = {BlockId.DECISION: "approve", BlockId.REASON: REASON}
    await workplace.person(cases.RUTH).fill_and_submit(filled)
    await workplace.settle()
    assert await workplace.refusals() == [(RUTH, "CHANGE_OVER")]
    assert "Withdrawn" in all_text(card_of(workplace, change.id))
    assert (await in_force(workplace))["FIS_WEAK_BELOW"] == 0.35


async def test_a_second_proposal_for_the_same_setting_waits_for_the_first(
    workplace: Workplace,
) -> None:
    await proposed(workplace)
    with pytest.raises(Refusal) as refused:
        await proposed(workplace, value=0.5)
    assert refused.value.rule == "CHANGE_PENDING"


async def test_what_is_in_force_already_is_not_proposed(workplace: Workplace) -> None:
    with pytest.raises(Refusal) as refused:
        await proposed(workplace, value=0.35)
    assert refused.value.rule == "CHANGES_NOTHING"


def test_whoever_proposes_is_not_counted_among_those_who_could_decide() -> None:
    ruth = Actor(RUTH, cases.RUTH, frozenset({Role.SUPERVISOR}))
    again = Actor(SAM, "U-SAM-2", frozenset({Role.SUPERVISOR}))
    assert changes.deciders([SUPERVISOR_SAM, again], SAM) == frozenset()
    assert changes.deciders([SUPERVISOR_SAM, again, ruth], SAM) == {RUTH}


# --- what is in force, is what is used


async def test_an_approved_list_length_and_weak_limit_hold_for_the_next_request(
    workplace: Workplace,
) -> None:
    length = await proposed(workplace, "FIS_LIST_LENGTH", 5)
    await decide(workplace, length.id)
    weak = await proposed(workplace, "FIS_WEAK_BELOW", 0.99)
    await decide(workplace, weak.id)
    id = await workplace.sent()
    await workplace.acts.examination(id)
    assert len(await workplace.listed(id)) == 5
    async with workplace.db.snapshot() as snapshot:
        search = await snapshot.searches.find_latest(id)
    assert search is not None
    assert (search.list_length, search.weak_below) == (5, 0.99)


async def test_an_approved_share_of_blind_checks_holds_for_the_next_examination(
    workplace: Workplace,
) -> None:
    share = await proposed(workplace, "FIS_BLIND_CHECK_SHARE", 1.0)
    await decide(workplace, share.id)
    id = await workplace.sent()
    await workplace.examined(id, cases.ERIK, 0, None)
    drawn = await workplace.events(Verb.BLIND_CHECK_DRAWN)
    assert [event.facts["share"] for event in drawn] == [1.0]
