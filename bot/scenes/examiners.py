"""What the examiner channel shows: examinations with their pictures, and authorized searches."""

from collections.abc import AsyncIterator, Iterator, Sequence

from bot.casework.marks import mark, seen
from bot.domain.addresses import examiner_key
from bot.domain.authorizations import AuthorizationState, can_be_asked
from bot.domain.examinations import Examination
from bot.domain.pictures import (
    blink_key,
    detail_key,
    edit_key,
    photo_key,
    probe_key,
    sheet_key,
    subjects_of,
)
from bot.scenes.requester import TOLD
from bot.scenes.scene import PICTURES_PER_MESSAGE, Outlook, Scene, Wanted
from bot.views import examiner as views
from bot.views.authorizations import Exceptional
from bot.views.examiner import Stage
from bot.views.reassigning import displaced_note


async def examiners_see(scene: Scene, outlook: Outlook) -> AsyncIterator[Wanted]:
    examinations = await scene.tx.examinations.of(scene.request.id)
    for examination in examinations:
        async for wanted in _examination(scene, outlook, examination):
            yield wanted
    for wanted in _sealed(scene, outlook, examinations):
        yield wanted
    for wanted in _authorized(scene, outlook):
        yield wanted
    for done in await scene.tx.examinations.hand_backs(scene.request.id):
        account = outlook.account(done.person)
        if done.by != done.person and account is not None:
            key = examiner_key(done.examination_id, "reassigned")
            yield Wanted(key, account, displaced_note(scene.request.id, done.reason))


def _sealed(
    scene: Scene, outlook: Outlook, examinations: Sequence[Examination]
) -> Iterator[Wanted]:
    """Of every list that was destroyed for an order to seal, once."""
    compared = {examination.search_id for examination in examinations}
    for search in scene.searches:
        if search.id in compared and scene.is_sealed(search.id):
            said = views.told_sealed(scene.request.id)
            key = f"{search.id}/told_examiners/sealed"
            yield Wanted(key, outlook.rooms.examiners, said)


async def _examination(
    scene: Scene, outlook: Outlook, examination: Examination
) -> AsyncIterator[Wanted]:
    stage = _stage(scene, examination)
    channel, root = outlook.rooms.examiners, f"{examination.id}/root"
    exceptional = _mark(scene, examination)
    card = views.ExaminationCard(
        number=scene.request.id,
        examination=examination.id,
        version=examination.version,
        candidate_count=len(examination.order),
        stage=stage,
        examiner=outlook.account(examination.examiner),
        pictures_removed=_is_anything_removed(scene, examination),
        exceptional=exceptional,
        purged=not examination.order,
        sealed=scene.is_sealed(examination.search_id),
        can_ask=_can_ask(scene, outlook),
    )
    yield Wanted(root, channel, views.examination_card(card, outlook.zone))
    if not examination.order:
        async for wanted in _purged(scene, outlook, examination):
            yield wanted
        return
    probe = probe_key(examination.id)
    if group := scene.not_gone([probe]):
        # Alone, so that it can be analysed before there is anybody beside it.
        key = f"{probe}{scene.showing(probe)}"
        yield Wanted(key, channel, thread=root, pictures=group)
    for wanted in await _previews(scene, outlook, examination):
        yield wanted
    for number, group in enumerate(_uploads(scene, examination)):
        key = f"{examination.id}/pictures/{number}{scene.showing(group[0])}"
        yield Wanted(key, channel, thread=root, pictures=group)
    for number, ids in enumerate(views.pages(examination.order)):
        page = _page(scene, examination, stage, ids, exceptional)
        if page is not None:
            drawn = views.candidate_page(page, outlook.zone)
            key = f"{examination.id}/page/{number}"
            yield Wanted(key, channel, drawn, thread=root)
    # After what an examiner needs for a first look at everybody.
    for number, group in enumerate(_details(scene, examination)):
        key = f"{examination.id}/parts/{number}{scene.showing(group[0])}"
        yield Wanted(key, channel, thread=root, pictures=group)
    for key in sorted(scene.pictures):
        # One by one: where a photograph on one of them is sealed, the others stay.
        if key.startswith(subjects_of(examination.id)) and scene.not_gone([key]):
            shown = f"{key}{scene.showing(key)}"
            yield Wanted(shown, channel, thread=root, pictures=(key,))


async def _previews(
    scene: Scene, outlook: Outlook, examination: Examination
) -> list[Wanted]:
    """What its examiner is looking at, directly: a trial is nobody else's business."""
    account = outlook.account(examination.examiner)
    draft = await scene.tx.edit_drafts.of_examination(examination.id)
    if draft is None or account is None:
        return []
    key = edit_key(examination.id, draft.id)
    return [
        Wanted(key, account, pictures=group)
        for group in [scene.not_gone([key])]
        if group
    ]


