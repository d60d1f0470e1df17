"""Requests in any state, with as much behind them as that state needs; no bot, no faces."""

from dataclasses import replace
from enum import Enum

from bot.domain.candidates import Conclusion
from bot.domain.examinations import Seat
from bot.domain.pictures import probe_key, sheet_key
from bot.domain.requests import FaceRequest
from bot.domain.workflow import WITH_LEAD, State
from storage.database import Database, Transaction
from tests.builders import (
    ELLIS,
    NOON,
    PAT,
    a_context_check,
    a_face,
    a_gallery,
    a_lead,
    a_photograph,
    a_picture,
    a_probe,
    a_request,
    a_search,
    an_analysis,
    an_examination,
    an_opinion,
    candidates,
)

THEA = "B-8103"  # the third examiner
SUPPORTED = {"C-1": Conclusion.STRONG_SUPPORT_SAME}


class Progress(Enum):
    """How far one examination is."""

    ABSENT = -1
    OPEN = 0
    SEATED = 3  # taken, and the probe not yet analysed
    TAKEN = 1
    DONE = 2


async def a_case(
    db: Database,
    state: State,
    *,
    number: int = 1,
    first: Progress = Progress.DONE,
    peer: Progress = Progress.DONE,
    third: Progress = Progress.ABSENT,
    shown: bool = True,
    cleared: bool = False,
) -> FaceRequest:
    """One request; ``C-1`` is what both examiners support. Its ids carry its number.

    Its pictures are in Slack if ``shown``, once ``cleared`` only those of comparisons under way.
    """
    request = a_request(id=f"FIS-2026-{number:06d}", state=state)
    async with db.transaction() as tx:
        if number == 1:
            await _add_gallery(tx)
        await tx.requests.add(request)
        faces = (a_face(index=0), a_face(index=1))
        await tx.probes.add(a_probe(request_id=request.id, faces=faces))
        listed = [
            replace(c, id=f"{c.id}/{number}", search_id=f"S-{number}", photo_id="P-1")
            for c in candidates(3)
        ]
        await tx.searches.add(a_search(id=f"S-{number}", request_id=request.id), listed)
        seats = ((Seat.FIRST, first), (Seat.PEER, peer), (Seat.THIRD, third))
        for seat, progress in seats:
            if progress is not Progress.ABSENT:
                await _add_examination(tx, request, number, seat, progress)
                is_there = shown and not (cleared and progress is not Progress.TAKEN)
                await _add_pictures(tx, request, number, seat, shown, is_there)
        if state in (State.SUPERVISOR_REVIEW, *WITH_LEAD):
            checked = a_context_check(
                request_id=request.id, candidate_id=f"C-1/{number}"
            )
            await tx.contexts.add(checked)
        if state in WITH_LEAD:
            lead = a_lead(request_id=request.id, candidate_id=f"C-1/{number}")
            await tx.leads.add(replace(lead, photo_id="P-1"))
    return request


async def _add_gallery(tx: Transaction) -> None:
    await tx.galleries.add(a_gallery())
    await tx.photographs.add(a_photograph(id="P-1"))


async def _add_examination(
    tx: Transaction, request: FaceRequest, number: int, seat: Seat, progress: Progress
) -> None:
    taken, done = progress is not Progress.OPEN, progress is Progress.DONE
    who = {Seat.FIRST: ELLIS, Seat.PEER: PAT, Seat.THIRD: THEA}[seat]
    examination = an_examination(
        id=examination_id(number, seat),
        request_id=request.id,
        search_id=f"S-{number}",
        seat=seat,
        order=tuple(f"C-{n}/{number}" for n in (1, 2, 3)),
        examiner=who if taken else None,
        taken_at=NOON if taken else None,
        submitted_at=NOON if done else None,
    )
    await tx.examinations.add(examination)
    if taken and progress is not Progress.SEATED:
        await tx.analyses.add(an_analysis(examination_id=examination.id))
        for disposition in an_opinion(SUPPORTED).values():
            id = f"{disposition.candidate_id}/{number}"
            await tx.examinations.dispose(
                examination.id, replace(disposition, candidate_id=id)
            )


async def _add_pictures(
    tx: Transaction,
    request: FaceRequest,
    number: int,
    seat: Seat,
    is_probe_there: bool,
    are_sheets_there: bool,
) -> None:
    examination = examination_id(number, seat)
    sheets = [sheet_key(examination, f"C-{n}/{number}") for n in (1, 2, 3)]
    for n, id in enumerate([probe_key(examination), *sheets]):
        picture = a_picture(key=id, request_id=request.id, card=id)
        is_there = are_sheets_there if n else is_probe_there
        await tx.pictures.add(
            replace(
                picture,
                slack_file=f"F-{n}",
                shared_at=NOON,
                removed_at=None if is_there else NOON,
            )
        )


def examination_id(number: int, seat: Seat) -> str:
    return f"EX-{number}-{seat}"
