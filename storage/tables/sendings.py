"""What Slack shows, what goes there and what came from it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from bot.domain.sendings import SendingKind
from storage.tables.base import NEVER_REUSED, Base, Json, Key, Number, OfRequest


class CardRow(Base):
    __tablename__ = "cards"
    __table_args__ = (Index(None, "posted_in", "ts"),)
    key: Mapped[Key]
    request_id: Mapped[str] = mapped_column(index=True)
    channel: Mapped[str]
    digest: Mapped[str]
    ts: Mapped[str | None]
    posted_in: Mapped[str | None]


class PictureRow(Base):
    __tablename__ = "pictures"
    key: Mapped[Key]
    request_id: Mapped[OfRequest]
    card: Mapped[str]
    vault_sha256: Mapped[str]
    file_name: Mapped[str]
    title: Mapped[str]
    alt_text: Mapped[str]
    slack_file: Mapped[str | None] = mapped_column(index=True)
    shared_at: Mapped[datetime | None] = mapped_column(index=True)
    removed_at: Mapped[datetime | None]


class PicturePhotographRow(Base):
    """Every photograph on a picture that shows several; of the others the candidate says which it is."""

    __tablename__ = "picture_photographs"
    picture_key: Mapped[str] = mapped_column(
        ForeignKey("pictures.key", ondelete="CASCADE"), primary_key=True
    )
    photo_id: Mapped[str] = mapped_column(primary_key=True, index=True)


class DiscardRow(Base):
    """Files of the vault that have to be destroyed once no worker draws."""

    __tablename__ = "discards"
    sha256: Mapped[Key]


class SendingRow(Base):
    __tablename__ = "outbox"
    __table_args__ = (Index(None, "state", "channel", "id"), NEVER_REUSED)
    id: Mapped[Number]
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[SendingKind]
    request_id: Mapped[str] = mapped_column(index=True)
    card: Mapped[str] = mapped_column(index=True)
    channel: Mapped[str]
    thread: Mapped[str | None]
    content: Mapped[bytes]
    pictures: Mapped[Json]
    created_at: Mapped[datetime | None]
    state: Mapped[str]
    attempts: Mapped[int]
    not_before: Mapped[datetime | None]
    last_error: Mapped[str]


class DeliveryRow(Base):
    """What Slack has delivered already; it delivers again when an answer is slow."""

    __tablename__ = "deliveries"
    key: Mapped[Key]
    at: Mapped[datetime] = mapped_column(index=True)
