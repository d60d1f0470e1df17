"""What was given up and is still wanted: drawing that failed, messages Slack did not take."""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.casework.standing import standing_of
from bot.domain.pictures import Standing, is_over
from bot.domain.requests import FaceRequest
from bot.domain.sendings import Sending, SendingKind
from bot.domain.work import WorkItem, WorkKind
from bot.domain.workflow import WITH_LEAD, State
from storage.database import Snapshot, Transaction


@dataclass(frozen=True, slots=True)
class Failures:
    work: tuple[WorkItem, ...]
    sendings: tuple[Sending, ...]

    def __bool__(self) -> bool:
        return bool(self.work or self.sendings)

    def facts(self) -> dict[str, object]:
        return {
            "work": [f"{item.kind} {item.subject}".strip() for item in self.work],
            "cards": [sending.card for sending in self.sendings],
        }


async def find_failures(snapshot: Snapshot, request: FaceRequest) -> Failures:
    """A search that failed is none of these: that is a state of the request."""
    work = await snapshot.work.given_up(request.id)
    sendings = await snapshot.outbox.given_up(request.id)
    standing = await standing_of(snapshot, request)
    return Failures(
        tuple(item for item in work if _is_wanted(item, standing)),
        tuple(sending for sending in sendings if _is_missing(sending, standing)),
    )


_OF_EXAMINATION = (WorkKind.DRAW_ALONE, WorkKind.DRAW, WorkKind.DRAW_SUBJECTS)


def _is_wanted(item: WorkItem, standing: Standing) -> bool:
    request = standing.request
    if item.kind is WorkKind.DRAW_PROBE:
        return item.subject in standing.undecided
    if item.kind is WorkKind.DRAW_LEAD:
        return request.state in WITH_LEAD
    if item.kind is WorkKind.DRAW_UNMASKED:
        is_checking = request.state is State.CONTEXT_CHECK
        return is_checking and item.subject.split("/")[0] in standing.compared
    is_open = not request.state.is_final and item.subject not in standing.closed
    return item.kind in _OF_EXAMINATION and is_open


def _is_missing(sending: Sending, standing: Standing) -> bool:
    """The card that tells of failures cannot tell of its own; of removals there is an alert."""
    if sending.kind is SendingKind.UPLOAD:
        return not any(is_over(key, standing) for key in sending.pictures)
    return (
        sending.kind is not SendingKind.REMOVE_FILE
        and sending.card != f"{standing.request.id}/failed"
    )


async def try_again(
    tx: Transaction, request: FaceRequest, failures: Failures, now: datetime
) -> None:
    """Queue the work anew, and let the next redraw send what is missing."""
    for item in failures.work:
        await tx.work.add(
            item.kind, request.id, item.subject, priority=item.priority, now=now
        )
    for sending in failures.sendings:
        await tx.outbox.drop(sending.id)
        if (card := await tx.cards.find(sending.card)) is not None:
            await tx.cards.put(replace(card, digest=""))
    await tx.requests.touch(request.id)
