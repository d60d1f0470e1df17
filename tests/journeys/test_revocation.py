"""Who takes an authorization back, how, and what it stops: nothing is searched, a running search ends."""

import asyncio
import json
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from bot.casework.searching import Pins
from bot.domain.audit import Verb
from bot.domain.authorizations import AuthorizationState
from bot.domain.edits import Derivative
from bot.domain.probes import Probe
from bot.domain.workflow import State
from bot.jobs.bench import Bench, Halted, Run
from bot.matching.engine import Face, FaceEngine
from bot.matching.images import Image
from bot.sandbox import cases
from bot.sandbox.acts import actions
from bot.sandbox.records import Json
from bot.views.ids import ActionId, BlockId
from tests.front import Resting, Workplace, text_of
from tests.jobs.parts import eventually

REASON = "The suspect was found by other means this morning."
EITHER_ROOM = [
    (cases.MARA, cases.COMMANDERS),
    (cases.JOON, cases.COMMANDERS),
    (cases.SAM, cases.SUPERVISORS),
    (cases.RUTH, cases.SUPERVISORS),
]


async def revoke(
    workplace: Workplace,
    id: str,
    account: str = cases.JOON,
    channel: str = cases.COMMANDERS,
) -> None:
    await workplace.authorizing.revoke(account, id, channel, REASON)
    await workplace.settle()


async def state_of(workplace: Workplace, id: str) -> AuthorizationState:
    return (await workplace.authorization(id)).state


def card_in(workplace: Workplace, channel: str, id: str, account: str) -> Json:
    action = ActionId.REVOKE_AUTHORIZATION
    card = workplace.authorizing.card(account, channel, id, action)
    assert card is not None
    return card


@pytest.mark.parametrize(("account", "channel"), EITHER_ROOM)
async def test_either_commander_and_every_supervisor_revokes(
    workplace: Workplace, account: str, channel: str
) -> None:
    id = await workplace.granted()
    await revoke(workplace, id, account, channel)
    revoked = await workplace.authorization(id)
    assert revoked.state is AuthorizationState.REVOKED
    assert (revoked.ended_by_account, revoked.end_reason) == (account, REASON)
    [event] = await workplace.events(Verb.AUTHORIZATION_REVOKED)
    assert event.actor == revoked.ended_by
    assert event.facts["from"] == AuthorizationState.GRANTED


@pytest.mark.parametrize(
    ("account", "why"),
    [
        (cases.DANA, "NOT_IN_CHANNEL"),
        (cases.LENA, "NOT_IN_CHANNEL"),
        (cases.ADA, "NOT_IN_CHANNEL"),
        (cases.VIC, "NOT_A_FULL_MEMBER"),
    ],
)
async def test_nobody_else_revokes_by_a_button_that_was_copied(
    workplace: Workplace, account: str, why: str
) -> None:
    id = await workplace.granted()
    card = card_in(workplace, cases.SUPERVISORS, id, cases.SAM)
    press = workplace.press(
        account, cases.SUPERVISORS, card["ts"], ActionId.REVOKE_AUTHORIZATION
    )
    await workplace.deliver(press)
    assert workplace.person(account).modal is None
    assert [rule for _, rule in await workplace.refusals()] == [why]
    assert await state_of(workplace, id) is AuthorizationState.GRANTED


@pytest.mark.parametrize(
    ("account", "person"), [(cases.DANA, "4711"), (cases.LENA, "8103")]
)
async def test_nobody_of_another_role_revokes_although_in_the_channel(
    workplace: Workplace, account: str, person: str
) -> None:
    id = await workplace.granted()
    await workplace.sandbox.join(cases.SUPERVISORS, account)
    card = card_in(workplace, cases.SUPERVISORS, id, cases.SAM)
    await workplace.person(account).click(
        cases.SUPERVISORS, card["ts"], ActionId.REVOKE_AUTHORIZATION
    )
    await workplace.settle()
    assert workplace.person(account).modal is None
    assert await workplace.refusals() == [(person, "ROLE_REQUIRED")]
    assert "Only a commander or a supervisor revokes" in workplace.told(account)


BOTH_ROLES = {
    "roles": ["supervisor", "commander"],
    "office": "chief_of_detectives",
    "delegate": True,
}


async def test_a_supervisor_who_is_a_commander_too_revokes_as_a_supervisor(
    workplace: Workplace,
) -> None:
    id = await workplace.granted()
    workplace.in_roles(cases.SAM, **BOTH_ROLES)
    await revoke(workplace, id, cases.SAM, cases.SUPERVISORS)
    assert await workplace.refusals() == []
    assert await state_of(workplace, id) is AuthorizationState.REVOKED


