"""A lead that was on its way to Slack when it was taken back is read nowhere, and kept nowhere."""

from bot.domain.workflow import State
from bot.sandbox import cases
from bot.sandbox.faults import Fault
from bot.views.ids import ActionId
from tests.front import Workplace
from tests.journeys.test_revocation_undone import released, revoked_by_service

LEAD = "INVESTIGATIVE LEAD"


async def acknowledged_unsent(workplace: Workplace) -> str:
    """The requester has acknowledged the lead; their card does not show it yet."""
    id = await released(workplace)
    await workplace.acts.press_own(cases.DANA, id, ActionId.ACKNOWLEDGE)
    await workplace.bot.reception.drain()
    await workplace.bot.board.refresh_stale()
    assert LEAD in await kept(workplace, id)
    return id


async def kept(workplace: Workplace, id: str) -> str:
    """What the outbox still has to say to the requester, or could not."""
    async with workplace.db.snapshot() as snapshot:
        heads = await snapshot.outbox.heads(workplace.clock.moment.replace(year=2030))
        every = [*heads, *await snapshot.outbox.failed()]
    return str([s.blocks for s in every if s.card == f"{id}/requester"])


def leads_shown(workplace: Workplace) -> int:
    calls = workplace.sandbox.web_api.calls
    return sum(LEAD in str(given) for name, given in calls if name.startswith("chat."))


async def later(workplace: Workplace) -> None:
    for _ in range(3):
        workplace.clock.forward(minutes=10)
        await workplace.settle()


async def test_a_lead_that_slack_did_not_take_in_time_is_not_sent_after_its_recall(
    workplace: Workplace,
) -> None:
    id = await acknowledged_unsent(workplace)
    workplace.sandbox.workspace.faults.plan("chat.update", Fault.FAILS_BEFORE, times=9)
    await workplace.bot.outbox.step()
    await workplace.bot.outbox.drain()
    before = leads_shown(workplace)
    await revoked_by_service(workplace, id)
    assert LEAD not in await kept(workplace, id)
    await later(workplace)
    assert await workplace.state(id) is State.RECALLED
    assert leads_shown(workplace) == before


async def test_a_lead_that_slack_refused_is_not_kept_after_its_recall(
    workplace: Workplace,
) -> None:
    id = await acknowledged_unsent(workplace)
    async with workplace.db.transaction() as tx:
        for sending in await tx.outbox.heads(workplace.clock()):
            if sending.card == f"{id}/requester":
                await tx.outbox.give_up(sending.id, "msg_too_long")
    assert LEAD in await kept(workplace, id)
    await revoked_by_service(workplace, id)
    assert LEAD not in await kept(workplace, id)
    await later(workplace)
    card = workplace.acts.own_card(cases.DANA, id)
    assert "must not be used" in str(card["blocks"])
