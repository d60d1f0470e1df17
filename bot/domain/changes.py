"""Governed changes: what decides who is found is changed by two people, never by one (policy 2.4, R16; A28)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.domain.actors import Actor, Role, check_holds
from bot.errors import NotPermitted, Refusal

WHY_MIN = 20
WHY_MAX = 2000
AT_START = "administrator of this start"
"""Who proposes when a start finds another value in its settings than the one in force."""


class ChangeKind(StrEnum):
    MODEL = "model"
    """Another model's gallery becomes the one that is searched, or an earlier one does again."""
    SETTING = "setting"
    """A setting that decides who is listed or how a list is judged."""


class ChangeState(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class ChangeStep(StrEnum):
    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


_NEXT: dict[tuple[ChangeState, ChangeStep], ChangeState] = {
    (ChangeState.PENDING, ChangeStep.APPROVE): ChangeState.APPROVED,
    (ChangeState.PENDING, ChangeStep.REFUSE): ChangeState.REFUSED,
    (ChangeState.PENDING, ChangeStep.WITHDRAW): ChangeState.WITHDRAWN,
}


class ChangeOver(Refusal):
    """It was decided on, or taken back, before."""

    rule = "CHANGE_OVER"


@dataclass(frozen=True, slots=True)
class Change:
    """``subject`` is a repository or the name of a setting."""

    id: str
    kind: ChangeKind
    subject: str
    before: Mapping[str, object]
    after: Mapping[str, object]
    why: str
    proposed_by: str
    proposed_at: datetime
    state: ChangeState = ChangeState.PENDING
    decided_by: str | None = None
    decided_by_account: str = ""
    decided_at: datetime | None = None
    reason: str = ""
    version: int = 1

    def take(self, step: ChangeStep) -> "Change":
        """Return this change one step on; the original stays as it was."""
        if (after := _NEXT.get((self.state, step))) is None:
            raise ChangeOver(f"Change {self.id} is {self.state} already.")
        return replace(self, state=after, version=self.version + 1)

    def decided(
        self, step: ChangeStep, actor: Actor, reason: str, now: datetime
    ) -> "Change":
        return replace(
            self.take(step),
            decided_by=actor.person,
            decided_by_account=actor.slack_user,
            decided_at=now,
            reason=reason.strip(),
        )


def check_may_propose(actor: Actor) -> None:
    """A badge alone is not enough: it has to be that of somebody who runs or supervises the unit."""
    if not (actor.holds(Role.ADMINISTRATOR) or actor.holds(Role.SUPERVISOR)):
        raise NotPermitted(
            "Only an administrator or a supervisor proposes a change.",
            rule="ROLE_REQUIRED",
        )


def check_words(text: str) -> None:
    """Refuse a reason that says too little, or more than a card can show."""
    if not WHY_MIN <= len(text.strip()) <= WHY_MAX:
        raise Refusal(
            f"Say why in {WHY_MIN} to {WHY_MAX} characters.", rule="REASON_LENGTH"
        )


def check_is_second(change: Change, actor: Actor) -> None:
    """A supervisor other than whoever proposed it, by badge: another account of one person is no
    second person (policy 7, A2 and A28). What a start proposes stands in settings that any administrator
    can write, so no administrator is a second person to it."""
    check_holds(actor, Role.SUPERVISOR, "decides on a change")
    if actor.person == change.proposed_by:
        raise NotPermitted(
            "You proposed this change, so another supervisor must decide on it.",
            rule="SEPARATION_OF_DUTIES",
        )
    if change.proposed_by == AT_START and actor.holds(Role.ADMINISTRATOR):
        raise NotPermitted(
            "This change stood in the settings of a start, which any administrator may have written, and you "
            "are one. A supervisor who is no administrator must decide on it.",
            rule="SEPARATION_OF_DUTIES",
        )


def arrows() -> list[tuple[ChangeState, ChangeStep, ChangeState]]:
    """Every step there is, to draw it and to compare with a drawing."""
    return [(start, step, end) for (start, step), end in _NEXT.items()]
