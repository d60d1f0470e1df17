"""The monthly summary of authorizations: read from the record, noted in it, sent to the auditors."""

from collections.abc import Sequence
from datetime import datetime

from bot.domain.actors import SYSTEM
from bot.domain.audit import AuditEvent, Verb
from bot.domain.sendings import Sending, SendingKind
from bot.domain.summaries import Course, Month, Summary, summary_of
from bot.views.auditor import monthly_summary
from storage.database import Database, Snapshot, Transaction
from storage.outbox import ALERTS


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
    summary = summary_of(month, await _courses(tx, start, end))
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
    leads = await snapshot.leads.by_authorization()
    courses = []
    for one in await snapshot.authorizations.asked_between(start, end):
        entries = await snapshot.audit.entries(one.id)
        verbs = frozenset(entry.event.verb for entry in entries)
        courses.append(Course(one, verbs, leads.get(one.id, 0)))
    return courses


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
    key = f"{ALERTS}summary/{summary.month}/{account}"
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