async def _purged(
    scene: Scene, outlook: Outlook, examination: Examination
) -> AsyncIterator[Wanted]:
    """The pages that were posted before what stood on them was destroyed."""
    pages = f"{examination.id}/page/"
    for key, card in (await scene.tx.cards.of(scene.request.id)).items():
        if key.startswith(pages):
            said = views.purged_page(scene.request.id)
            yield Wanted(key, card.channel, said, thread=f"{examination.id}/root")


def _mark(scene: Scene, examination: Examination) -> Exceptional | None:
    authorization = scene.authorization_of(examination.search_id)
    return mark(authorization, with_reason=False) if authorization else None


def _can_ask(scene: Scene, outlook: Outlook) -> bool:
    """On every card of the request alike: it must tell neither whose turn it is nor whether a supervisor
    has returned it (decision 0028)."""
    return outlook.can_ask and not scene.is_asked and can_be_asked(scene.request.state)


def _authorized(scene: Scene, outlook: Outlook) -> Iterator[Wanted]:
    """Authorizations from their grant on, without a word of the case."""
    channel = outlook.rooms.examiners
    for asked in scene.authorizations:
        if asked.decided_at is None or asked.state is AuthorizationState.DENIED:
            continue
        view, zone = seen(asked, outlook.repositories), outlook.zone
        yield Wanted(
            f"{asked.id}/examiners", channel, views.authorized_search_card(view, zone)
        )
        if asked.state is AuthorizationState.GRANTED:
            for before in asked.reminders_due(scene.now):
                hours = round(before.total_seconds() / 3600)
                key = f"{asked.id}/reminder/granted/{hours}"
                yield Wanted(key, channel, views.examiner_reminder(view, zone))
    yield from _told(scene, outlook)


def _told(scene: Scene, outlook: Outlook) -> Iterator[Wanted]:
    """What an examiner asked is answered in the channel; a revocation concerns them all."""
    for asked in scene.authorizations:
        is_theirs = asked.asked_by != scene.request.requester
        is_revoked = asked.state is AuthorizationState.REVOKED
        if is_revoked or (is_theirs and asked.state in TOLD):
            searched = scene.was_searched(asked)
            view = seen(asked, outlook.repositories, searched=searched)
            said = views.told_examiners(view, outlook.zone)
            key = f"{asked.id}/told_examiners/{asked.state}"
            yield Wanted(key, outlook.rooms.examiners, said)


def _stage(scene: Scene, examination: Examination) -> Stage:
    request = scene.request
    if examination.submitted_at is not None:
        return Stage.SUBMITTED
    is_up = request.state is examination.seat.open_in
    if not is_up or request.round != examination.round:
        return Stage.CLOSED
    if examination.left_at is not None:
        return Stage.CLOSED
    if examination.examiner is not None:
        return Stage.TAKEN
    probe = scene.pictures.get(probe_key(examination.id))
    return Stage.WAITING if probe and probe.shared_at else Stage.PREPARING


def _is_anything_removed(scene: Scene, examination: Examination) -> bool:
    """What has to be there next: the candidates once they are drawn, before that the probe."""
    sheets = _sheet_keys(examination)
    is_drawn = any(key in scene.pictures for key in sheets)
    wanted = sheets if is_drawn else [probe_key(examination.id)]
    return any(scene.removed(key) for key in wanted)


def _sheet_keys(examination: Examination) -> list[str]:
    return [sheet_key(examination.id, candidate) for candidate in examination.order]


def _uploads(scene: Scene, examination: Examination) -> list[tuple[str, ...]]:
    """The candidates in the thread, ten a message: the photographs, then the sheets."""
    photographs = [photo_key(examination.id, c) for c in examination.order]
    groups = [*_tens(photographs), *_tens(_sheet_keys(examination))]
    return [wanted for group in groups if (wanted := scene.not_gone(group))]


def _details(scene: Scene, examination: Examination) -> list[tuple[str, ...]]:
    """The sheets part by part, each followed by its blink, ten a message."""
    keys = [
        key(examination.id, candidate)
        for candidate in examination.order
        for key in (detail_key, blink_key)
    ]
    return [wanted for group in _tens(keys) if (wanted := scene.not_gone(group))]


def _tens(keys: Sequence[str]) -> list[Sequence[str]]:
    size = PICTURES_PER_MESSAGE
    return [keys[start : start + size] for start in range(0, len(keys), size)]


def _page(
    scene: Scene,
    examination: Examination,
    stage: Stage,
    candidates: Sequence[str],
    exceptional: Exceptional | None,
) -> views.CandidatePage | None:
    """Up to five candidates; None while their pictures are still under way."""
    tiles = []
    for candidate in candidates:
        picture = scene.pictures.get(sheet_key(examination.id, candidate))
        if picture is None or picture.shared_at is None:
            return None
        tiles.append(
            views.CandidateTile(
                label=examination.label_of(candidate),
                picture=scene.shown(picture.key),
                removed=scene.gone(picture),
            )
        )
    return views.CandidatePage(
        number=scene.request.id,
        examination=examination.id,
        version=examination.version,
        stage=stage,
        candidates=tuple(tiles),
        exceptional=exceptional,
    )
