"""Photographs, templates, and the versions of galleries made of them."""

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Json, Key, OfModel


class PhotographRow(Base):
    __tablename__ = "photographs"
    id: Mapped[Key]
    subject_id: Mapped[str] = mapped_column(index=True)
    repository: Mapped[str] = mapped_column(index=True)
    sha256: Mapped[str] = mapped_column(index=True)
    arrest_number: Mapped[str]
    capture_date: Mapped[date | None]
    sex: Mapped[str]
    birth_date: Mapped[date | None]
    case_state: Mapped[str]
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
    calibration: Mapped[Json]
    place: Mapped[int] = mapped_column(unique=True)  # the highest is the current one


class StandardRow(Base):
    """One row: the repository that is searched without a commander's authorization."""

    __tablename__ = "standard_repository"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]


class SealingRow(Base):
    __tablename__ = "sealings"
    id: Mapped[Key]
    order_reference: Mapped[str]
    arrest_hash: Mapped[str] = mapped_column(index=True)
    actor: Mapped[str]
    received_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class TombstoneRow(Base):
    """Sealed photographs: nothing of them but that they must not come back."""

    __tablename__ = "tombstones"
    photo_id: Mapped[Key]
    subject_id: Mapped[str]
    repository: Mapped[str] = mapped_column(index=True)
    sha256: Mapped[str] = mapped_column(index=True)
    sealing_id: Mapped[str] = mapped_column(ForeignKey("sealings.id"), index=True)
    at: Mapped[datetime]
