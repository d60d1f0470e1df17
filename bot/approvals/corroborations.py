"""What a requester records of a lead after acknowledging it: independent evidence, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.casework.alerts import Alerts
from bot.clock import day_in
from bot.domain.actors import Actor
from bot.domain.audit import AuditEvent, Verb, by, fingerprint, moved
from bot.domain.corroborations import (
    Corroboration,
    Evidence,
    LeadReport,
    ReportKind,
    check_evidence,
    check_own_lead,
    check_told,
)
from bot.domain.requests import FaceRequest
from bot.domain.workflow import TAKEN_BACK, WITH_LEAD, State, Step
from bot.errors import Refusal
from storage.database import Database, Snapshot


@dataclass(frozen=True, slots=True)
class Given:
    """Independent evidence as its form has it; ``independent`` is the attestation."""

    evidence: Evidence
    text: str
    obtained_on: date
    independent: bool


@dataclass(frozen=True, slots=True)
class Told:
    """A report on a lead as its form has it."""

    kind: ReportKind
    text: str
    happened_on: date


async def check_can_corroborate(
    snapshot: Snapshot, id: str, *, actor: Actor, now: datetime
) -> FaceRequest:
    """Return the request one step on; refuse where there is no acknowledged lead, or a false one."""
    request = await snapshot.requests.get(id)
    check_own_lead(request.requester, actor)
    after = request.take(Step.CORROBORATE, now)
    if await is_false(snapshot, id):
        raise Refusal(
            "You reported this lead as false. It can no longer be corroborated.",
            rule="FALSE_LEAD",
        )
    return after


async def corroborate(
    db: Database, id: str, given: Given, *, zone: str, actor: Actor, now: datetime
) -> FaceRequest:
    """Record the independent evidence of an acknowledged lead (policy 6.3, 21)."""
    async with db.transaction() as tx:
        request = await tx.requests.get(id)
        after = await check_can_corroborate(tx, id, actor=actor, now=now)
        _check(given, zone, now)
        text = given.text.strip()
        await tx.requests.save(after)
        await tx.corroborations.add(
            Corroboration(
                id, given.evidence, text, given.obtained_on, actor.person, now
            )
        )
        facts = {
            "evidence": given.evidence,
            "obtained_on": given.obtained_on.isoformat(),
            # Not its words: they may name a person, and go with the lead.
            "text_sha256": fingerprint(text),
            "independent": given.independent,
            **by(actor),
            **moved(request, after),
        }
        await tx.audit.append(
            AuditEvent(now, actor.person, Verb.CORROBORATION_RECORDED, id, facts)
        )
    return after


def _check(given: Given, zone: str, now: datetime) -> None:
    check_evidence(
        given.text,
        given.obtained_on,
        independent=given.independent,
        today=day_in(zone, now),
    )


async def check_given(
    snapshot: Snapshot, id: str, given: Given, *, zone: str, actor: Actor, now: datetime
) -> None:
    """Everything ``corroborate`` refuses, without its effect."""
    await check_can_corroborate(snapshot, id, actor=actor, now=now)
    _check(given, zone, now)


async def check_can_report(snapshot: Snapshot, id: str, *, actor: Actor) -> None:
    """Refuse where no lead was opened; what was taken back since may have been used before."""
    request = await snapshot.requests.get(id)
    check_own_lead(request.requester, actor)
    may_be = request.state in (*WITH_LEAD, *TAKEN_BACK)
    if not may_be or not await was_opened(snapshot, id):
        raise Refusal("There is no open lead on this request.", rule="NO_LEAD")


async def was_opened(snapshot: Snapshot, id: str) -> bool:
    """Whether the requester has read the lead: of one that was destroyed only the audit log knows."""
    if (lead := await snapshot.leads.find(id)) is not None:
        return lead.acknowledged_at is not None
    return await _recorded_at(snapshot, id, Verb.LEAD_ACKNOWLEDGED) is not None


async def _recorded_at(snapshot: Snapshot, id: str, verb: Verb) -> datetime | None:
    events = [entry.event for entry in await snapshot.audit.entries(id)]
    return next((event.at for event in reversed(events) if event.verb is verb), None)


async def check_told_of(
    snapshot: Snapshot, id: str, told: Told, *, zone: str, actor: Actor, now: datetime
) -> None:
    """Everything ``report`` refuses, without its effect."""
    await check_can_report(snapshot, id, actor=actor)
    check_told(told.text, told.happened_on, today=day_in(zone, now))
    if any(one.kind is told.kind for one in await snapshot.lead_reports.of(id)):
        raise Refusal("You have reported this already.", rule="ALREADY_REPORTED")


async def report(
    db: Database,
    id: str,
    told: Told,
    alerts: Alerts,
    *,
    zone: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Record that a lead was false, or used for an arrest, and have the supervisors told (A33)."""
    async with db.transaction() as tx:
        await check_told_of(tx, id, told, zone=zone, actor=actor, now=now)
        backed = await _is_backed(tx, id, told.happened_on, zone)
        text = told.text.strip()
        await tx.lead_reports.add(
            LeadReport(id, told.kind, text, told.happened_on, backed, actor.person, now)
        )
        facts = {
            "kind": told.kind,
            "happened_on": told.happened_on.isoformat(),
            "corroborated": backed,
            "reason": text,
            **by(actor),
        }
        await tx.audit.append(
            AuditEvent(now, actor.person, Verb.LEAD_REPORTED, id, facts)
        )
        await alerts.add(
            tx, f"lead/{id}/{told.kind}", _said(id, told, backed), request_id=id
        )


