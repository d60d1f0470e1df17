"""Why somebody was proposed on an image that is warned about."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Json


class QualityOverrideRow(Base):
    __tablename__ = "quality_overrides"
    examination_id: Mapped[str] = mapped_column(
        ForeignKey("examinations.id"), primary_key=True
    )
    warned: Mapped[Json]
    reason: Mapped[bytes]
    at: Mapped[datetime]
