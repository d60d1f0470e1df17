"""What a supervisor decided about one request, as it stands in the record."""

from dataclasses import dataclass
from datetime import datetime

STARTED, WRITTEN, LAPSED = "threat_started", "written_sign_off", "lapsed_sign_off"
"""Of a threat search (purpose F): begun on a supervisor's word, signed for in writing, or not.

Before there was a written sign-off, a supervisor's signature was a ``sign_off``: nothing is due after
one of those.
"""

REPEAT_ALLOWED, REPEAT_REFUSED = "repeat_allowed", "repeat_refused"
"""Of a probe that was sent before: searched again because of new facts, or not."""

RECALLED_BY_HAND = "recalled_by_hand"
"""Of a released lead that somebody in the section has learned to be false."""


@dataclass(frozen=True, slots=True)
class RulingRecord:
    """One ruling: on a release (``Ruling``), on the sign-off a threat search needs, on a repeated
    probe, or on a lead that is taken back."""

    request_id: str
    round: int
    supervisor: str
    ruling: str
    reason: str
    at: datetime
