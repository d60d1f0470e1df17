"""What was checked of the context of a possible match."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class ContextCheckRow(Base):
    __tablename__ = "context_checks"
    request_id: Mapped[str] = mapped_column(ForeignKey("requests.id"), primary_key=True)
    round: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    candidate_id: Mapped[str] = mapped_column(
        ForeignKey("candidates.id"), primary_key=True
    )
    examiner: Mapped[str]
    at: Mapped[datetime]
    content: Mapped[bytes]
