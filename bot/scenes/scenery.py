"""Everything about one request, in the order in which it has to appear."""

from collections.abc import AsyncIterator, Callable

from bot.domain.changes import Change
from bot.scenes.changes import change_seen
from bot.scenes.commanders import commanders_see
from bot.scenes.contexts import contexts_seen
from bot.scenes.examiners import examiners_see
from bot.scenes.reminders import reminders_seen
from bot.scenes.requester import requester_sees
from bot.scenes.scene import Outlook, Scene, Wanted
from bot.scenes.supervisors import supervisors_see

_PARTS: tuple[Callable[[Scene, Outlook], AsyncIterator[Wanted]], ...] = (
    requester_sees,
    examiners_see,
    contexts_seen,
    supervisors_see,
    commanders_see,
    reminders_seen,
)


class Scenery:
    """Turns a scene into wanted messages."""

    def __init__(self, outlook: Outlook) -> None:
        self._outlook = outlook

    async def wanted(self, scene: Scene) -> list[Wanted]:
        return [
            wanted for part in _PARTS async for wanted in part(scene, self._outlook)
        ]

    def of_change(self, change: Change) -> Wanted:
        """The card of a governed change; it belongs to no request."""
        return change_seen(change, self._outlook)
