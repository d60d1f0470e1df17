"""What the supervisors' channel shows of a governed change."""

from bot.domain.changes import Change
from bot.scenes.scene import Outlook, Wanted
from bot.views.changing import ChangeView, change_card


def change_seen(change: Change, outlook: Outlook) -> Wanted:
    view = ChangeView(change, change.decided_by or "")
    key, channel = f"{change.id}/change", outlook.rooms.supervisors
    return Wanted(key, channel, change_card(view, outlook.zone))
