"""A commander's permission to search one exceptional repository once (policy 6.4; 7, A12 to A15)."""

import hashlib
import hmac
import json
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from bot.domain.actors import (
    Actor,
    Part,
    Role,
    check_certified,
    check_holds,
    check_plays_no_part,
)
from bot.domain.audit import Verb
from bot.domain.repositories import Repositories
from bot.domain.requests import FaceRequest
from bot.domain.workflow import State
from bot.errors import NotPermitted, Refusal

HOURS_DEFAULT = 72
HOURS_MAX = 14 * 24
REASON_MIN = 20
TEXT_MIN = 20
TEXT_MAX = 1500
TEAM_MAX = 20
"""How many can be named on one request as working its case: a commander reads all of them."""
REMINDERS = (timedelta(hours=24), timedelta(hours=4))
"""How long before an expiry those who can still act are reminded."""


class AuthorizationState(StrEnum):
    PENDING = "pending"
    GRANTED = "granted"
    RUNNING = "running"  # its one search has been ordered
    CONSUMED = "consumed"
    DENIED = "denied"
    EXPIRED = "expired"
    REVOKED = "revoked"
    WITHDRAWN = "withdrawn"

    @property
    def is_open(self) -> bool:
        """Something can still come of it without anybody asking anew."""
        return self in _OPEN


class AuthorizationStep(StrEnum):
    GRANT = "grant"
    DENY = "deny"
    EXPIRE = "expire"
    START = "start"
    CONSUME = "consume"
    REVOKE = "revoke"
    WITHDRAW = "withdraw"


_OPEN = frozenset(
    {
        AuthorizationState.PENDING,
        AuthorizationState.GRANTED,
        AuthorizationState.RUNNING,
    }
)

_NEXT: dict[tuple[AuthorizationState, AuthorizationStep], AuthorizationState] = {
    (AuthorizationState.PENDING, AuthorizationStep.GRANT): AuthorizationState.GRANTED,
    (AuthorizationState.PENDING, AuthorizationStep.DENY): AuthorizationState.DENIED,
    (AuthorizationState.GRANTED, AuthorizationStep.START): AuthorizationState.RUNNING,
    (AuthorizationState.RUNNING, AuthorizationStep.CONSUME): AuthorizationState.CONSUMED,
    (AuthorizationState.GRANTED, AuthorizationStep.REVOKE): AuthorizationState.REVOKED,
    (AuthorizationState.RUNNING, AuthorizationStep.REVOKE): AuthorizationState.REVOKED,
    (AuthorizationState.CONSUMED, AuthorizationStep.REVOKE): AuthorizationState.REVOKED,
    **{
        (state, AuthorizationStep.EXPIRE): AuthorizationState.EXPIRED for state in _OPEN
    },
    **{
        (state, AuthorizationStep.WITHDRAW): AuthorizationState.WITHDRAWN
        for state in _OPEN
    },
}  # fmt: skip


def arrows() -> tuple[
    tuple[AuthorizationState, AuthorizationStep, AuthorizationState], ...
]:
    """Every arrow of the machine, for the drawing in the documents; always in the same order."""
    return tuple(
        (state, step, _NEXT[state, step])
        for state in AuthorizationState
        for step in AuthorizationStep
        if (state, step) in _NEXT
    )


def stepped(
    before: AuthorizationState | None, after: "Authorization"
) -> dict[str, object]:
    """Facts of an act that moved an authorization; what is asked for comes from nowhere."""
    return {"from": before, "to": after.state}


class NotInForce(NotPermitted):
    """An authorization was to be used that does not allow it: supervisors are told (A12)."""

    rule = "AUTHORIZATION_NOT_IN_FORCE"


