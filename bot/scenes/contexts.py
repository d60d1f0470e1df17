"""The context check: a direct message to those who have compared, and without a word of whom."""

from collections.abc import AsyncIterator, Iterator, Sequence

from bot.domain.addresses import context_key
from bot.domain.examinations import Examination, Seat
from bot.domain.pictures import unmasked_of
from bot.domain.workflow import State
from bot.scenes.scene import Outlook, Scene, Wanted
from bot.views.contextual import ContextCard, context_card


async def contexts_seen(scene: Scene, outlook: Outlook) -> AsyncIterator[Wanted]:
    """To each of the first two examiners of the round, directly, once its blind part has led to somebody: they have saved
    what they think. Not into their channel: who reads there may yet have to compare blind, in a round
    that a supervisor returns (decision 0028)."""
    for examination in await scene.tx.examinations.of(scene.request.id):
        if examination.seat is Seat.THIRD:
            continue
        key, is_open = context_key(examination.id), _is_open(scene, examination)
        account = outlook.account(examination.examiner)
        if account is None:
            continue
        if not is_open and await scene.tx.cards.find(key) is None:
            continue
        card = ContextCard(
            number=scene.request.id,
            examination=examination.id,
            version=examination.version,
            is_open=is_open,
            stands_in=examination.seat is not Seat.FIRST,
        )
        yield Wanted(key, account, context_card(card))
        for wanted in _unmasked(scene, outlook, [examination]):
            yield wanted


def _is_open(scene: Scene, examination: Examination) -> bool:
    request = scene.request
    is_up = request.state is State.CONTEXT_CHECK and request.round == examination.round
    return is_up and examination.submitted_at is not None


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
