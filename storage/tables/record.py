"""Work for the workers, the audit log, and the configurations seen."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.domain.audit import Verb
from bot.domain.changes import ChangeKind, ChangeState
from bot.domain.work import WorkKind
from storage.tables.base import NEVER_REUSED, Base, Json, Number, OfRequest


class WorkRow(Base):
    __tablename__ = "work"
    __table_args__ = (
        UniqueConstraint("kind", "request_id", "subject", "generation"),
        Index(None, "state", "priority", "id"),
        NEVER_REUSED,
    )
    id: Mapped[Number]
    kind: Mapped[WorkKind]
    request_id: Mapped[OfRequest]
    subject: Mapped[str]
    generation: Mapped[int]  # counts how often the same work was wanted anew
    priority: Mapped[int]
    state: Mapped[str]
    attempts: Mapped[int]
    worker: Mapped[str]
    lease_until: Mapped[datetime]  # nobody else's before; of waiting work: not before
    last_error: Mapped[str]


class AuditRow(Base):
    """Append-only: triggers of the first migration refuse everything but the next entry."""

    __tablename__ = "audit_log"
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str]
    verb: Mapped[Verb]
    subject: Mapped[str] = mapped_column(index=True)
    facts: Mapped[bytes]
    previous: Mapped[str]
    digest: Mapped[str]


class SettingsSeenRow(Base):
    __tablename__ = "settings_seen"
    __table_args__ = NEVER_REUSED
    id: Mapped[Number]
    digest: Mapped[str]
    at: Mapped[datetime]


class ChangeRow(Base):
    __tablename__ = "changes"
    __table_args__ = NEVER_REUSED
    number: Mapped[Number]  # says which was proposed first
    id: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[ChangeKind] = mapped_column(index=True)
    subject: Mapped[str]
    before: Mapped[Json]
    after: Mapped[Json]
    why: Mapped[bytes]
    proposed_by: Mapped[str]
    proposed_at: Mapped[datetime]
    state: Mapped[ChangeState] = mapped_column(index=True)
    decided_by: Mapped[str | None]
    decided_by_account: Mapped[str]
    decided_at: Mapped[datetime | None]
    reason: Mapped[bytes]
    version: Mapped[int]
    drawn: Mapped[int]  # the version its card shows
