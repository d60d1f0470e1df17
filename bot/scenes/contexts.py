"""The context check in the examiner channel: in the first examiner's thread, and without a word of whom."""

from collections.abc import AsyncIterator, Iterator, Sequence

from bot.domain.examinations import Examination, Seat
from bot.domain.pictures import unmasked_of
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
        examinations = await scene.tx.examinations.of(request.id, round)
        first = _first(examinations)
        card = ContextCard(
            number=request.id,
            version=request.version if is_open else 0,
            is_open=is_open,
            examiner=outlook.account(first.examiner),
        )
        thread = f"{first.id}/root"
        yield Wanted(key, outlook.rooms.examiners, context_card(card), thread=thread)
        for wanted in _unmasked(scene, outlook, examinations):
            yield wanted


def _unmasked(
    scene: Scene, outlook: Outlook, examinations: Sequence[Examination]
) -> Iterator[Wanted]:
    """All photographs with the state of each arrest: directly, to the one person who asked for them."""
    for examination in examinations:
        account = outlook.account(examination.examiner)
        for key in sorted(scene.pictures):
            is_own = key.startswith(unmasked_of(examination.id))
            if account is not None and is_own and scene.not_gone([key]):
                yield Wanted(f"{key}{scene.showing(key)}", account, pictures=(key,))


def _first(examinations: Sequence[Examination]) -> Examination:
    return next(
        e for e in examinations if e.seat is Seat.FIRST and e.submitted_at is not None
    )
