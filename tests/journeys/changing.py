"""What people do with governed changes, as clicks and forms; and what the administrator proposes."""

from typing import Any

from bot.approvals import changes
from bot.approvals.changes import Wanted
from bot.domain.actors import Actor, Role
from bot.domain.changes import Change, ChangeKind
from bot.sandbox import cases
from bot.sandbox.acts import actions, all_text
from bot.sandbox.records import Json
from bot.views.ids import ActionId, BlockId
from tests.front import Workplace

SAM, RUTH = "9001", "9002"
WHY = "Measured on our own photographs last month; the unit agreed."
REASON = "I have read the measurement and agree with it."
ADMINISTRATOR = Actor("7001", "", frozenset({Role.ADMINISTRATOR}))


async def proposed(
    workplace: Workplace,
    name: str = "FIS_WEAK_BELOW",
    value: object = 0.4,
    *,
    by: Actor = ADMINISTRATOR,
) -> Change:
    """A change of a setting, and its card in the supervisors' channel."""
    async with workplace.db.snapshot() as snapshot:
        before = (await snapshot.changes.in_force())[name]
    wanted = Wanted(ChangeKind.SETTING, name, {"value": before}, {"value": value})
    change = await changes.propose(
        workplace.db, wanted, WHY, actor=by, now=workplace.clock()
    )
    await workplace.settle()
    return change


async def change_of(workplace: Workplace, id: str) -> Change:
    async with workplace.db.snapshot() as snapshot:
        return await snapshot.changes.get(id)


async def in_force(workplace: Workplace) -> dict[str, object]:
    async with workplace.db.snapshot() as snapshot:
        return await snapshot.changes.in_force()


def card_of(workplace: Workplace, id: str, account: str = cases.SAM) -> Json:
    """As somebody in the supervisors' channel sees it."""
    messages = workplace.person(account).messages(cases.SUPERVISORS)
    return next(m for m in messages if f"Change {id}" in all_text(m))


def can_be_decided(workplace: Workplace, id: str) -> bool:
    return ActionId.DECIDE_CHANGE in actions(card_of(workplace, id))


async def open_decision(workplace: Workplace, id: str, account: str) -> None:
    ts = card_of(workplace, id, account)["ts"]
    await workplace.person(account).click(cases.SUPERVISORS, ts, ActionId.DECIDE_CHANGE)
    await workplace.settle()


async def decide(
    workplace: Workplace,
    id: str,
    account: str = cases.RUTH,
    step: str = "approve",
    reason: str = REASON,
) -> Any:
    await open_decision(workplace, id, account)
    filled: dict[str, object] = {BlockId.DECISION: step, BlockId.REASON: reason}
    answer = await workplace.person(account).fill_and_submit(filled)
    await workplace.settle()
    return answer
