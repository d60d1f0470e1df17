"""The audit event and the chain that shows alteration (policy 6.6)."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from bot.domain.actors import Actor
from bot.domain.requests import FaceRequest
from bot.errors import FisError

GENESIS = "0" * 64
ROLE_MAP = "role map"
"""Subject of the events that hold each version of it."""


class Verb(StrEnum):
    """Everything that can be written to the log; a closed list."""

    REQUEST_SUBMITTED = "request.submitted"
    REQUEST_REFUSED = "request.refused"
    OVERSIGHT_TOLD = "oversight.told"
    REQUEST_WITHDRAWN = "request.withdrawn"
    ATTEMPT_REFUSED = "attempt.refused"
    PROBE_STORED = "probe.stored"
    PROBE_CHECKED = "probe.checked"
    PROBE_UNSUITABLE = "probe.unsuitable"
    PROBE_REFUSED = "probe.refused"
    FACE_CHOSEN = "probe.face_chosen"
    REPEAT_FOUND = "repeat.found"
    REPEAT_ALLOWED = "repeat.allowed"
    REPEAT_REFUSED = "repeat.refused"
    EDIT_PREVIEWED = "probe.edit_previewed"
    DERIVATIVE_MADE = "probe.edited"
    SEARCHED_ON_DERIVATIVE = "probe.searched_on_edit"
    EDITS_REPLAYED = "probe.edits_replayed"
    SIGN_OFF_ASKED = "sign_off.asked"
    SIGN_OFF_GIVEN = "sign_off.given"
    SIGN_OFF_DENIED = "sign_off.denied"
    SIGN_OFF_WRITTEN = "sign_off.written"
    SIGN_OFF_LAPSED = "sign_off.lapsed"
    SEARCH_STARTED = "search.started"
    SEARCH_FINISHED = "search.finished"
    SEARCH_GIVEN_UP = "search.given_up"
    SEARCH_RETRIED = "search.retried"
    WORK_GIVEN_UP = "work.given_up"
    WORK_RETRIED = "work.retried"
    EXAMINATION_OPENED = "examination.opened"
    EXAMINATION_TAKEN = "examination.taken"
    ANALYSIS_SAVED = "examination.analysis_saved"
    EXAMINATION_HANDED_BACK = "examination.handed_back"
    EXAMINATION_REASSIGNED = "examination.reassigned"
    CANDIDATE_VIEWED = "candidate.viewed"
    CANDIDATE_DISPOSED = "candidate.disposed"
    EXAMINATION_SUBMITTED = "examination.submitted"
    BLIND_CHECK_DRAWN = "examination.blind_check_drawn"
    OPINIONS_COMPARED = "examination.opinions_compared"
    HOME_OPENED = "home.opened"
    CONTEXT_VIEWED = "context.viewed"
    CONTEXT_CHECKED = "context.checked"
    RELEASE_VIEWED = "release.viewed"
    LEAD_RELEASED = "lead.released"
    LEAD_ACKNOWLEDGED = "lead.acknowledged"
    CORROBORATION_RECORDED = "lead.corroboration_recorded"
    LEAD_REPORTED = "lead.reported"
    LEAD_RECALLED = "lead.recalled"
    REQUEST_CLOSED = "request.closed"
    REQUEST_RETURNED = "request.returned"
    AUTHORIZATION_ASKED = "authorization.asked"
    AUTHORIZATION_VIEWED = "authorization.viewed"
    AUTHORIZATION_GRANTED = "authorization.granted"
    AUTHORIZATION_DENIED = "authorization.denied"
    AUTHORIZATION_EXPIRED = "authorization.expired"
    AUTHORIZATION_STARTED = "authorization.started"
    AUTHORIZATION_CONSUMED = "authorization.consumed"
    AUTHORIZATION_REVOKED = "authorization.revoked"
    AUTHORIZATION_WITHDRAWN = "authorization.withdrawn"
    AUTHORIZATION_NOT_IN_FORCE = "authorization.not_in_force"
    AUTHORIZATIONS_SUMMARIZED = "authorization.summarized"
    RESULTS_ABANDONED = "search.results_abandoned"
    RESULTS_PURGED = "search.results_purged"
    PURGE_FINISHED = "search.purge_finished"
    PICTURE_SHOWN = "picture.shown"
    PICTURE_REMOVED = "picture.removed"
    PICTURE_NOT_REMOVED = "picture.not_removed"
    PICTURES_ASKED_AGAIN = "picture.asked_again"
    SUBJECT_ENROLLED = "gallery.enrolled"
    PHOTOGRAPHS_CORRECTED = "gallery.corrected"
    GALLERY_BUILT = "gallery.built"
    GALLERY_VERIFIED = "gallery.verified"
    SEALING_RECEIVED = "sealing.received"
    SEALING_FINISHED = "sealing.finished"
    DISCOVERY_EXPORTED = "discovery.exported"
    DISCOVERY_REFUSED = "discovery.refused"
    CHAIN_CHECKED = "audit.checked"
    CHANNEL_UNSAFE = "channel.unsafe"
    STARTED = "bot.started"
    CONFIGURATION_CHANGED = "configuration.changed"
    STANDARD_RECORDED = "configuration.standard_recorded"
    BASELINE_RECORDED = "configuration.baseline_recorded"
    OTHER_VALUE_NOT_USED = "configuration.other_value_not_used"
    CHANGE_PROPOSED = "change.proposed"
    CHANGE_APPROVED = "change.approved"
    CHANGE_REFUSED = "change.refused"
    CHANGE_WITHDRAWN = "change.withdrawn"
    GALLERY_SWITCHED = "gallery.switched"
    REENCODED = "gallery.reencoded"


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One act: when, who (person), what, about which object, with which facts."""

    at: datetime
    actor: str
    verb: Verb
    subject: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def canonical(self) -> str:
        """One fixed text for one event: sorted keys, no spaces, UTC.

        It stays the same when the facts were stored as JSON in between (a number as a key becomes a
        text, which sorts elsewhere). Raises ValueError for a time without a zone and for NaN.
        """
        if self.at.utcoffset() is None:
            raise ValueError("An audit event needs a time with its zone.")
        whole = {
            "actor": self.actor,
            "at": self.at.astimezone(UTC).isoformat(),
            "facts": json.loads(json.dumps(dict(self.facts), allow_nan=False)),
            "subject": self.subject,
            "verb": self.verb.value,
        }
        return json.dumps(
            whole, sort_keys=True, separators=(",", ":"), ensure_ascii=True
        )


