"""Governed changes: what decides who is found is changed by two people, never by one (policy 2.4, R16; A28)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ChangeKind(StrEnum):
    MODEL = "model"
    """Another model's gallery becomes the one that is searched, or an earlier one does again."""
    SETTING = "setting"
    """A setting that decides who is listed or how a list is judged."""


class ChangeState(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Change:
    """``subject`` is a repository or the name of a setting."""

    id: str
    kind: ChangeKind
    subject: str
    before: Mapping[str, object]
    after: Mapping[str, object]
    why: str
    proposed_by: str
    proposed_at: datetime
    state: ChangeState = ChangeState.PENDING
    decided_by: str | None = None
    decided_by_account: str = ""
    decided_at: datetime | None = None
    reason: str = ""
    version: int = 1
