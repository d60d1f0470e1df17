"""What was asked of the commanders, and what they decided."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from bot.domain.authorizations import AuthorizationState
from storage.tables.base import Base, Json, Key, OfRequest


class AuthorizationRow(Base):
    __tablename__ = "authorizations"
    id: Mapped[Key]
    request_id: Mapped[OfRequest]
    case_number: Mapped[str]
    probe_sha256: Mapped[str]
    face_index: Mapped[int]
    face_place: Mapped[str]
    repository: Mapped[str]
    grounds: Mapped[bytes]
    asked_by: Mapped[str]
    asked_by_account: Mapped[str]
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    told: Mapped[Json]
    state: Mapped[AuthorizationState] = mapped_column(index=True)
    decided_by: Mapped[str | None]
    decided_by_account: Mapped[str]
    decided_title: Mapped[str]
    decided_at: Mapped[datetime | None]
    reason: Mapped[bytes]
    seal: Mapped[str]
    ended_by: Mapped[str | None]
    ended_by_account: Mapped[str]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[bytes]
    version: Mapped[int]
