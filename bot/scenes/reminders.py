"""What is brought to mind because it has waited too long; every word of it is told once."""

from collections.abc import AsyncIterator

from bot.casework.waiting import reminder_key, waiting_on
from bot.domain.queue import Reminder, Told, reminders_due
from bot.scenes.scene import Outlook, Scene, Wanted
from bot.views.reminding import reminder_message


async def reminders_seen(scene: Scene, outlook: Outlook) -> AsyncIterator[Wanted]:
    request = scene.request
    for waiting in await waiting_on(scene.tx, request):
        for reminder in reminders_due(waiting, outlook.timers, scene.now):
            place = _place(reminder, scene, outlook)
            if place is not None:
                holder = outlook.account(waiting.holder)
                said = reminder_message(reminder, holder)
                yield Wanted(reminder_key(reminder, request.round), place, said)


def _place(reminder: Reminder, scene: Scene, outlook: Outlook) -> str | None:
    match reminder.told:
        case Told.SUPERVISORS:
            return outlook.rooms.supervisors
        case Told.EXAMINERS:
            return outlook.rooms.examiners
        case Told.REQUESTER:
            return scene.request.requester_account
        case Told.HOLDER:
            return outlook.account(reminder.waiting.holder)