def with_facts(event: AuditEvent, facts: Mapping[str, object]) -> AuditEvent:
    return replace(event, facts={**event.facts, **facts})


def by(actor: Actor) -> dict[str, object]:
    """Facts of an act of a person: the account, and the roles held at that moment."""
    return {"account": actor.slack_user, "roles": sorted(actor.roles)}


def moved(before: FaceRequest, after: FaceRequest) -> dict[str, object]:
    """Facts of an act that moved a request: the states it left and reached."""
    return {"from": before.state, "to": after.state}


def fingerprint(value: object) -> str:
    """SHA-256 of what stands in a table, so that the chain shows a change of it there, too."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An event as it stands in the chain."""

    sequence: int
    event: AuditEvent
    previous: str
    digest: str


class ChainBroken(FisError):
    """The log was altered, shortened in the middle or put in another order."""


def digest(sequence: int, previous: str, event: AuditEvent) -> str:
    """SHA-256 over the place, the digest before, and the event."""
    return hashlib.sha256(
        f"{sequence}\n{previous}\n{event.canonical()}".encode()
    ).hexdigest()


def check_chain(entries: Iterable[AuditEntry]) -> str:
    """Return the digest of the last entry; raise ChainBroken at the first that does not fit."""
    previous, expected = GENESIS, 1
    for entry in entries:
        if (
            entry.sequence != expected
            or entry.previous != previous
            or entry.digest != digest(entry.sequence, previous, entry.event)
        ):
            raise ChainBroken(
                f"The audit log does not fit together at entry {expected}."
            )
        previous, expected = entry.digest, expected + 1
    return previous