@dataclass(frozen=True, slots=True)
class Grounds:
    """What was written when it was asked for (policy 6.4, content).

    ``futile`` says why arrest photographs need not be searched first, where they were not;
    ``new_facts`` what has changed since it was denied or revoked; ``team`` the persons who work the
    case.
    """

    need: str
    why_not_standard: str
    why_this_repository: str
    legal_basis: str
    data_sharing_basis: str
    command: str
    futile: str = ""
    new_facts: str = ""
    team: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Authorization:
    """One request, one case, one face of one probe, one repository, one run, one expiry.

    While it is pending, ``expires_at`` is when the question lapses; a grant sets its own. ``told``
    are the accounts of the commanders who were asked.
    """

    id: str
    request_id: str
    case_number: str
    probe_sha256: str
    face_index: int
    repository: str
    grounds: Grounds
    asked_by: str
    asked_by_account: str
    asked_at: datetime
    expires_at: datetime
    told: tuple[str, ...] = ()
    face_place: str = ""  # digest of where on the image the face is
    state: AuthorizationState = AuthorizationState.PENDING
    decided_by: str | None = None
    decided_by_account: str = ""
    decided_title: str = ""  # of the office
    decided_at: datetime | None = None
    reason: str = ""
    seal: str = ""
    ended_by: str | None = None
    ended_by_account: str = ""
    ended_at: datetime | None = None
    end_reason: str = ""
    version: int = 1

    def take(self, step: AuthorizationStep) -> "Authorization":
        """Return this authorization one step on; refuse where the drawing has no arrow."""
        if (after := _NEXT.get((self.state, step))) is None:
            raise Refusal(why_not(self), rule=f"AUTHORIZATION_{self.state.upper()}")
        return replace(self, state=after, version=self.version + 1)

    def decide(
        self,
        step: AuthorizationStep,
        actor: Actor,
        reason: str,
        now: datetime,
        expires_at: datetime | None = None,
    ) -> "Authorization":
        """Grant it until ``expires_at``, or deny it."""
        return replace(
            self.take(step),
            decided_by=actor.person,
            decided_by_account=actor.slack_user,
            decided_title=actor.title,
            decided_at=now,
            reason=reason.strip(),
            expires_at=expires_at or self.expires_at,
        )

    def end(
        self, step: AuthorizationStep, actor: Actor, reason: str, now: datetime
    ) -> "Authorization":
        """Expire, revoke or withdraw it."""
        return replace(
            self.take(step),
            ended_by=actor.person,
            ended_by_account=actor.slack_user,
            ended_at=now,
            end_reason=reason.strip(),
        )

    def reminders_due(self, now: datetime) -> tuple[timedelta, ...]:
        """Those whose moment has come; none that lies before the period began."""
        if self.state not in (AuthorizationState.PENDING, AuthorizationState.GRANTED):
            return ()
        began = self.decided_at or self.asked_at
        return tuple(
            before
            for before in REMINDERS
            if began < self.expires_at - before <= now < self.expires_at
        )


def why_not(authorization: Authorization) -> str:
    """What is told to whoever comes too late."""
    match authorization.state:
        case AuthorizationState.PENDING:
            return "No commander has decided this yet."
        case AuthorizationState.GRANTED | AuthorizationState.DENIED:
            done = authorization.state.value
            return f"This was {done} already, by the {authorization.decided_title}."
        case AuthorizationState.RUNNING:
            return "The one search this allows has been started already."
        case AuthorizationState.CONSUMED:
            return "The one search this allowed has been made: the authorization is consumed."
        case AuthorizationState.EXPIRED:
            return "This authorization has expired and must be asked for anew."
        case AuthorizationState.REVOKED:
            return "This authorization was revoked."
        case AuthorizationState.WITHDRAWN:
            return (
                "This is no longer wanted: it was withdrawn, or its request has ended."
            )


def seal(key: bytes, granted: Authorization) -> str:
    """HMAC-SHA-256 over everything a grant is bound to (policy 6.4, binding; RFC 2104)."""
    bound = {
        "authorization": granted.id,
        "request": granted.request_id,
        "case": granted.case_number,
        "probe_sha256": granted.probe_sha256,
        "face": granted.face_index,
        "face_place": granted.face_place,
        "repository": granted.repository,
        "approver": granted.decided_by,
        "title": granted.decided_title,
        "expires_at": granted.expires_at.astimezone(UTC).isoformat(),
    }
    text = json.dumps(bound, sort_keys=True, separators=(",", ":"))
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


# --- asking


def check_may_ask(request: FaceRequest, actor: Actor, now: datetime) -> None:
    """Only whoever made the request, or a certified examiner (policy 6.5)."""
    if actor.person == request.requester:
        check_holds(actor, Role.REQUESTER, "asks for another repository")
        return
    if not actor.holds(Role.EXAMINER):
        raise NotPermitted(
            "Only whoever made this request, or an examiner, asks for another repository.",
            rule="ROLE_REQUIRED",
        )
    check_certified(actor, now)


_IN_PROGRESS = (
    State.READY,
    State.SEARCHING,
    State.SEARCH_FAILED,
    State.EXAMINATION,
    State.PEER_REVIEW,
    State.THIRD_REVIEW,
    State.CONTEXT_CHECK,
    State.SUPERVISOR_REVIEW,
)


def can_be_asked(state: State) -> bool:
    """Whether another repository can be asked for at all, with a reason if need be."""
    return state is State.NO_POSSIBLE_MATCH or state in _IN_PROGRESS


