"""What examiners see in a probe before they see anybody it may be."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class AnalysisRow(Base):
    __tablename__ = "analyses"
    examination_id: Mapped[str] = mapped_column(
        ForeignKey("examinations.id"), primary_key=True
    )
    content: Mapped[bytes]
    at: Mapped[datetime]
