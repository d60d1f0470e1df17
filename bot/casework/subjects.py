"""All photographs of one subject on a sheet: of whom there has to be one, and of which photographs (policy 1.8)."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from bot.casework.standing import standing_of
from bot.domain.examinations import Examination
from bot.domain.photographs import Photograph
from bot.domain.pictures import is_over, subjects_of, unmasked_of
from bot.domain.requests import FaceRequest
from bot.domain.sealings import SealedMeanwhile
from bot.domain.sendings import Picture
from bot.domain.work import WorkKind
from storage.database import Snapshot, Transaction


async def showable(snapshot: Snapshot, listed: Photograph) -> list[Photograph]:
    """What the repository that was searched holds of this subject, newest first: as in a search,
    nothing that is sealed, and nobody under 18."""
    held = await snapshot.photographs.of_subject(listed.repository, listed.subject_id)
    ids = [one.id for one in held]
    minors = await snapshot.photographs.minors(ids)
    forbidden = await snapshot.sealings.forbidden(
        ids, [one.sha256 for one in held], [one.arrest_number for one in held]
    )
    return [
        one
        for one in held
        if one.id not in minors
        and not forbidden.covers(one.id, one.sha256, one.arrest_number)
    ]


async def lacking(snapshot: Snapshot, examination: Examination) -> list[str]:
    """The candidates of several photographs without a sheet of them (any more), in the examiner's order.

    One photograph is on the other sheets already.
    """
    there = await _drawn(snapshot, examination, subjects_of(examination.id))
    drawn = {picture.key.split("/")[-1] for picture in there}
    listed = await snapshot.searches.candidates(examination.search_id)
    several = await snapshot.photographs.of_several([one.photo_id for one in listed])
    wanted = {one.id for one in listed if one.photo_id in several} - drawn
    return [id for id in examination.order if id in wanted]


async def unmasked(
    snapshot: Snapshot, examination: Examination, candidate_id: str
) -> list[Picture]:
    """The sheet with the state of each arrest, if it is drawn and nothing on it is sealed."""
    there = await _drawn(snapshot, examination, unmasked_of(examination.id))
    return [one for one in there if one.key.split("/")[-1] == candidate_id]


async def _drawn(
    snapshot: Snapshot, examination: Examination, start: str
) -> list[Picture]:
    pictures = await snapshot.pictures.of(examination.request_id)
    sealed = await snapshot.pictures.sealed(examination.request_id)
    return [
        picture
        for key, picture in sorted(pictures.items())
        if key.startswith(start) and key not in sealed
    ]


async def draw(
    tx: Transaction, request: FaceRequest, examination: Examination, now: datetime
) -> None:
    """Have drawn what is lacking, after what was asked for before."""
    if await lacking(tx, examination):
        await _add(tx, WorkKind.DRAW_SUBJECTS, request, examination.id, now)


async def draw_unmasked(
    tx: Transaction,
    request: FaceRequest,
    examination_id: str,
    candidate_id: str,
    now: datetime,
) -> None:
    subject = f"{examination_id}/{candidate_id}"
    await _add(tx, WorkKind.DRAW_UNMASKED, request, subject, now)


async def _add(
    tx: Transaction, kind: WorkKind, request: FaceRequest, subject: str, now: datetime
) -> None:
    priority = request.asked.category.priority
    await tx.work.add(kind, request.id, subject, priority=priority, now=now)


async def check_held(tx: Transaction, photo_ids: Collection[str]) -> None:
    """Raise SealedMeanwhile if one of these was sealed while a sheet of it was drawn."""
    ids = sorted(photo_ids)
    held = await tx.photographs.some(ids)
    forbidden = await tx.sealings.forbidden(ids, (), ())
    if forbidden.photo_ids or len(held) < len(ids):
        raise SealedMeanwhile("A photograph was sealed while it was drawn.")


async def draw_anew(
    tx: Transaction, request_id: str, pictures: Sequence[Picture], now: datetime
) -> bool:
    """Take these sheets of one request away, since a photograph on each has been sealed; have those
    that somebody still looks at drawn without it. True if there were any."""
    request = await tx.requests.get(request_id)
    await tx.requests.touch(request_id)
    standing = replace(await standing_of(tx, request), sealed=frozenset())
    wanted = [one.key for one in pictures if not is_over(one.key, standing)]
    for key in wanted:
        examination_id, candidate_id = key.split("/")[0], key.split("/")[-1]
        if key.startswith(unmasked_of(examination_id)):
            await draw_unmasked(tx, request, examination_id, candidate_id, now)
        else:
            await _add(tx, WorkKind.DRAW_SUBJECTS, request, examination_id, now)
    return bool(wanted)
