"""Two questions about one request: what becomes of the first takes nothing away from the second."""

from bot.domain.work import WorkKind
from bot.sandbox import cases
from bot.views.ids import BlockId
from tests.front import Workplace, text_of
from tests.journeys.asking import FUTILE
from tests.journeys.test_revocation_undone import enrol_harbor, revoked_by_service

UNDRAWN = "being prepared"


async def ask_harbor(workplace: Workplace, id: str) -> str:
    """The second question; no worker has drawn the face searched for yet."""
    await enrol_harbor(workplace)
    workplace.clock.forward(minutes=1)
    await workplace.authorizing.ask(
        cases.DANA,
        id,
        {str(BlockId.REPOSITORY): cases.HARBOR, str(BlockId.FUTILE): FUTILE},
    )
    await workplace.bot.reception.drain()
    async with workplace.db.snapshot() as snapshot:
        assert WorkKind.DRAW_PROBE in {w.kind for w in await snapshot.work.open_for(id)}
    return (await workplace.authorization(id)).id


async def shown_to_commander(workplace: Workplace, id: str) -> str:
    await workplace.settle()
    return text_of((await workplace.authorizing.question(id))["blocks"])


async def test_revoking_the_first_leaves_the_face_of_the_second_to_be_drawn(
    workplace: Workplace,
) -> None:
    id = await workplace.authorized()
    first = await workplace.authorization(id)
    assert await ask_harbor(workplace, id) != first.id
    await revoked_by_service(workplace, id, first.id)
    assert UNDRAWN not in await shown_to_commander(workplace, id)
