"""The tables. A column of bytes that is not a vector is sealed by the cipher."""

from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, ClassVar

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bot.domain.audit import Verb
from bot.domain.candidates import Conclusion, Exclusion
from bot.domain.examinations import Seat
from bot.domain.purposes import OffenseCategory, ProbeSource, Purpose
from bot.domain.sendings import SendingKind
from bot.domain.work import WorkKind
from bot.domain.workflow import State
from storage.types import Choice, Utc

Key = Annotated[str, mapped_column(primary_key=True)]
Number = Annotated[int, mapped_column(primary_key=True, autoincrement=True)]
OfRequest = Annotated[str, mapped_column(ForeignKey("requests.id"), index=True)]
Json = Annotated[Any, mapped_column(JSON)]

_NEVER_REUSED = {"sqlite_autoincrement": True}
"""Ids say which came first, also after rows were deleted."""

_CHOICES: tuple[type[Enum], ...] = (
    *(State, Purpose, OffenseCategory, ProbeSource, Seat),
    *(Conclusion, Exclusion, WorkKind, SendingKind, Verb),
)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Utc(),
        bytes: LargeBinary(),
        str: String(),
        **{kind: Choice(kind) for kind in _CHOICES},
    }


class RequestNumberRow(Base):
    """The last number given out in each year."""

    __tablename__ = "request_numbers"
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class RequestRow(Base):
    __tablename__ = "requests"
    id: Mapped[Key]
    case_number: Mapped[str] = mapped_column(index=True)
    category: Mapped[OffenseCategory]
    purpose: Mapped[Purpose]
    particulars: Mapped[bytes]
    factual_basis: Mapped[bytes]
    source: Mapped[ProbeSource]
    attested: Mapped[Json]
    image_file: Mapped[str]
    list_length: Mapped[int]
    requester: Mapped[str]
    requester_account: Mapped[str]
    channel: Mapped[str]
    submitted_at: Mapped[datetime]
    state: Mapped[State] = mapped_column(index=True)
    round: Mapped[int]
    reason: Mapped[bytes]
    closed_at: Mapped[datetime | None]
    version: Mapped[int]
    change_mark: Mapped[int]  # counts every change that a card might show
    drawn_mark: Mapped[int]  # the change_mark the cards were last drawn from