def check_can_be_asked(state: State) -> None:
    if not can_be_asked(state):
        raise NotPermitted(
            "Another repository can be asked for while a request is in progress, or after it ended "
            "with no possible match.",
            rule="STATE",
        )


def check_order(state: State, grounds: Grounds) -> None:
    """Arrest photographs come first, unless it is said why that would be futile (policy 7, A15)."""
    check_can_be_asked(state)
    if state is not State.NO_POSSIBLE_MATCH and len(grounds.futile.strip()) < TEXT_MIN:
        raise NotPermitted(
            "The standard repository comes first: wait for its answer, or say in at least "
            f"{TEXT_MIN} characters why that search would be futile.",
            rule="STANDARD_FIRST",
        )


def check_grounds(grounds: Grounds) -> None:
    """Every statement has to be made (policy 6.4, content)."""
    for text, what in (
        (grounds.need, "the legitimate need"),
        (grounds.why_not_standard, "why arrest photographs do not suffice"),
        (grounds.why_this_repository, "why this repository"),
        (grounds.legal_basis, "the legal basis"),
        (grounds.data_sharing_basis, "the data-sharing basis"),
    ):
        if len(text.strip()) < TEXT_MIN:
            raise Refusal(
                f"Say {what} in at least {TEXT_MIN} characters.", rule="GROUNDS"
            )
        if len(text) > TEXT_MAX:
            raise Refusal(
                f"Say {what} in at most {TEXT_MAX} characters.", rule="GROUNDS"
            )
    if not grounds.command.strip():
        raise Refusal("Name the command that asks.", rule="GROUNDS")


_TURNED_DOWN = (AuthorizationState.DENIED, AuthorizationState.REVOKED)


class SettledElsewhere(Refusal):
    """Another request has the answer already; what it was is none of this one's business."""

    def __init__(self, rule: str, requests: Iterable[str]) -> None:
        super().__init__(
            "This cannot be asked with this image. Talk to your supervisor.", rule=rule
        )
        self.requests = tuple(dict.fromkeys(requests))


def check_scope_is_new(before: Iterable[Authorization], asked: Authorization) -> None:
    """One question at a time; a search made is not made again; after a denial or revocation it may
    be asked anew once, with new facts (policy 6.4, denial).

    ``before`` are those of the request and of others with the same image, oldest first: a denial is
    not undone by sending the still once more (policy 7, A21).
    """
    earlier = list(before)
    own = [one for one in earlier if one.request_id == asked.request_id]
    if any(one.state.is_open for one in own):
        raise Refusal(
            "Another repository has been asked for on this request already. Wait for that, or "
            "withdraw it.",
            rule="ALREADY_ASKED",
        )
    same = [one for one in earlier if _same_scope(one, asked)]
    _check_elsewhere([one for one in same if one.request_id != asked.request_id])
    _check_again([one for one in same if one.request_id == asked.request_id], asked)


def _check_elsewhere(others: Sequence[Authorization]) -> None:
    for states, rule in (
        ((AuthorizationState.CONSUMED,), "ALREADY_SEARCHED_ELSEWHERE"),
        (_TURNED_DOWN, "DENIED_ELSEWHERE"),
    ):
        if found := [one.request_id for one in others if one.state in states]:
            raise SettledElsewhere(rule, found)


def _check_again(same: Sequence[Authorization], asked: Authorization) -> None:
    """Whatever was asked after a denial was the second time, also if it was withdrawn or lapsed."""
    if any(one.state is AuthorizationState.CONSUMED for one in same):
        raise Refusal(
            "This repository has been searched with this image already. A search is not repeated "
            "until somebody is found.",
            rule="ALREADY_SEARCHED",
        )
    refused = min(filter(_is_turned_down, same), key=_settled_at, default=None)
    if refused is None:
        return
    settled = _settled_at(refused)
    if any(one is not refused and one.asked_at >= settled for one in same):
        raise Refusal(
            "This was denied or revoked, and asked once more since. It cannot be asked for again.",
            rule="DENIED_FOR_GOOD",
        )
    if len(asked.grounds.new_facts.strip()) < TEXT_MIN:
        raise Refusal(
            "This was denied or revoked before. It can be asked for once more, with new facts: say "
            f"in at least {TEXT_MIN} characters what has changed.",
            rule="NEW_FACTS",
        )


def _is_turned_down(one: Authorization) -> bool:
    return one.state in _TURNED_DOWN


def _settled_at(one: Authorization) -> datetime:
    """When it was denied or revoked."""
    return one.ended_at or one.decided_at or one.asked_at


