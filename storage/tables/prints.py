"""By what probes are known again, and which were."""

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from bot.domain.prints import Likeness
from storage.tables.base import Base, OfModel


class ProbePrintRow(OfModel, Base):
    """Goes with its probe; a face that was not chosen has none once there is a choice."""

    __tablename__ = "probe_prints"
    request_id: Mapped[str] = mapped_column(
        ForeignKey("probes.request_id", ondelete="CASCADE"), primary_key=True
    )
    face: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    is_searched: Mapped[bool]  # the face its request is about
    image_hash: Mapped[int] = mapped_column(BigInteger)
    face_hash: Mapped[int] = mapped_column(BigInteger)
    mirror_hash: Mapped[int] = mapped_column(BigInteger)
    code: Mapped[int] = mapped_column(BigInteger)
    template: Mapped[bytes]


class ProbeRepeatRow(Base):
    __tablename__ = "probe_repeats"
    request_id: Mapped[str] = mapped_column(ForeignKey("requests.id"), primary_key=True)
    earlier_id: Mapped[str] = mapped_column(ForeignKey("requests.id"), primary_key=True)
    likeness: Mapped[Likeness]