async def _is_backed(snapshot: Snapshot, id: str, on: date, zone: str) -> bool:
    """Whether independent evidence was on record before that day: of the day itself nobody can tell
    what came first (policy 7, A33)."""
    found = await snapshot.corroborations.find(id)
    # It goes with a lead that is destroyed; when it was recorded stays in the audit log.
    verb = Verb.CORROBORATION_RECORDED
    at = found.at if found else await _recorded_at(snapshot, id, verb)
    return at is not None and day_in(zone, at) < on


def _said(id: str, told: Told, backed: bool) -> str:
    if told.kind is ReportKind.WRONG_PERSON:
        return f"{id}: its requester reports the lead as false, the wrong person. {told.text.strip()} The lead can be recalled on the card of its review."
    without = "" if backed else "WITHOUT independent evidence recorded before that day "
    return (
        f"{id}: its requester reports that the lead was used {without}for an arrest on "
        f"{told.happened_on.isoformat()}. {told.text.strip()}"
    )


async def remind(db: Database, days: Sequence[int], now: datetime) -> None:
    """Have the cards of leads redrawn that stood without evidence for so many days: the reminder is
    one of them. Harmless to repeat."""
    async with db.snapshot() as snapshot:
        due = [id for after in days for id in await _due(snapshot, after, now)]
    if due:
        async with db.transaction() as tx:
            for id in due:
                await tx.requests.touch(id)


async def _due(snapshot: Snapshot, days: int, now: datetime) -> list[str]:
    bare = await snapshot.leads.uncorroborated(now - timedelta(days=days))
    return [
        id
        for id in bare
        if await snapshot.cards.find(reminder_key(id, days)) is None
        and not await is_false(snapshot, id)
    ]


async def overdue(
    snapshot: Snapshot, request: FaceRequest, days: Sequence[int], now: datetime
) -> list[int]:
    """Which of these numbers of days the lead of a request has stood acknowledged and no more."""
    lead = await snapshot.leads.find(request.id)
    is_bare = request.state is State.ACKNOWLEDGED and lead is not None
    if not is_bare or await is_false(snapshot, request.id):
        return []
    since = lead.acknowledged_at if lead else None
    return [d for d in days if since is not None and since + timedelta(days=d) <= now]


async def is_false(snapshot: Snapshot, id: str) -> bool:
    """Whether its requester reported the lead as false."""
    reports = await snapshot.lead_reports.of(id)
    return any(one.kind is ReportKind.WRONG_PERSON for one in reports)


def reminder_key(id: str, days: int) -> str:
    return f"{id}/uncorroborated/{days}"
