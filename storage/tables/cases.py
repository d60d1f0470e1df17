"""What belongs to one request: what was asked, found, compared and decided."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.domain.candidates import Conclusion, Exclusion
from bot.domain.corroborations import Evidence, ReportKind
from bot.domain.examinations import Seat
from bot.domain.purposes import OffenseCategory, ProbeSource, Purpose
from bot.domain.workflow import State
from storage.tables.base import (
    NEVER_REUSED,
    Base,
    Json,
    Key,
    Number,
    OfModel,
    OfRequest,
)


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
    moved_at: Mapped[datetime | None]
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
    signs: Mapped[bytes | None]


class SearchRow(OfModel, Base):
    __tablename__ = "searches"
    __table_args__ = NEVER_REUSED
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
    authorization_id: Mapped[str | None] = mapped_column(index=True)
    concluded_at: Mapped[datetime | None]
    purged_at: Mapped[datetime | None]
    swept_at: Mapped[datetime | None]
    sealing_id: Mapped[str | None] = mapped_column(index=True)


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
    __table_args__ = (UniqueConstraint("request_id", "round", "seat", "sitting"),)
    id: Mapped[Key]
    request_id: Mapped[str] = mapped_column(ForeignKey("requests.id"))
    search_id: Mapped[str] = mapped_column(ForeignKey("searches.id"))
    seat: Mapped[Seat]
    round: Mapped[int]
    sitting: Mapped[int]
    seed: Mapped[str]  # may be longer than the database's integers
    order: Mapped[Json]
    opened_at: Mapped[datetime]
    examiner: Mapped[str | None]
    taken_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    version: Mapped[int]


class HandBackRow(Base):
    """Who gave an examination up, or from whom it was taken, and by whom."""

    __tablename__ = "hand_backs"
    examination_id: Mapped[str] = mapped_column(
        ForeignKey("examinations.id"), primary_key=True
    )
    request_id: Mapped[OfRequest]
    person: Mapped[str]
    by: Mapped[str]
    reason: Mapped[bytes]
    at: Mapped[datetime]


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
    seconds: Mapped[int | None]
    findings: Mapped[bytes | None]  # with their explanation; none before there were any


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
    authorization_id: Mapped[str | None]
    third: Mapped[str | None]


class CorroborationRow(Base):
    __tablename__ = "corroborations"
    request_id: Mapped[str] = mapped_column(ForeignKey("requests.id"), primary_key=True)
    evidence: Mapped[Evidence]
    text: Mapped[bytes]
    obtained_on: Mapped[date]
    person: Mapped[str]
    at: Mapped[datetime]


class LeadReportRow(Base):
    __tablename__ = "lead_reports"
    request_id: Mapped[str] = mapped_column(ForeignKey("requests.id"), primary_key=True)
    kind: Mapped[ReportKind] = mapped_column(primary_key=True)
    text: Mapped[bytes]
    happened_on: Mapped[date]
    corroborated: Mapped[bool]
    person: Mapped[str]
    at: Mapped[datetime]


class RulingRow(Base):
    __tablename__ = "rulings"
    __table_args__ = NEVER_REUSED
    id: Mapped[Number]
    request_id: Mapped[OfRequest]
    round: Mapped[int]
    supervisor: Mapped[str]
    ruling: Mapped[str]
    reason: Mapped[bytes]
    at: Mapped[datetime]