@pytest.mark.parametrize("room", ["supervisors", "commanders", "nowhere"])
async def test_a_forged_room_of_the_form_lets_nobody_in(
    workplace: Workplace, room: str
) -> None:
    id = await workplace.granted()
    sent = await submission(workplace, id, cases.SAM, cases.SUPERVISORS)
    view = sent["view"]
    metadata = json.loads(view["private_metadata"]) | {"room": room}
    view["private_metadata"] = json.dumps(metadata)
    sent["user"]["id"] = cases.LENA
    await workplace.deliver(sent)
    assert await state_of(workplace, id) is AuthorizationState.GRANTED
    [(who, rule)] = await workplace.refusals()
    assert (who, rule) in {("8103", "ROLE_REQUIRED"), ("8103", "NOT_IN_CHANNEL")}


async def test_nobody_of_another_role_sends_the_form_of_a_supervisor(
    workplace: Workplace,
) -> None:
    id = await workplace.granted()
    await workplace.sandbox.join(cases.SUPERVISORS, cases.LENA)
    sent = await submission(workplace, id, cases.SAM, cases.SUPERVISORS)
    sent["user"]["id"] = cases.LENA
    await workplace.deliver(sent)
    assert await workplace.refusals() == [("8103", "ROLE_REQUIRED")]
    assert await state_of(workplace, id) is AuthorizationState.GRANTED


async def submission(
    workplace: Workplace,
    id: str,
    account: str,
    channel: str = cases.COMMANDERS,
    reason: str = REASON,
) -> dict[str, Any]:
    """The form as it would be sent, which Slack's client may not even allow."""
    person = await workplace.authorizing.open_revocation(account, id, channel)
    person.fill({BlockId.REASON: reason})
    view = workplace.sandbox.workspace.modals.top(account)
    assert view is not None
    return person.payloads.submission(account, view)


async def test_a_reason_of_nineteen_characters_is_too_short_and_of_twenty_is_not(
    workplace: Workplace,
) -> None:
    id = await workplace.granted()
    short = await submission(workplace, id, cases.JOON, reason=f" {'x' * 19} ")
    answer = await workplace.sandbox.courier.interaction(cases.JOON, short)
    assert "20 characters" in answer.json()["errors"][BlockId.REASON]
    assert await state_of(workplace, id) is AuthorizationState.GRANTED
    long = await submission(workplace, id, cases.JOON, reason="x" * 20)
    await workplace.deliver(long)
    assert await state_of(workplace, id) is AuthorizationState.REVOKED


async def test_of_two_who_revoke_at_once_one_does(workplace: Workplace) -> None:
    id = await workplace.granted()
    both = [
        await submission(workplace, id, cases.JOON),
        await submission(workplace, id, cases.SAM, cases.SUPERVISORS),
    ]
    await workplace.deliver(*both)
    assert len(await workplace.events(Verb.AUTHORIZATION_REVOKED)) == 1
    [(late, rule)] = await workplace.refusals()
    assert rule == "AUTHORIZATION_REVOKED"
    account = {"0102": cases.JOON, "9001": cases.SAM}[late]
    assert "This authorization was revoked." in workplace.told(account)


async def test_what_nobody_has_granted_cannot_be_revoked(workplace: Workplace) -> None:
    id = await workplace.asked()
    cards = [
        *workplace.person(cases.MARA).messages(cases.COMMANDERS),
        *workplace.person(cases.SAM).messages(cases.SUPERVISORS),
    ]
    pressable = {action for card in cards for action in actions(card)}
    assert ActionId.DECIDE_AUTHORIZATION in pressable
    assert ActionId.REVOKE_AUTHORIZATION not in pressable
    assert await state_of(workplace, id) is AuthorizationState.PENDING


async def test_a_revoked_grant_starts_nothing(workplace: Workplace) -> None:
    id = await workplace.granted()
    before = await workplace.request(id)
    order = await workplace.authorizing.order(id)
    press = workplace.press(
        cases.LENA, cases.EXAMINERS, order["ts"], ActionId.START_AUTHORIZED
    )
    await revoke(workplace, id)
    await workplace.deliver(press)
    assert await workplace.request(id) == before
    assert await workplace.refusals() == [("8103", "AUTHORIZATION_REVOKED")]
    assert await workplace.events(Verb.AUTHORIZATION_STARTED) == []
    supervisors = workplace.person(cases.SAM).messages(cases.SUPERVISORS)
    assert any("AUTHORIZATION_REVOKED" in text_of(m) for m in supervisors)