def _same_scope(one: Authorization, other: Authorization) -> bool:
    return (one.probe_sha256, one.face_index, one.repository) == (
        other.probe_sha256,
        other.face_index,
        other.repository,
    )


def named_team(asked: Iterable[Authorization]) -> tuple[str, ...]:
    """Whoever was named as working the case, in any question of a request; each once."""
    return tuple(dict.fromkeys(person for one in asked for person in one.grounds.team))


def check_team(before: Iterable[Authorization], asked: Authorization) -> None:
    """Nobody chooses their commander: whoever has decided once is not named away, be it in a
    question for another repository, and nobody is hidden among many."""
    own = [one for one in before if one.request_id == asked.request_id]
    if len(named_team([*own, asked])) > TEAM_MAX:
        raise Refusal(
            f"At most {TEAM_MAX} persons in all can be named as working this case.",
            rule="TEAM_TOO_LARGE",
        )
    deciders = {one.decided_by for one in own}
    if deciders & {*asked.grounds.team}:
        raise Refusal(
            "A commander who has decided on this request before cannot be named as working the case. "
            "If that is so, tell your supervisor.",
            rule="TEAM_NAMES_DECIDER",
        )


# --- deciding


def can_decide(actor: Actor, asked_by: str, team: Set[str]) -> bool:
    """Whether this commander has no part in the case."""
    return (
        actor.holds(Role.COMMANDER)
        and actor.office is not None
        and actor.person != asked_by
        and actor.person not in team
    )


def check_may_decide(
    authorization: Authorization, actor: Actor, team: Set[str], now: datetime
) -> None:
    """Only one of the two offices, never anybody of the case, and only in time (A13)."""
    check_holds(actor, Role.COMMANDER, "decides on another repository")
    if actor.office is None:
        raise NotPermitted(
            "Only the two offices named by the policy decide on another repository.",
            rule="OFFICE_REQUIRED",
        )
    # Rank does not cure a conflict of interest: the other commander has to decide.
    if not can_decide(actor, authorization.asked_by, team):
        raise NotPermitted(
            "You are part of this case; the other commander decides it.",
            rule="SEPARATION_OF_DUTIES",
        )
    if (
        authorization.state is AuthorizationState.PENDING
        and now >= authorization.expires_at
    ):
        raise NotPermitted(
            "This question has expired and must be asked anew.",
            rule="AUTHORIZATION_EXPIRED",
        )


def check_decision(
    authorization: Authorization, case_number: str, reason: str, hours: int | None
) -> None:
    """The case number typed by hand, a reason, and for a grant its hours (policy 6.4, modal)."""
    check_typed(authorization, case_number)
    check_reason(reason)
    if hours is not None and not 1 <= hours <= HOURS_MAX:
        raise Refusal(
            f"An authorization lasts at least 1 and at most {HOURS_MAX} hours.",
            rule="EXPIRY_TOO_LONG",
        )


def check_typed(authorization: Authorization, case_number: str) -> None:
    """A commander who types the number has looked at which case it is."""
    if case_number.strip().upper() != authorization.case_number.upper():
        raise Refusal(
            "The case number you typed is not the one of this request. Nothing was decided.",
            rule="CASE_NUMBER_TYPED",
        )


def check_reason(reason: str) -> None:
    if len(reason.strip()) < REASON_MIN:
        raise Refusal(
            f"Give your reason in at least {REASON_MIN} characters.",
            rule="REASON_TOO_SHORT",
        )


def check_may_revoke(actor: Actor) -> None:
    """Either commander, or a supervisor; to stop something nobody is too close to the case."""
    if not actor.roles & {Role.COMMANDER, Role.SUPERVISOR}:
        raise NotPermitted(
            "Only a commander or a supervisor revokes an authorization.",
            rule="ROLE_REQUIRED",
        )


# --- using


_WANTED_IT = (Part.REQUESTER, Part.ASKER, Part.COMMANDER)


def check_may_start(
    actor: Actor, parts: frozenset[tuple[str, Part]], now: datetime
) -> None:
    """Only certified examiners search (policy 1.4, step 6), and nobody what they wanted or allowed."""
    check_holds(actor, Role.EXAMINER, "starts an authorized search")
    check_certified(actor, now)
    wanted = frozenset(played for played in parts if played[1] in _WANTED_IT)
    check_plays_no_part(actor, wanted, "start this search")


