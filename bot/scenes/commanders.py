"""What commanders are shown: the question in their channel and to each alone, and what became of it."""

from collections.abc import AsyncIterator

from bot.casework.marks import named, seen
from bot.domain.addresses import own_question_key
from bot.domain.authorizations import Authorization, AuthorizationState
from bot.domain.pictures import COMMANDERS, asked_key
from bot.scenes.scene import Outlook, Scene, Wanted
from bot.views.authorizations import AuthorizationView
from bot.views.commander import authorization_card, commander_reminder, revoked_notice


async def commanders_see(scene: Scene, outlook: Outlook) -> AsyncIterator[Wanted]:
    channel = outlook.rooms.commanders
    if channel is None:
        return
    for asked in scene.authorizations:
        card = f"{asked.id}/{COMMANDERS}"
        for wanted in _in_room(scene, outlook, asked, COMMANDERS, card, channel):
            yield wanted
        for account in asked.told:
            card = own_question_key(asked.id, account)
            for wanted in _in_room(scene, outlook, asked, account, card, account):
                yield wanted
        if asked.state is AuthorizationState.REVOKED:
            view = _view(scene, outlook, asked, COMMANDERS)
            said = revoked_notice(view, outlook.zone)
            yield Wanted(f"{asked.id}/told_commanders", channel, said)
        if asked.state is AuthorizationState.PENDING:
            for before in asked.reminders_due(scene.now):
                view = _view(scene, outlook, asked, COMMANDERS)
                said = commander_reminder(view, outlook.zone)
                hours = round(before.total_seconds() / 3600)
                yield Wanted(f"{asked.id}/reminder/pending/{hours}", channel, said)


def _in_room(
    scene: Scene,
    outlook: Outlook,
    asked: Authorization,
    room: str,
    card: str,
    channel: str,
) -> list[Wanted]:
    """The card, and under it the file of the picture that it shows."""
    view = _view(scene, outlook, asked, room)
    wanted = [Wanted(card, channel, authorization_card(view, outlook.zone))]
    if pictures := scene.not_gone([asked_key(asked.id, room)]):
        key = asked_key(asked.id, room)
        wanted.append(Wanted(key, channel, thread=card, pictures=pictures))
    return wanted


def _view(
    scene: Scene, outlook: Outlook, asked: Authorization, room: str
) -> AuthorizationView:
    return seen(
        asked,
        outlook.repositories,
        picture=scene.shown(asked_key(asked.id, room)),
        faces=len(scene.probe.faces) if scene.probe else 1,
        team=named(scene.authorizations, outlook.account_of),
    )
