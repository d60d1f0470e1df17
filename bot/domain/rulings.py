"""What a supervisor decided about one request, as it stands in the record."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RulingRecord:
    """One ruling: on a release (``Ruling``), or on the sign-off a threat search needs."""

    request_id: str
    round: int
    supervisor: str
    ruling: str
    reason: str
    at: datetime
