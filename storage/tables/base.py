"""What the tables share. A column of bytes that is not a vector is sealed by the cipher."""

from datetime import datetime
from enum import Enum
from typing import Annotated, Any, ClassVar

from sqlalchemy import (
    JSON,
    ForeignKey,
    LargeBinary,
    MetaData,
    String,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bot.domain.audit import Verb
from bot.domain.authorizations import AuthorizationState
from bot.domain.candidates import Conclusion, Exclusion
from bot.domain.changes import ChangeKind, ChangeState
from bot.domain.corroborations import Evidence, ReportKind
from bot.domain.examinations import Seat
from bot.domain.prints import Likeness
from bot.domain.purposes import OffenseCategory, ProbeSource, Purpose
from bot.domain.sendings import SendingKind
from bot.domain.work import WorkKind
from bot.domain.workflow import State
from storage.types import Choice, Utc

Key = Annotated[str, mapped_column(primary_key=True)]
Number = Annotated[int, mapped_column(primary_key=True, autoincrement=True)]
OfRequest = Annotated[str, mapped_column(ForeignKey("requests.id"), index=True)]
Json = Annotated[Any, mapped_column(JSON)]

NEVER_REUSED = {"sqlite_autoincrement": True}
"""Ids say which came first, also after rows were deleted."""

_CHOICES: tuple[type[Enum], ...] = (
    *(State, Purpose, OffenseCategory, ProbeSource, Seat),
    *(Conclusion, Exclusion, WorkKind, SendingKind, Verb, AuthorizationState),
    *(Likeness, ChangeKind, ChangeState),
    *(Evidence, ReportKind),
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


class OfModel:
    """The columns of a ``ModelId``."""

    model_name: Mapped[str]
    model_weights_sha256: Mapped[str]
    model_dim: Mapped[int]
