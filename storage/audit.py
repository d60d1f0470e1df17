"""The audit log: one chain, written inside the transaction of the act it records."""

import json
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection, RowMapping, Select, insert, select

from bot.domain.audit import (
    GENESIS,
    AuditEntry,
    AuditEvent,
    Verb,
    check_chain,
    digest,
)
from storage.base import Storage, columns, flat
from storage.tables import AuditRow
from storage.undivided import undivided

_PAGE = 500


class Audit(Storage):
    async def append(self, event: AuditEvent) -> AuditEntry:
        """Chain the event to the last one; the write lock of the transaction keeps others out."""
        event = _as_kept(event)
        row = await self._find(_LAST)
        sequence, previous = (
            (row["sequence"] + 1, row["digest"]) if row else (1, GENESIS)
        )
        entry = AuditEntry(sequence, event, previous, digest(sequence, previous, event))
        await self._run(
            insert(AuditRow).values(
                **columns(entry, "event"),
                **columns(event, "facts"),
                facts=self._seal(event.facts, _facts_of(sequence)),
            )
        )
        return entry

    async def entries(
        self, subject: str | None = None, after: int = 0, limit: int | None = None
    ) -> list[AuditEntry]:
        """In order, from the one after ``after``."""
        statement = (
            select(AuditRow)
            .where(AuditRow.sequence > after)
            .order_by(AuditRow.sequence)
            .limit(limit)
        )
        if subject is not None:
            statement = statement.where(AuditRow.subject == subject)
        return [self._entry(row) for row in await self._all(statement)]

    async def named(
        self, prefix: str, verb: Verb, *, since: datetime
    ) -> list[AuditEntry]:
        """Where this was done to anything whose id begins so, in order."""
        # By range: the index of subjects does not serve LIKE.
        statement = (
            select(AuditRow)
            .where(AuditRow.subject >= prefix, AuditRow.subject < f"{prefix}\U0010ffff")
            .where(AuditRow.verb == verb, AuditRow.at >= since)
            .order_by(AuditRow.sequence)
        )
        return [self._entry(row) for row in await self._all(statement)]

    async def between(
        self, start: datetime, end: datetime, verbs: Collection[Verb]
    ) -> list[AuditEntry]:
        """What of these was done from ``start`` until just before ``end``, in order."""
        statement = (
            select(AuditRow)
            .where(AuditRow.at >= start, AuditRow.at < end)
            .where(AuditRow.verb.in_(verbs))
            .order_by(AuditRow.sequence)
        )
        return [self._entry(row) for row in await self._all(statement)]

    async def subjects(self, verbs: Collection[Verb], after: int) -> set[str]:
        """To whom any of these was done since the entry ``after``."""
        statement = (
            select(AuditRow.subject)
            .where(AuditRow.sequence > after)
            .where(AuditRow.verb.in_(verbs))
        )
        return {row["subject"] for row in await self._all(statement)}

    async def head(self) -> AuditEntry | None:
        row = await self._find(_LAST)
        return None if row is None else self._entry(row)

    async def check(self) -> str:
        """Read the whole chain, a page at a time, and return its last digest; raise ChainBroken."""
        return await undivided(
            self._connection.run_sync(lambda sync: check_chain(self._stream(sync)))
        )

    def _stream(self, connection: Connection) -> Iterator[AuditEntry]:
        last = 0
        while page := list(connection.execute(_page_after(last)).mappings()):
            yield from map(self._entry, page)
            last = page[-1]["sequence"]

    def _entry(self, row: RowMapping) -> AuditEntry:
        facts = self._open(row["facts"], _facts_of(row["sequence"]))
        return flat(AuditEntry, row, event=flat(AuditEvent, row, facts=facts))


_LAST = select(AuditRow).order_by(AuditRow.sequence.desc()).limit(1)


def _page_after(sequence: int) -> Select[AuditRow]:
    return (
        select(AuditRow)
        .where(AuditRow.sequence > sequence)
        .order_by(AuditRow.sequence)
        .limit(_PAGE)
    )


def _facts_of(sequence: int) -> str:
    return f"audit_log.facts:{sequence}"


def _as_kept(event: AuditEvent) -> AuditEvent:
    """The event as it will be read again, so that the digest is of that and of nothing else."""
    if event.at.tzinfo is None:
        raise ValueError(f"a naive datetime cannot be stored: {event.at}")
    facts = json.loads(json.dumps(dict(event.facts)))
    return replace(event, at=event.at.astimezone(UTC), facts=facts)
