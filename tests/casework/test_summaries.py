"""The monthly summary: counted from the record, noted once, told to every auditor once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.casework.summaries import send_monthly, summarize
from bot.domain.audit import AuditEvent, Verb
from bot.domain.authorizations import AuthorizationState
from bot.domain.sendings import Sending
from bot.domain.summaries import Counts, Month
from storage.database import Database
from tests.builders import a_lead, a_request, a_search, candidates
from tests.domain.test_summaries import CHIEF, a_question

ZONE = "America/New_York"
OCTOBER = Month(2026, 10)
START, END = OCTOBER.bounds(ZONE)
NEXT_END = Month(2026, 11).bounds(ZONE)[1]
MIDDLE = datetime(2026, 10, 15, 12, tzinfo=UTC)
LATER = datetime(2026, 11, 3, 9, tzinfo=UTC)


async def ask(db: Database, id: str, at: datetime, *verbs: Verb) -> None:
    """A question that was asked at this moment, and what the record says was done to it."""
    question = a_question(
        id=id, asked_at=at, decider=CHIEF, state=AuthorizationState.CONSUMED
    )
    async with db.transaction() as tx:
        await tx.authorizations.add(question)
        for verb in (Verb.AUTHORIZATION_ASKED, *verbs):
            await tx.audit.append(AuditEvent(at, "B-1001", verb, id))


async def a_request_with_a_lead(db: Database, authorization: str | None) -> None:
    async with db.transaction() as tx:
        await tx.requests.add(a_request())
        await tx.searches.add(a_search(), candidates(3))
        await tx.leads.add(replace(a_lead(), authorization_id=authorization))


async def noted(db: Database) -> list[AuditEvent]:
    async with db.snapshot() as snapshot:
        entries = await snapshot.audit.entries()
    events = [entry.event for entry in entries]
    return [e for e in events if e.verb is Verb.AUTHORIZATIONS_SUMMARIZED]


async def sent(db: Database, now: datetime) -> Sequence[Sending]:
    """What would go out now, and is then taken as sent."""
    async with db.transaction() as tx:
        heads = await tx.outbox.heads(now)
        for head in heads:
            await tx.outbox.done(head.id)
    return heads


async def test_only_what_was_asked_in_the_month_by_the_units_clock_is_counted(
    db: Database,
) -> None:
    async with db.transaction() as tx:
        await tx.requests.add(a_request())
    instant = timedelta(microseconds=1)
    for id, at in (
        ("AU-1", START - instant),
        ("AU-2", START),
        ("AU-3", END - instant),
        ("AU-4", END),
    ):
        await ask(db, id, at)
    found = await summarize(db, OCTOBER, ZONE, now=LATER)
    assert found.total.asked == 2


async def test_each_deed_counts_in_the_month_in_which_it_was_done(
    db: Database,
) -> None:
    await a_request_with_a_lead(db, "AU-1")  # on 23 November
    await ask(db, "AU-1", MIDDLE, Verb.AUTHORIZATION_GRANTED)
    async with db.transaction() as tx:
        for verb, at in (
            (Verb.AUTHORIZATION_CONSUMED, END),
            (Verb.AUTHORIZATION_REVOKED, NEXT_END),
        ):
            await tx.audit.append(AuditEvent(at, "B-1001", verb, "AU-1"))
    for month, expected in (
        (OCTOBER, Counts(asked=1, granted=1)),
        (Month(2026, 11), Counts(consumed=1, leads=1)),
        (Month(2026, 12), Counts(revoked=1)),
    ):
        found = await summarize(db, month, ZONE, now=LATER)
        assert found.total == found.by_commander[CHIEF] == expected


async def test_a_lead_of_the_standard_repository_is_nobodys(db: Database) -> None:
    await a_request_with_a_lead(db, None)
    await ask(db, "AU-1", MIDDLE)
    assert (await summarize(db, OCTOBER, ZONE, now=LATER)).total.leads == 0


async def test_the_counts_of_a_month_are_noted_once_and_not_before_it_has_ended(
    db: Database,
) -> None:
    instant = timedelta(microseconds=1)
    await summarize(db, OCTOBER, ZONE, now=END - instant)
    assert await noted(db) == []
    first = await summarize(db, OCTOBER, ZONE, now=END)
    await summarize(db, OCTOBER, ZONE, now=LATER)
    [event] = await noted(db)
    assert (event.at, event.facts) == (END, first.as_dict())


async def test_each_month_is_noted_under_its_own_name(db: Database) -> None:
    for month in (OCTOBER, Month(2026, 9)):
        await summarize(db, month, ZONE, now=LATER)
    subjects = [event.subject for event in await noted(db)]
    assert subjects == ["authorizations of 2026-10", "authorizations of 2026-09"]


async def test_a_refused_attempt_that_names_itself_so_is_no_summary(
    db: Database,
) -> None:
    subject = "authorizations of 2026-10"
    async with db.transaction() as tx:
        forged = AuditEvent(LATER, "B-1", Verb.ATTEMPT_REFUSED, subject)
        await tx.audit.append(forged)
    await summarize(db, OCTOBER, ZONE, now=LATER)
    assert len(await noted(db)) == 1


async def test_every_auditor_is_told_of_the_month_that_ended_last(db: Database) -> None:
    await send_monthly(db, ["U-ADA", "U-BEN"], ZONE, LATER)
    found = await sent(db, LATER)
    assert {(s.channel, s.key) for s in found} == {
        ("U-ADA", "alert/summary/2026-10/U-ADA"),
        ("U-BEN", "alert/summary/2026-10/U-BEN"),
    }
    assert all("October 2026" in str(s.blocks) for s in found)


async def test_whoever_was_told_is_not_told_again_however_often_it_is_tried(
    db: Database,
) -> None:
    await send_monthly(db, ["U-ADA"], ZONE, LATER)
    assert len(await sent(db, LATER)) == 1
    for hours in (0, 1, 24, 24 * 20):
        await send_monthly(db, ["U-ADA"], ZONE, LATER + timedelta(hours=hours))
    assert await sent(db, LATER + timedelta(days=21)) == []
    assert len(await noted(db)) == 1


async def test_an_auditor_who_comes_later_in_the_month_is_told_too(
    db: Database,
) -> None:
    await send_monthly(db, ["U-ADA"], ZONE, LATER)
    await sent(db, LATER)
    await send_monthly(db, ["U-ADA", "U-BEN"], ZONE, LATER)
    assert [s.channel for s in await sent(db, LATER)] == ["U-BEN"]


async def test_the_next_month_is_told_when_it_has_ended(db: Database) -> None:
    for now in (LATER, datetime(2026, 12, 1, 5, tzinfo=UTC)):
        await send_monthly(db, ["U-ADA"], ZONE, now)
        await sent(db, now)
    assert [e.facts["month"] for e in await noted(db)] == ["2026-10", "2026-11"]


async def test_a_month_without_a_question_is_told_as_one(db: Database) -> None:
    await send_monthly(db, ["U-ADA"], ZONE, LATER)
    [only] = await sent(db, LATER)
    assert "None" in str(only.blocks)
