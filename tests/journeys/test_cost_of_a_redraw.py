"""A request with many questions is read once for all its cards."""

from sqlalchemy import event

from bot.sandbox import cases
from bot.views.ids import ActionId
from tests.front import Workplace

AGAIN = 3


async def reads(workplace: Workplace, id: str) -> dict[str, int]:
    """How often one redraw reads what all its cards share."""
    said: list[str] = []

    def listen(_connection: object, _cursor: object, sql: str, *_rest: object) -> None:
        said.append(sql)

    engine = workplace.db._writer.sync_engine
    event.listen(engine, "before_cursor_execute", listen)
    await workplace.bot.board.refresh(id)
    event.remove(engine, "before_cursor_execute", listen)
    tables = ("authorizations", "cards", "probes", "searches")
    return {t: sum(f"FROM {t}" in " ".join(s.split()) for s in said) for t in tables}


async def test_what_cards_share_is_read_as_often_for_many_questions_as_for_one(
    workplace: Workplace,
) -> None:
    id = await workplace.asked()
    of_one = await reads(workplace, id)
    assert min(of_one.values()) >= 1, "the right statements were counted"
    for _ in range(AGAIN):
        withdraw = ActionId.WITHDRAW_AUTHORIZATION
        await workplace.acts.press_own(cases.DANA, id, withdraw)
        await workplace.settle()
        await workplace.authorizing.ask(cases.DANA, id)
        await workplace.settle()
    assert await reads(workplace, id) == of_one
