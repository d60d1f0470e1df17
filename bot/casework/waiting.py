"""Reads from the record what waits, and has reminders drawn that are due and not yet told."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from bot.casework.seating import parts_for
from bot.domain.actors import Part
from bot.domain.addresses import context_key, examiner_key
from bot.domain.authorizations import AuthorizationState
from bot.domain.corroborations import BareLead
from bot.domain.examinations import Examination, Seat
from bot.domain.pictures import COMMANDERS, review_key
from bot.domain.queue import Reminder, Task, Timers, Told, Waiting, reminders_due
from bot.domain.requests import FaceRequest
from bot.domain.workflow import State
from storage.database import Database, Snapshot

_TASKS = {
    State.SUPERVISOR_REVIEW: Task.RULE,
    State.SIGN_OFF: Task.SIGN,
    State.REPEAT_REVIEW: Task.REPEAT,
    State.SEARCH_FAILED: Task.RETRY,
    State.CONTEXT_CHECK: Task.CONTEXT,
    State.FACE_CHOICE: Task.CHOOSE_FACE,
    State.RELEASED: Task.ACKNOWLEDGE,
}
_OPEN = [state for state in State if not state.is_final or state is State.RELEASED]


async def everything(snapshot: Snapshot, bare_since: datetime) -> list[Waiting]:
    """Of every request. Of a lead opened at ``bare_since`` or before, independent evidence is overdue."""
    requests = await snapshot.requests.in_states(*_OPEN)
    found = [one for request in requests for one in await waiting_on(snapshot, request)]
    for asked in await snapshot.authorizations.open():
        if asked.state is AuthorizationState.PENDING:
            request = await snapshot.requests.get(asked.request_id)
            found.append(
                Waiting(
                    request.id,
                    asked.id,
                    Task.AUTHORIZE,
                    asked.asked_at,
                    request.asked.category.priority,
                    f"{asked.id}/{COMMANDERS}",
                    parts=await snapshot.requests.parts(request.id),
                )
            )
    return [*found, *_bare(await snapshot.leads.bare(), bare_since)]


def _bare(leads: Sequence[BareLead], since: datetime) -> Iterator[Waiting]:
    for lead in leads:
        task = Task.ARREST if lead.arrest else Task.CORROBORATE
        yield Waiting(
            lead.request_id,
            lead.request_id,
            task,
            lead.acknowledged_at,
            lead.category.priority,
            _own_card(lead.request_id),
            lead.requester,
            frozenset({(lead.requester, Part.REQUESTER)}),
            overdue=lead.arrest or lead.acknowledged_at <= since,
        )


def _own_card(id: str) -> str:
    return f"{id}/requester"


async def waiting_on(snapshot: Snapshot, request: FaceRequest) -> list[Waiting]:
    """What waits on one request, apart from questions for another repository: at most one thing."""
    examinations = await snapshot.examinations.of(request.id, request.round)
    priority = request.asked.category.priority
    parts = await snapshot.requests.parts(request.id)
    open_ones = [one for one in examinations if _is_open(one, request)]
    if open_ones:
        one = open_ones[-1]
        task = Task.TAKE if one.examiner is None else Task.SUBMIT
        if one.examiner is None:
            parts = await parts_for(snapshot, one)
        since, card = one.taken_at or one.opened_at, f"{one.id}/root"
        return [
            Waiting(
                request.id, one.id, task, since, priority, card, one.examiner, parts
            )
        ]
    if (found := _TASKS.get(request.state)) is None:
        return []
    since = request.moved_at or request.submitted_at
    first = next(
        (e for e in examinations if e.seat is Seat.FIRST and e.submitted_at), None
    )
    about, holder = request.id, None
    if found is Task.CONTEXT and first is not None:
        about, holder = first.id, first.examiner
    if found in (Task.CHOOSE_FACE, Task.ACKNOWLEDGE):
        holder = request.requester
    card = context_key(about) if found is Task.CONTEXT else _card(found, request)
    return [
        Waiting(request.id, about, found, since, priority, card, holder, parts),
    ]


def _is_open(examination: Examination, request: FaceRequest) -> bool:
    return (
        examination.seat.open_in is request.state
        and examination.submitted_at is None
        and examination.left_at is None
        and bool(examination.order)
    )


def _card(task: Task, request: FaceRequest) -> str:
    """The key of the card, as its scene names it."""
    match task:
        case Task.RULE:
            return review_key(request.id, request.round)
        case Task.SIGN:
            return f"{request.id}/sign_off"
        case Task.REPEAT:
            return f"{request.id}/repeat"
        case Task.RETRY:
            return f"{request.id}/failed"
        case _:
            return _own_card(request.id)


def reminder_key(reminder: Reminder, round: int) -> str:
    """The key of its card: whatever is posted under it is posted once, whoever restarts."""
    waiting, place = reminder.waiting, reminder.place
    about = f"reminder/{waiting.task}/{place}"
    if reminder.told is Told.HOLDER:
        return examiner_key(waiting.about, about)
    if waiting.about == waiting.request_id:
        about = f"{about}/{round}"
    return f"{waiting.about}/{about}/{reminder.told}"


async def remind(db: Database, timers: Timers, now: datetime) -> None:
    """Have the cards redrawn of every request of which a reminder is due and not yet told."""
    async with db.snapshot() as snapshot:
        due = [
            request.id
            for request in await snapshot.requests.in_states(*_OPEN)
            if await _is_due(snapshot, request, timers, now)
        ]
    for id in due:
        async with db.transaction() as tx:
            await tx.requests.touch(id)


async def _is_due(
    snapshot: Snapshot, request: FaceRequest, timers: Timers, now: datetime
) -> bool:
    for waiting in await waiting_on(snapshot, request):
        for reminder in reminders_due(waiting, timers, now):
            key = reminder_key(reminder, request.round)
            if await snapshot.cards.find(key) is None:
                return True
    return False
