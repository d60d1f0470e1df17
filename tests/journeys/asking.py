"""What the tests of another repository share: the buttons as payloads, an attacker at the file, the record."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from typing import Any

from bot.domain.audit import Verb
from bot.domain.authorizations import AuthorizationState
from bot.domain.searches import Search
from bot.roles import render
from bot.sandbox import cases
from bot.sandbox.authorizing import QUESTION, REASON
from bot.sandbox.delivery import Delivery
from bot.sandbox.people import Person
from bot.sandbox.records import View
from bot.views.ids import ActionId, BlockId
from tests.front import Workplace, text_of

CASE = "2026-075-001234"
NEW_FACTS = "A witness has recognized the car and its owner's street."
FUTILE = "The person is sixteen at most and was never arrested."
GRANT: Mapping[str, object] = {
    BlockId.DECISION: "grant",
    BlockId.TYPED_CASE_NUMBER: CASE,
    BlockId.EXPIRY_HOURS: "72",
    BlockId.REASON: REASON,
}


# --- buttons


async def start_press(workplace: Workplace, id: str, account: str = cases.LENA) -> Any:
    """The press of "Start the search", to be delivered whenever the test wants."""
    card = await workplace.authorizing.order(id)
    action = ActionId.START_AUTHORIZED
    return workplace.press(account, cases.EXAMINERS, card["ts"], action)


async def decide_press(workplace: Workplace, id: str, account: str) -> Any:
    card = await workplace.authorizing.question(id)
    action = ActionId.DECIDE_AUTHORIZATION
    return workplace.press(account, cases.COMMANDERS, card["ts"], action)


async def granting(workplace: Workplace, id: str, account: str) -> Person:
    """Somebody before the form of a decision, filled in to grant and not sent yet."""
    person = await workplace.authorizing.open_decision(account, id)
    person.fill(GRANT)
    return person


def top(workplace: Workplace, account: str) -> View:
    return workplace.sandbox.workspace.modals.stacks[account][-1]


def choose(view: View, block: str, value: str) -> None:
    """Enter what the form never offered, as somebody does who forges its payload."""
    chosen = {"text": {"type": "plain_text", "text": value}, "value": value}
    state = {"type": "static_select", "selected_option": chosen}
    view.values[block] = {ActionId.FIELD: state}


async def send(workplace: Workplace, account: str) -> Delivery:
    """Deliver the form on top as it stands, whatever its own client would say to it."""
    person = workplace.person(account)
    payload = person.payloads.submission(account, top(workplace, account))
    delivery = await workplace.sandbox.courier.interaction(account, payload)
    await workplace.settle()
    return delivery


async def open_from_examination(workplace: Workplace, account: str, id: str) -> Person:
    """An examiner presses on the card of the first examination."""
    ts = await workplace.card(id)
    person = workplace.person(account)
    await person.click(cases.EXAMINERS, ts, ActionId.ASK_AUTHORIZATION)
    await workplace.settle()
    return person


async def asked_from_examination(
    workplace: Workplace, account: str, id: str, **changes: object
) -> None:
    person = await open_from_examination(workplace, account, id)
    await person.fill_and_submit({**QUESTION, **changes})
    await workplace.settle()


# --- the attacker


def tamper(workplace: Workplace, statement: str, *values: object) -> None:
    """Edit the database file behind the program's back."""
    path = workplace.settings.data_dir / "fis.sqlite3"
    with closing(sqlite3.connect(path)) as connection, connection:
        assert connection.execute(statement, values).rowcount > 0


# --- the record


async def state_of(workplace: Workplace, id: str) -> AuthorizationState:
    return (await workplace.authorization(id)).state


async def searches(workplace: Workplace, id: str) -> list[Search]:
    async with workplace.db.snapshot() as snapshot:
        return await snapshot.searches.of(id)


async def decisions(workplace: Workplace) -> list[Verb]:
    verbs = (Verb.AUTHORIZATION_GRANTED, Verb.AUTHORIZATION_DENIED)
    return [event.verb for event in await workplace.events(*verbs)]


def alerts(workplace: Workplace) -> list[str]:
    """What the supervisors were alerted to in their channel."""
    messages = workplace.person(cases.SAM).messages(cases.SUPERVISORS)
    return [said for m in messages if "Attention" in (said := text_of(m))]


# --- the role map


def enter(workplace: Workplace, entries: Mapping[str, Mapping[str, Any]]) -> None:
    """Change several people's entries of the role map at once."""
    people = [
        person | dict(entries.get(person["slack_users"][0], {}))
        for person in cases.people()
    ]
    workplace.settings.role_map.write_text(render(people))