async def test_everybody_concerned_is_told(workplace: Workplace) -> None:
    id = await workplace.authorized()
    before = {room: count(workplace, *room) for room in ROOMS}
    dana = len(workplace.person(cases.DANA).dm_messages())
    await revoke(workplace, id)
    for account, channel in ROOMS:
        last = workplace.person(account).messages(channel)[-1]
        assert count(workplace, account, channel) == before[account, channel] + 1
        assert id in text_of(last["blocks"])
        assert "revoked" in text_of(last["blocks"]).lower()
    messages = workplace.person(cases.DANA).dm_messages()
    assert len(messages) == dana + 1
    assert "has been revoked" in text_of(messages[-1]["blocks"])
    assert REASON in text_of(messages[-1]["blocks"])


ROOMS = [
    (cases.ERIK, cases.EXAMINERS),
    (cases.SAM, cases.SUPERVISORS),
    (cases.MARA, cases.COMMANDERS),
]


def count(workplace: Workplace, account: str, channel: str) -> int:
    return len(workplace.person(account).messages(channel))


async def test_examiners_are_not_told_why(workplace: Workplace) -> None:
    """The reason may hold facts of the case."""
    id = await workplace.authorized()
    await revoke(workplace, id)
    assert not any(REASON in text for text in workplace.seen_by(cases.LENA))


async def test_no_card_offers_a_button_any_more(workplace: Workplace) -> None:
    id = await workplace.authorized()
    await revoke(workplace, id)
    dead = {ActionId.REVOKE_AUTHORIZATION, ActionId.START_AUTHORIZED, ActionId.TAKE}
    for account in (cases.MARA, cases.JOON, cases.SAM, cases.LENA):
        person = workplace.person(account)
        rooms = [person.messages(room.id) for room in person.channels()]
        shown = [message for room in rooms for message in room]
        assert shown
        assert all(actions(message).isdisjoint(dead) for message in shown)


async def test_a_search_that_no_worker_has_begun_is_never_made(
    workplace: Workplace,
) -> None:
    id = await workplace.granted()
    await workplace.authorizing.start(cases.LENA, id)
    await workplace.settle(work=False)
    assert await workplace.state(id) is State.READY
    begun = await workplace.events(Verb.SEARCH_STARTED)
    working, workplace.worker = workplace.worker, Resting(workplace.worker)
    await revoke(workplace, id)
    workplace.worker = working
    await workplace.settle()
    assert await workplace.state(id) is State.NO_POSSIBLE_MATCH
    assert await workplace.events(Verb.SEARCH_STARTED) == begun
    [revoked] = await workplace.events(Verb.AUTHORIZATION_REVOKED)
    assert revoked.facts["from"] == AuthorizationState.RUNNING
    assert await workplace.events(Verb.AUTHORIZATION_CONSUMED) == []


class Held:
    """A real engine that does not come back before it is told to."""

    def __init__(self, engine: FaceEngine) -> None:
        self.model = engine.model
        self._engine = engine
        self.at_work, self.go_on = threading.Event(), threading.Event()

    def faces(self, image: Image) -> list[Face]:
        self.at_work.set()
        assert self.go_on.wait(20)
        return self._engine.faces(image)


class Watched(Bench):
    """Tells whether its search was stopped."""

    halted = False
    _go_on: Callable[[], object]

    def search(
        self,
        request_id: str,
        probe: Probe,
        pins: Pins,
        began: datetime,
        go_on: Callable[[], object] = lambda: None,
        derivative: Derivative | None = None,
    ) -> Run:
        self._go_on = go_on
        try:
            return super().search(request_id, probe, pins, began, go_on, derivative)
        except Halted:
            self.halted = True
            raise

    def is_unwanted(self) -> bool:
        """Whether the next look would stop it."""
        try:
            self._go_on()
        except Halted:
            return True
        return False


async def test_a_running_search_stops_before_it_compares(workplace: Workplace) -> None:
    id = await workplace.granted()
    await workplace.authorizing.start(cases.LENA, id)
    await workplace.settle(work=False)
    engine = Held(workplace.bench.engine)
    bench = Watched(engine, workplace.vault, workplace.bench.galleries_dir, 0.35)
    working = asyncio.create_task(workplace.another_worker(bench).step())
    await eventually(engine.at_work.is_set)
    assert await workplace.state(id) is State.SEARCHING
    finished = await workplace.events(Verb.SEARCH_FINISHED)
    await revoke(workplace, id)
    await eventually(bench.is_unwanted, seconds=5)
    engine.go_on.set()
    await working
    assert bench.halted
    assert await workplace.events(Verb.SEARCH_FINISHED) == finished
    assert await workplace.events(Verb.AUTHORIZATION_CONSUMED) == []
    async with workplace.db.snapshot() as snapshot:
        assert len(await snapshot.searches.of(id)) == 1
        assert await snapshot.work.open_for(id) == []
    assert await workplace.state(id) is State.NO_POSSIBLE_MATCH
