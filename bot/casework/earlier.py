"""Reads what was said on a request before its present opinions: in earlier rounds, and in sittings that
somebody gave up or was taken from."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.candidates import Disposition
from bot.domain.context import ContextCheck
from bot.domain.earlier import Before, EarlierOpinion
from bot.domain.examinations import Examination, HandBack
from bot.domain.requests import FaceRequest
from storage.database import Snapshot


@dataclass(frozen=True, slots=True)
class Sitting:
    """One earlier examination with all that was saved in it; ``left`` if it was never submitted."""

    examination: Examination
    dispositions: dict[str, Disposition]
    left: HandBack | None


async def sittings_before(snapshot: Snapshot, request: FaceRequest) -> list[Sitting]:
    """Oldest first; without those in which nobody sat."""
    ended = await snapshot.examinations.hand_backs(request.id)
    left = {one.examination_id: one for one in ended}
    return [
        Sitting(
            examination,
            await snapshot.examinations.dispositions(examination.id),
            left.get(examination.id),
        )
        for examination in await snapshot.examinations.of(request.id)
        if examination.examiner is not None
        and (examination.round != request.round or examination.left_at is not None)
    ]


async def before(
    snapshot: Snapshot, request: FaceRequest, repository: str, subject_id: str
) -> Before:
    """All of it that is about one subject of one repository, on whichever list."""
    same = await _candidates_of(snapshot, request, repository, subject_id)
    opinions = [
        EarlierOpinion(sitting.examination, said)
        for sitting in await sittings_before(snapshot, request)
        for listed, said in sitting.dispositions.items()
        if listed in same
    ]
    checks: list[ContextCheck] = []
    for round in range(1, request.round):
        checked = await snapshot.contexts.of(request.id, round)
        checks += [one for listed, one in checked.items() if listed in same]
    return Before(tuple(opinions), tuple(checks))


async def _candidates_of(
    snapshot: Snapshot, request: FaceRequest, repository: str, subject_id: str
) -> set[str]:
    same = set()
    for search in await snapshot.searches.of(request.id):
        gallery = await snapshot.galleries.get(search.gallery_version)
        if gallery.repository == repository:
            listed = await snapshot.searches.candidates(search.id)
            same |= {c.id for c in listed if c.subject_id == subject_id}
    return same


async def answers_before(
    snapshot: Snapshot, request_id: str, until: datetime | None = None
) -> tuple[tuple[str, str], ...]:
    """Which requests this one repeats, oldest first, each with its answer, or what that was ``until`` then."""
    return tuple(
        [
            (repeat.earlier_id, await _answer(snapshot, repeat.earlier_id, until))
            for repeat in await snapshot.prints.repeats(request_id)
        ]
    )


async def _answer(snapshot: Snapshot, id: str, until: datetime | None) -> str:
    lead = await snapshot.leads.find(id)
    if lead is not None and (until is None or lead.released_at <= until):
        return "a lead"
    ended = [search.concluded_at for search in await snapshot.searches.of(id)]
    if any(at is not None and (until is None or at <= until) for at in ended):
        return "no possible match"
    return "no answer"
