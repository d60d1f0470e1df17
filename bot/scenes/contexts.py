"""The context check in the examiner channel: in the first examiner's thread, and without a word of whom."""

from collections.abc import AsyncIterator, Sequence

from bot.domain.examinations import Examination, Seat
from bot.domain.workflow import State
from bot.scenes.scene import Outlook, Scene, Wanted
from bot.views.contextual import ContextCard, context_card


async def contexts_seen(scene: Scene, outlook: Outlook) -> AsyncIterator[Wanted]:
    """The card of each round: once its blind part has led to somebody, and as long as it was posted."""
    request = scene.request
    for round in range(1, request.round + 1):
        key = f"{request.id}/context/{round}"
        is_open = request.state is State.CONTEXT_CHECK and request.round == round
        if not is_open and await scene.tx.cards.find(key) is None:
            continue
        first = _first(await scene.tx.examinations.of(request.id, round))
        card = ContextCard(
            number=request.id,
            version=request.version if is_open else 0,
            is_open=is_open,
            examiner=outlook.account(first.examiner),
        )
        thread = f"{first.id}/root"
        yield Wanted(key, outlook.rooms.examiners, context_card(card), thread=thread)


def _first(examinations: Sequence[Examination]) -> Examination:
    return next(
        e for e in examinations if e.seat is Seat.FIRST and e.submitted_at is not None
    )
