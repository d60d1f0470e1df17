"""A commander or a supervisor takes an authorization back: whatever has come of it is undone."""

from collections.abc import Awaitable, Callable

import pytest

from bot.domain.audit import Verb
from bot.domain.authorizations import AuthorizationState
from bot.domain.workflow import State
from bot.sandbox import cases
from bot.views.ids import ActionId
from tests.front import Workplace, text_of
from tests.journeys.destroyed import (
    DESTROYED,
    check_destroyed,
    found_by_last_search,
    threads,
)

STRANGER = "L0062"
ANSWER = "photographs as of November 23, 2026"

Reach = Callable[[Workplace], Awaitable[str]]


async def waiting(workplace: Workplace) -> str:
    return await workplace.authorized()


async def taken(workplace: Workplace) -> str:
    id = await workplace.authorized()
    card = await workplace.acts.examination(id, 1)
    await workplace.acts.take(cases.LENA, card)
    return id


async def partly_decided(workplace: Workplace) -> str:
    id = await taken(workplace)
    card = workplace.acts.examination_cards(id)[1]
    [first, second, *_] = workplace.acts.candidates(cases.LENA, card)
    await workplace.acts.compare(cases.LENA, first, 2)
    await workplace.acts.exclude(cases.LENA, second)
    await workplace.settle()
    assert len(await workplace.events(Verb.CANDIDATE_DISPOSED)) >= 2
    return id


async def peered(workplace: Workplace) -> str:
    id = await workplace.authorized()
    await workplace.decided(id, cases.LENA, 1, STRANGER)
    await workplace.settle()
    assert await workplace.state(id) is State.PEER_REVIEW
    return id


async def supported(workplace: Workplace) -> str:
    id = await peered(workplace)
    await workplace.decided(id, cases.TOMAS, 2, STRANGER)
    await workplace.settle()
    assert await workplace.state(id) is State.SUPERVISOR_REVIEW
    return id


async def nobody_supported(workplace: Workplace) -> str:
    id = await workplace.authorized()
    await workplace.decided(id, cases.LENA, 1, None)
    await workplace.settle()
    assert await workplace.state(id) is State.SUPERVISOR_REVIEW
    return id


async def closed(workplace: Workplace) -> str:
    id = await nobody_supported(workplace)
    await workplace.acts.close(cases.RUTH, id)
    await workplace.settle()
    assert await workplace.state(id) is State.NO_POSSIBLE_MATCH
    return id


async def disagreed(workplace: Workplace) -> str:
    id = await peered(workplace)
    await workplace.decided(id, cases.TOMAS, 2, None)
    await workplace.settle()
    assert await workplace.state(id) is State.NO_POSSIBLE_MATCH
    return id


async def released(workplace: Workplace) -> str:
    id = await supported(workplace)
    await workplace.acts.release(cases.RUTH, id)
    await workplace.settle()
    assert await workplace.state(id) is State.RELEASED
    return id


async def acknowledged(workplace: Workplace) -> str:
    id = await released(workplace)
    await workplace.acts.press_own(cases.DANA, id, ActionId.ACKNOWLEDGE)
    await workplace.settle()
    assert await workplace.state(id) is State.ACKNOWLEDGED
    return id


async def revoke(
    workplace: Workplace, id: str, account: str = cases.JOON, **given: str
) -> None:
    await workplace.authorizing.revoke(account, id, **given)
    await workplace.settle()


def own_card(workplace: Workplace, id: str) -> str:
    return text_of(workplace.acts.own_card(cases.DANA, id)["blocks"])


@pytest.mark.parametrize(
    "reach",
    [
        waiting,
        taken,
        partly_decided,
        peered,
        supported,
        nobody_supported,
        closed,
        disagreed,
    ],
)
async def test_what_was_found_is_destroyed_and_the_answer_before_stands(
    workplace: Workplace, reach: Reach
) -> None:
    id = await reach(workplace)
    workplace.clock.forward(hours=30)
    found = await found_by_last_search(workplace, id)
    assert found.pictures
    await revoke(workplace, id)
    assert await workplace.state(id) is State.NO_POSSIBLE_MATCH
    await check_destroyed(workplace, found)
    card = own_card(workplace, id)
    assert ANSWER in card
    revoked = await workplace.authorization(id)
    assert revoked.state is AuthorizationState.REVOKED
    pages = threads(workplace, found)
    assert pages
    assert all(DESTROYED in text_of(page["blocks"]) for page in pages)