class ProbeRow(Base):
    __tablename__ = "probes"
    request_id: Mapped[str] = mapped_column(ForeignKey("requests.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(index=True)
    size: Mapped[int]
    file_name: Mapped[bytes]
    stored_at: Mapped[datetime]
    format: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    faces: Mapped[Json]
    chosen: Mapped[int | None]


class OfModel:
    """The columns of a ``ModelId``."""

    model_name: Mapped[str]
    model_weights_sha256: Mapped[str]
    model_dim: Mapped[int]


class SearchRow(OfModel, Base):
    __tablename__ = "searches"
    __table_args__ = _NEVER_REUSED
    sequence: Mapped[Number]
    id: Mapped[str] = mapped_column(unique=True)
    request_id: Mapped[OfRequest]
    probe_sha256: Mapped[str]
    face_index: Mapped[int]
    gallery_version: Mapped[str]
    gallery_digest: Mapped[str]
    gallery_size: Mapped[int]
    list_length: Mapped[int]
    filters: Mapped[Json]
    exact: Mapped[bool]
    weak_below: Mapped[float]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime]


class CandidateRow(Base):
    __tablename__ = "candidates"
    __table_args__ = (
        UniqueConstraint("search_id", "rank"),
        UniqueConstraint("search_id", "subject_id"),
    )
    id: Mapped[Key]
    search_id: Mapped[str] = mapped_column(ForeignKey("searches.id"))
    subject_id: Mapped[str]
    photo_id: Mapped[str]
    similarity: Mapped[float]
    rank: Mapped[int]


class ExaminationRow(Base):
    __tablename__ = "examinations"
    __table_args__ = (UniqueConstraint("request_id", "round", "seat"),)
    id: Mapped[Key]
    request_id: Mapped[str] = mapped_column(ForeignKey("requests.id"))
    search_id: Mapped[str] = mapped_column(ForeignKey("searches.id"))
    seat: Mapped[Seat]
    round: Mapped[int]
    seed: Mapped[str]  # may be longer than the database's integers
    order: Mapped[Json]
    opened_at: Mapped[datetime]
    examiner: Mapped[str | None]
    taken_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    version: Mapped[int]


class DispositionRow(Base):
    __tablename__ = "dispositions"
    examination_id: Mapped[str] = mapped_column(
        ForeignKey("examinations.id"), primary_key=True
    )
    candidate_id: Mapped[str] = mapped_column(
        ForeignKey("candidates.id"), primary_key=True
    )
    conclusion: Mapped[Conclusion]
    reason: Mapped[bytes]
    at: Mapped[datetime]
    exclusion: Mapped[Exclusion | None]


class LeadRow(Base):
    __tablename__ = "leads"
    request_id: Mapped[str] = mapped_column(ForeignKey("requests.id"), primary_key=True)
    candidate_id: Mapped[str] = mapped_column(ForeignKey("candidates.id"))
    subject_id: Mapped[str]
    photo_id: Mapped[str]
    conclusion: Mapped[Conclusion]
    examiner: Mapped[str]
    peer: Mapped[str]
    supervisor: Mapped[str]
    released_at: Mapped[datetime]
    gallery: Mapped[str]
    text_sha256: Mapped[str]
    disclaimer_version: Mapped[str]
    acknowledged_at: Mapped[datetime | None]


class RulingRow(Base):
    __tablename__ = "rulings"
    __table_args__ = _NEVER_REUSED
    id: Mapped[Number]
    request_id: Mapped[OfRequest]
    round: Mapped[int]
    supervisor: Mapped[str]
    ruling: Mapped[str]
    reason: Mapped[bytes]
    at: Mapped[datetime]


class PhotographRow(Base):
    __tablename__ = "photographs"
    id: Mapped[Key]
    subject_id: Mapped[str] = mapped_column(index=True)
    repository: Mapped[str] = mapped_column(index=True)
    sha256: Mapped[str]
    arrest_number: Mapped[str]
    capture_date: Mapped[date | None]
    sex: Mapped[str]
    birth_date: Mapped[date | None]
    enrolled_at: Mapped[datetime]


class TemplateRow(Base):
    __tablename__ = "templates"
    photo_id: Mapped[str] = mapped_column(
        ForeignKey("photographs.id"), primary_key=True
    )
    model_name: Mapped[Key]
    model_weights_sha256: Mapped[Key]
    model_dim: Mapped[int]
    subject_id: Mapped[str]
    vector: Mapped[bytes]
    points: Mapped[Json]


class GalleryRow(OfModel, Base):
    __tablename__ = "galleries"
    version: Mapped[Key]
    repository: Mapped[str]
    digest: Mapped[str]
    size: Mapped[int]
    built_at: Mapped[datetime]
    place: Mapped[int] = mapped_column(unique=True)  # the highest is the current one


class WorkRow(Base):
    __tablename__ = "work"
    __table_args__ = (
        UniqueConstraint("kind", "request_id", "subject", "generation"),
        Index(None, "state", "priority", "id"),
        _NEVER_REUSED,
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


class SendingRow(Base):
    __tablename__ = "outbox"
    __table_args__ = (Index(None, "state", "channel", "id"), _NEVER_REUSED)
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


class DeliveryRow(Base):
    """What Slack has delivered already; it delivers again when an answer is slow."""

    __tablename__ = "deliveries"
    key: Mapped[Key]
    at: Mapped[datetime] = mapped_column(index=True)


class SettingsSeenRow(Base):
    __tablename__ = "settings_seen"
    __table_args__ = _NEVER_REUSED
    id: Mapped[Number]
    digest: Mapped[str]
    at: Mapped[datetime]
