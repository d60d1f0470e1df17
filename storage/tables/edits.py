"""Edits of stills: the derivatives that were kept, and what somebody is looking at."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.domain.edits import Operation
from storage.tables.base import NEVER_REUSED, Base, Json, Key, Number, OfRequest
from storage.types import Choice


class DerivativeRow(Base):
    """One link of a chain; only where it was searched and repeated is written later."""

    __tablename__ = "derivatives"
    __table_args__ = (UniqueConstraint("request_id", "sha256"), NEVER_REUSED)
    sequence: Mapped[Number]
    id: Mapped[str] = mapped_column(unique=True)
    request_id: Mapped[OfRequest]
    examination_id: Mapped[str] = mapped_column(ForeignKey("examinations.id"))
    parent_sha256: Mapped[str]
    sha256: Mapped[str] = mapped_column(index=True)
    operation: Mapped[Operation] = mapped_column(Choice(Operation))
    parameters: Mapped[Json]
    tool: Mapped[str]
    tool_version: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    made_by: Mapped[str]
    why: Mapped[bytes]
    at: Mapped[datetime]
    face: Mapped[Json]
    searched_round: Mapped[int | None]
    searched_why: Mapped[bytes | None]
    replayed_at: Mapped[datetime | None]
    replay_error: Mapped[str]


class EditDraftRow(Base):
    """Dropped when it is kept as a derivative, gives way to another, or its examination is over; the row
    goes with the last of its picture."""

    __tablename__ = "edit_drafts"
    id: Mapped[Key]
    request_id: Mapped[OfRequest]
    examination_id: Mapped[str] = mapped_column(
        ForeignKey("examinations.id"), index=True
    )
    parent_sha256: Mapped[str]
    operation: Mapped[Operation] = mapped_column(Choice(Operation))
    parameters: Mapped[Json]
    person: Mapped[str]
    account: Mapped[str]
    view_id: Mapped[str]
    at: Mapped[datetime]
    sha256: Mapped[str] = mapped_column(index=True)
    width: Mapped[int]
    height: Mapped[int]
    tool: Mapped[str]
    tool_version: Mapped[str]
    face: Mapped[Json]
    problem: Mapped[str]
    shown: Mapped[bool]
    dropped: Mapped[bool]
