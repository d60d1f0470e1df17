"""What the supervisors' channel shows of a probe that was sent before."""

from collections.abc import Sequence

from bot.domain.prints import Repeat
from bot.domain.rulings import REPEAT_ALLOWED, REPEAT_REFUSED, RulingRecord
from bot.domain.workflow import State
from bot.scenes.scene import Outlook, Scene, Wanted
from bot.views import repeating as views


async def repeat_seen(
    scene: Scene, outlook: Outlook, rulings: Sequence[RulingRecord]
) -> Wanted | None:
    """The card of a request that was held for it, also when it is decided."""
    request = scene.request
    found = await scene.tx.prints.repeats(request.id)
    if not found:
        return None
    decided = next(
        (r for r in rulings if r.ruling in (REPEAT_ALLOWED, REPEAT_REFUSED)), None
    )
    card = views.RepeatCard(
        number=request.id,
        version=request.version if request.state is State.REPEAT_REVIEW else 0,
        case_number=request.asked.case_number,
        category=request.asked.category,
        requester=request.requester_account,
        earlier=tuple([await _earlier(scene, one) for one in found]),
        decision=_decision(outlook, decided),
        withdrawn=request.state is State.WITHDRAWN,
    )
    drawn = views.repeat_card(card, outlook.zone)
    return Wanted(f"{request.id}/repeat", outlook.rooms.supervisors, drawn)


async def _earlier(scene: Scene, repeat: Repeat) -> views.EarlierView:
    earlier = await scene.tx.requests.get(repeat.earlier_id)
    return views.EarlierView(
        earlier.id,
        earlier.asked.case_number,
        earlier.requester_account,
        earlier.submitted_at,
        earlier.state,
        repeat.likeness,
    )


def _decision(
    outlook: Outlook, ruling: RulingRecord | None
) -> views.RepeatDecision | None:
    if ruling is None:
        return None
    return views.RepeatDecision(
        ruling.ruling == REPEAT_ALLOWED,
        outlook.account(ruling.supervisor) or ruling.supervisor,
        ruling.at,
        ruling.reason,
    )