def check_on_file(repository: str, known: Repositories) -> None:
    """A grant outlives its repository's entry in the file, but does not open it any more."""
    if repository not in known.exceptional:
        raise NotInForce(
            "This repository is no longer on the file of repositories. Nothing was searched; the "
            "supervisors are told.",
            rule="REPOSITORY_GONE",
        )


def check_footing(repository: str, standard: str | None, *, authorized: bool) -> None:
    """Without an authorization the recorded standard repository alone is searched, and with one any
    but that: whatever the settings of whoever searches say."""
    if not authorized and repository != standard:
        raise NotInForce(
            "This is not the repository that is searched without an authorization. Nothing was "
            "searched; the supervisors are told.",
            rule="NOT_STANDARD",
        )
    if authorized and repository == standard:
        raise NotInForce(
            "The standard repository is not searched under an authorization. Nothing was searched; "
            "the supervisors are told.",
            rule="NOT_EXCEPTIONAL",
        )


@dataclass(frozen=True, slots=True)
class Use:
    """What an authorization is about to be used for."""

    request_id: str
    case_number: str
    probe_sha256: str
    face_index: int
    repository: str
    face_place: str = ""


def check_in_force(
    authorization: Authorization,
    use: Use,
    history: Sequence[Verb],
    key: bytes,
    now: datetime,
    *,
    state: AuthorizationState,
) -> None:
    """Refuse whatever the grant did not mean (policy 6.4, binding; 7, A12).

    ``history`` is what the audit log says of it: a row can be set back, the log cannot. ``state``
    is the one it has to be in: granted to be started, running to bring a result.
    """
    if authorization.state is not state:
        if state is AuthorizationState.GRANTED and _is_under_way(
            authorization, history
        ):
            raise NotPermitted(why_not(authorization), rule="AUTHORIZATION_RUNNING")
        raise NotInForce(
            why_not(authorization),
            rule=f"AUTHORIZATION_{authorization.state.upper()}",
        )
    if not hmac.compare_digest(seal(key, authorization), authorization.seal):
        raise NotInForce(
            "This authorization is not as it was granted. The supervisors are told.",
            rule="AUTHORIZATION_ALTERED",
        )
    _check_history(history, started=state is AuthorizationState.RUNNING)
    if now >= authorization.expires_at:
        raise NotInForce(
            "This authorization has expired and must be asked for anew.",
            rule="AUTHORIZATION_EXPIRED",
        )
    _check_scope(authorization, use)


def _is_under_way(authorization: Authorization, history: Sequence[Verb]) -> bool:
    """Whether row and log agree that somebody was quicker: a late click, and no attack."""
    return (
        authorization.state is AuthorizationState.RUNNING
        and Verb.AUTHORIZATION_GRANTED in history
        and history.count(Verb.AUTHORIZATION_STARTED) == 1
        and not _ENDS.keys() & {*history}
    )


def _check_history(history: Sequence[Verb], *, started: bool) -> None:
    for verb, rule in _ENDS.items():
        if verb in history:
            raise NotInForce(
                "By the audit log this authorization has ended. The supervisors are told.",
                rule=rule,
            )
    if Verb.AUTHORIZATION_GRANTED not in history:
        raise NotInForce(
            "By the audit log this was never granted. The supervisors are told.",
            rule="AUTHORIZATION_ALTERED",
        )
    if history.count(Verb.AUTHORIZATION_STARTED) != int(started):
        raise NotInForce(
            "By the audit log the one search this allows has been started already.",
            rule="AUTHORIZATION_RUNNING",
        )


_ENDS = {
    Verb.AUTHORIZATION_CONSUMED: "AUTHORIZATION_CONSUMED",
    Verb.AUTHORIZATION_REVOKED: "AUTHORIZATION_REVOKED",
    Verb.AUTHORIZATION_EXPIRED: "AUTHORIZATION_EXPIRED",
    Verb.AUTHORIZATION_DENIED: "AUTHORIZATION_DENIED",
    Verb.AUTHORIZATION_WITHDRAWN: "AUTHORIZATION_WITHDRAWN",
}


def _check_scope(authorization: Authorization, use: Use) -> None:
    for mine, wanted, what in (
        (authorization.request_id, use.request_id, "request"),
        (authorization.case_number, use.case_number, "case"),
        (authorization.probe_sha256, use.probe_sha256, "image"),
        (authorization.face_index, use.face_index, "face"),
        (authorization.face_place, use.face_place, "face"),
        (authorization.repository, use.repository, "repository"),
    ):
        if mine != wanted:
            raise NotInForce(
                f"This authorization is for another {what}. The supervisors are told.",
                rule="AUTHORIZATION_SCOPE",
            )
