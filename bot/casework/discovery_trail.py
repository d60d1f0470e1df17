"""What the audit log tells of some requests, as a discovery bundle shows it."""

from collections.abc import AsyncIterator, Mapping, Sequence

from bot.casework.discovery_record import Material, Told, plain
from bot.domain.audit import AuditEntry, AuditEvent, Verb
from bot.domain.discovery import OF_EXPORTS, facts_told
from bot.domain.requests import FaceRequest
from storage.database import Snapshot

_PAGE = 500


async def trails_of(
    snapshot: Snapshot, requests: Sequence[FaceRequest], case_number: str
) -> tuple[dict[str, list[AuditEntry]], list[Told]]:
    """What the log tells of each request, in one pass; and what was refused to become one of this case."""
    owners = {id: r.id for r in requests for id in await _ids(snapshot, r.id)}
    trails: dict[str, list[AuditEntry]] = {request.id: [] for request in requests}
    refused: list[Told] = []
    async for entry in _entries(snapshot):
        event = entry.event
        if event.verb in OF_EXPORTS:
            continue
        if (owner := _owner(event, owners)) is not None:
            trails[owner].append(entry)
        elif _is_refused_intake(event, case_number):
            refused.append(_refusal(entry))
    return trails, refused


async def _ids(snapshot: Snapshot, id: str) -> list[str]:
    """Everything an event about a request may be about."""
    return [
        id,
        *(one.id for one in await snapshot.searches.of(id)),
        *(one.id for one in await snapshot.examinations.of(id)),
        *(one.id for one in await snapshot.authorizations.of(id)),
        *(one.id for one in await snapshot.derivatives.of(id)),
    ]


async def _entries(snapshot: Snapshot) -> AsyncIterator[AuditEntry]:
    after = 0
    while page := await snapshot.audit.entries(after=after, limit=_PAGE):
        for entry in page:
            yield entry
        after = page[-1].sequence


def _owner(event: AuditEvent, owners: Mapping[str, str]) -> str | None:
    named = owners.get(str(event.facts.get("request")))
    return named or owners.get(event.subject.split("/")[0])


def _is_refused_intake(event: AuditEvent, case_number: str) -> bool:
    if event.verb is not Verb.REQUEST_REFUSED or not case_number:
        return False
    written = str(event.facts.get("case_number") or "")
    return "".join(written.split()).upper() == case_number


def _refusal(entry: AuditEntry) -> Told:
    event = entry.event
    known = {name: event.facts.get(name) for name in ("rule", "purpose", "category")}
    return {"at": plain(event.at), "actor": event.actor, **plain(known)}


def told_of(entry: AuditEntry, material: Material) -> Told:
    event = entry.event
    facts, withheld = facts_told(event, material.secrets, bare=material.bare)
    return {
        "sequence": entry.sequence,
        "at": plain(event.at),
        "actor": event.actor,
        "verb": event.verb.value,
        # Behind the slash stands which candidate a picture was of.
        "subject": event.subject.split("/")[0] if material.bare else event.subject,
        "facts": plain(facts),
        "withheld": withheld,
        "previous": entry.previous,
        "digest": entry.digest,
    }
