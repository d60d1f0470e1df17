"""Work for a worker process: a row with a lease, so that a crash delays it and never loses it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

ATTEMPTS_MAX = 3


class WorkKind(StrEnum):
    DRAW_PROBE = "draw_probe"  # for those who decide about another repository
    FETCH = "fetch"  # the still, from Slack; the bot's own, which has the token
    CHECK_PROBE = "check_probe"
    SEARCH = "search"
    DRAW_ALONE = "draw_alone"  # the probe of one examination, for its analysis
    DRAW = "draw"  # the candidates of one examination, once its analysis is saved
    DRAW_SUBJECTS = (
        "draw_subjects"  # all photographs of each candidate of one examination
    )
    DRAW_UNMASKED = "draw_unmasked"  # the same of one candidate, for the context check
    DRAW_LEAD = "draw_lead"
    EDIT = "edit"  # a still, for whoever looks at what an edit would do
    REPLAY = "replay"  # every edit of a request, to see that it comes out the same


FOR_WORKERS = frozenset(WorkKind) - {WorkKind.FETCH}
DRAWN = frozenset(
    {
        *(WorkKind.DRAW_PROBE, WorkKind.DRAW_ALONE, WorkKind.DRAW),
        *(WorkKind.DRAW_SUBJECTS, WorkKind.DRAW_UNMASKED),
        *(WorkKind.DRAW_LEAD, WorkKind.EDIT),
    }
)
TOWARDS_A_LIST = frozenset({WorkKind.FETCH, WorkKind.CHECK_PROBE, WorkKind.SEARCH})
"""Work without which a request stands still until a supervisor has it tried again."""
OF_RESULTS = frozenset(
    {
        *(WorkKind.SEARCH, WorkKind.DRAW_ALONE, WorkKind.DRAW, WorkKind.DRAW_LEAD),
        *(WorkKind.DRAW_SUBJECTS, WorkKind.DRAW_UNMASKED),
        WorkKind.EDIT,  # looked at in one examination; kept edits are of the request
    }
)
"""What comes of one search, and ends with it; all other work is of the request or of a question."""


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One piece of work as claimed: ``attempts`` counts this one in."""

    id: int
    kind: WorkKind
    request_id: str
    subject: (
        str  # what exactly, for example an examination id; empty for the request itself
    )
    priority: int  # low first
    attempts: int
    worker: str
    lease_until: datetime
