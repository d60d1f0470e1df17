"""What was asked, by whom, and where it stands."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.actors import Actor, Role, check_holds
from bot.domain.purposes import OffenseCategory, ProbeSource, Purpose
from bot.domain.workflow import State, Step, next_state
from bot.errors import NotPermitted


class Outcome(StrEnum):
    """How a request ended."""

    RELEASED = "released"
    NO_POSSIBLE_MATCH = "no possible match"
    UNSUITABLE_PROBE = "unsuitable probe"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    HELD = "held"
    RECALLED = "recalled"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the requester entered, checked; it never changes afterwards (policy 7, A23)."""

    case_number: str
    category: OffenseCategory
    purpose: Purpose
    particulars: tuple[tuple[str, str], ...]
    factual_basis: str
    source: ProbeSource
    attested: tuple[str, ...]
    image_file: str  # Slack's id of the uploaded still
    list_length: int  # N, fixed before the search (policy 3.5)


@dataclass(frozen=True, slots=True)
class FaceRequest:
    """One request; every step returns the next version of it."""

    id: str
    asked: Asked
    requester: str
    requester_account: str  # the Slack user id that asked, for direct messages
    channel: str
    submitted_at: datetime
    state: State = State.RECEIVED
    round: int = 1
    reason: str = ""  # in the requester's words: why it ended, or what is wanted
    closed_at: datetime | None = None
    moved_at: datetime | None = None  # since when it stands where it stands
    version: int = 1

    def take(self, step: Step, now: datetime, *, reason: str = "") -> "FaceRequest":
        """Return this request one step on; raise IllegalStep where the drawing has no arrow."""
        after = next_state(self.state, step)
        return replace(
            self,
            state=after,
            reason=reason,
            round=self.round + (step in _NEW_ROUND),
            closed_at=(self.closed_at or now) if after.is_final else None,
            moved_at=now,
            version=self.version + 1,
        )

    def stood_for(self, long: timedelta, now: datetime) -> bool:
        """Whether it has stood where it stands for so long."""
        return now >= (self.moved_at or self.submitted_at) + long

    @property
    def outcome(self) -> Outcome | None:
        return _OUTCOMES.get(self.state)


# Whoever compares in a new round has not seen what was compared before.
_NEW_ROUND = (
    *(Step.RETURN, Step.SEARCH_OTHER, Step.SEARCH_DERIVATIVE),
    *(Step.REOPEN, Step.RESUME),
)

_OUTCOMES = {
    State.RELEASED: Outcome.RELEASED,
    State.ACKNOWLEDGED: Outcome.RELEASED,
    State.CORROBORATED: Outcome.RELEASED,
    State.NO_POSSIBLE_MATCH: Outcome.NO_POSSIBLE_MATCH,
    State.UNSUITABLE: Outcome.UNSUITABLE_PROBE,
    State.REFUSED: Outcome.REFUSED,
    State.WITHDRAWN: Outcome.WITHDRAWN,
    State.HELD: Outcome.HELD,
    State.RECALLED: Outcome.RECALLED,
}


def check_is_requester(request: FaceRequest, actor: Actor) -> None:
    """Refuse everybody but the person who asked."""
    check_holds(actor, Role.REQUESTER, "does this")
    if actor.person != request.requester:
        raise NotPermitted("This is another requester's request.", rule="NOT_YOURS")
