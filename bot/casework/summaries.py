"""The monthly summary of authorizations: read from the record, noted in it, sent to the auditors."""

from collections.abc import Sequence
from datetime import datetime

from bot.domain.actors import SYSTEM
from bot.domain.addresses import summary_key
from bot.domain.audit import AuditEvent, Verb
from bot.domain.sendings import Sending, SendingKind
from bot.domain.summaries import (
    COUNTED,
    OF_LEADS,
    Course,
    Month,
    Summary,
    leads_of,
    summary_of,
)
from bot.views.auditor import monthly_summary
from storage.database import Database, Snapshot, Transaction


async def summarize(
    db: Database,
    month: Month,
    zone: str,
    *,
    now: datetime,
    actor: str = SYSTEM.person,
) -> Summary:
    """Count as things stand now; the first count after the month's end is noted in the audit log."""
    async with db.transaction() as tx:
        return await _summarize(tx, month, zone, actor, now)


async def send_monthly(
    db: Database, auditors: Sequence[str], zone: str, now: datetime
) -> None:
    """Have every auditor told of the month that ended last, once; ``auditors`` are Slack accounts."""
    month = Month.ended_before(now, zone)
    async with db.transaction() as tx:
        summary = await _summarize(tx, month, zone, SYSTEM.person, now)
        for account in auditors:
            await tx.outbox.add(_sending(summary, account, zone, now))


async def _summarize(
    tx: Transaction, month: Month, zone: str, actor: str, now: datetime
) -> Summary:
    start, end = month.bounds(zone)
    entries = await tx.audit.between(start, end, OF_LEADS)
    leads = leads_of(entry.event for entry in entries)
    summary = summary_of(month, await _courses(tx, start, end), leads)
    if now >= end and not await _is_noted(tx, month):
        await tx.audit.append(
            AuditEvent(
                now,
                actor,
                Verb.AUTHORIZATIONS_SUMMARIZED,
                _subject(month),
                summary.as_dict(),
            )
        )
    return summary


async def _courses(snapshot: Snapshot, start: datetime, end: datetime) -> list[Course]:
    """One for each authorization to which anything was done from ``start`` until before ``end``."""
    leads = await snapshot.leads.by_authorization(start, end)
    done: dict[str, set[Verb]] = {id: set() for id in leads}
    for entry in await snapshot.audit.between(start, end, COUNTED):
        done.setdefault(entry.event.subject, set()).add(entry.event.verb)
    return [
        Course(await snapshot.authorizations.get(id), verbs, leads.get(id, 0))
        for id, verbs in done.items()
    ]


async def _is_noted(snapshot: Snapshot, month: Month) -> bool:
    # The subject of a refused attempt comes from its sender and may be anything.
    return any(
        entry.event.verb is Verb.AUTHORIZATIONS_SUMMARIZED
        for entry in await snapshot.audit.entries(_subject(month))
    )


def _subject(month: Month) -> str:
    return f"authorizations of {month}"


def _sending(summary: Summary, account: str, zone: str, now: datetime) -> Sending:
    said = monthly_summary(summary, zone)
    key = summary_key(str(summary.month), account)
    return Sending(
        key=key,
        kind=SendingKind.POST,
        request_id="",
        card=key,
        channel=account,
        text=said.text,
        blocks=said.blocks,
        created_at=now,
    )
