"""What the requester is shown: a line in the channel, the own card, what became of a question."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import datetime

from bot.approvals import corroborations, releases
from bot.casework.marks import seen
from bot.casework.sealing import RECALLED as SEALED_LEAD
from bot.domain.authorizations import (
    Authorization,
    AuthorizationState,
    can_be_asked,
)
from bot.domain.leads import Ruling
from bot.domain.pictures import faces_key, lead_key
from bot.domain.rulings import RECALLED_BY_HAND
from bot.domain.workflow import TAKEN_BACK
from bot.scenes.scene import Outlook, Scene, Wanted
from bot.views import requester as views
from bot.views.corroborating import Backing, Reported, corroboration_reminder

TOLD = (
    AuthorizationState.GRANTED,
    AuthorizationState.DENIED,
    AuthorizationState.EXPIRED,
    AuthorizationState.REVOKED,
)
"""What whoever asked is told of by a message of its own: a card that changes notifies nobody."""


async def requester_sees(scene: Scene, outlook: Outlook) -> AsyncIterator[Wanted]:
    request = scene.request
    line = views.status_line(
        request.id,
        request.state,
        request.requester_account,
        answered=await _was_answered(scene),
    )
    yield Wanted(f"{request.id}/status", request.channel, line)
    own, account = f"{request.id}/requester", request.requester_account
    card = await _card(scene, outlook)
    yield Wanted(own, account, views.request_card(card, outlook.zone))
    for key in (faces_key(request.id), lead_key(request.id)):
        picture = scene.pictures.get(key)
        if picture is not None and not scene.gone(picture):
            yield Wanted(key, account, thread=own, pictures=(key,))
    for wanted in _told(scene, outlook):
        yield wanted
    for days in await corroborations.overdue(
        scene.tx, request, outlook.corroborate_days, scene.now
    ):
        said = corroboration_reminder(request.id, days)
        yield Wanted(corroborations.reminder_key(request.id, days), account, said)
    async for wanted in _taken_back(scene):
        yield wanted


async def _taken_back(scene: Scene) -> AsyncIterator[Wanted]:
    """Once for every reason: what is recalled by hand may be sealed later, and that is to be told, too."""
    request = scene.request
    if request.state not in TAKEN_BACK:
        return
    rulings = await scene.tx.rulings.of(request.id)
    by_hand = next((r for r in rulings if r.ruling == RECALLED_BY_HAND), None)
    key, account = f"{request.id}/told/{request.state}", request.requester_account
    said = views.told_taken_back(request.id, request.state, request.reason)
    yield Wanted(key, account, said)
    if by_hand is not None and _is_sealed_since(scene, by_hand.at):
        said = views.told_taken_back(request.id, request.state, SEALED_LEAD)
        yield Wanted(f"{key}/sealed", account, said)


def _is_sealed_since(scene: Scene, at: datetime) -> bool:
    """Whether what a search found was destroyed for an order to seal at or after a moment."""
    return any(
        search.sealing_id and search.purged_at and search.purged_at >= at
        for search in scene.searches
    )


async def _was_answered(scene: Scene) -> bool:
    """Whether it ever had an answer, whatever became of that one."""
    if any(search.concluded_at is not None for search in scene.searches):
        return True
    rulings = await scene.tx.rulings.of(scene.request.id)
    return any(ruling.ruling in (Ruling.RELEASE, Ruling.CLOSE) for ruling in rulings)


async def _card(scene: Scene, outlook: Outlook) -> views.RequestCard:
    request, tx, probe = scene.request, scene.tx, scene.probe
    return views.RequestCard(
        number=request.id,
        case_number=request.asked.case_number,
        state=request.state,
        reason=request.reason,
        no_match_text=await releases.answer(tx, request, outlook.zone),
        faces_picture=scene.shown(faces_key(request.id)),
        faces_removed=scene.removed(faces_key(request.id)),
        face_count=len(probe.faces) if probe else 0,
        lead=await _lead(scene),
        authorizations=tuple(seen(a, outlook.repositories) for a in _own(scene)),
        can_ask=outlook.can_ask and can_be_asked(request.state) and not scene.is_asked,
        reports_after=await _reports_after(scene),
    )


async def _reports_after(scene: Scene) -> tuple[Reported, ...] | None:
    """What was reported on a lead that was opened and taken back; it may be destroyed since."""
    id = scene.request.id
    if scene.request.state not in TAKEN_BACK:
        return None
    return (
        await _reported(scene)
        if await corroborations.was_opened(scene.tx, id)
        else None
    )


async def _reported(scene: Scene) -> tuple[Reported, ...]:
    return tuple(
        Reported(one.kind, one.happened_on, one.corroborated, one.at)
        for one in await scene.tx.lead_reports.of(scene.request.id)
    )


def _own(scene: Scene) -> list[Authorization]:
    """What the requester asked; what an examiner asked is told once it leads to something."""
    return [
        asked
        for asked in scene.authorizations
        if asked.asked_by == scene.request.requester
        or asked.state is not AuthorizationState.PENDING
    ]


async def _lead(scene: Scene) -> views.LeadView | None:
    lead = await scene.tx.leads.find(scene.request.id)
    if lead is None:
        return None
    id = scene.request.id
    key = lead_key(id)
    picture = scene.pictures.get(key)
    backed = await scene.tx.corroborations.find(id)
    return replace(
        await releases.read_lead(scene.tx, lead),
        picture=scene.shown(key),
        picture_removed_at=picture.removed_at if picture else None,
        backing=Backing(backed.evidence, backed.obtained_on, backed.at)
        if backed
        else None,
        reported=await _reported(scene),
    )


def _told(scene: Scene, outlook: Outlook) -> Iterator[Wanted]:
    account = scene.request.requester_account
    for asked in scene.authorizations:
        is_own = asked.asked_by == scene.request.requester
        is_revoked = asked.state is AuthorizationState.REVOKED
        if is_revoked or (is_own and asked.state in TOLD):
            searched = scene.was_searched(asked)
            view = seen(asked, outlook.repositories, searched=searched)
            said = views.told_requester(view, outlook.zone)
            yield Wanted(f"{asked.id}/told/{asked.state}", account, said)
