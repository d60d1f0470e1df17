"""How long an examiner was at each candidate, as far as the record can tell (policy 6.3, row 11).

What is known are moments: taking, saving the analysis, opening a comparison, deciding. The time between
two of them that follow each other belongs to one candidate at most:

- to the one whose comparison was opened at its beginning, however it ended: several views add up, also
  those that were closed without saving;
- else to the one that was decided at its end without being opened: a one-click exclusion is reached by
  looking at the pictures since the last thing that was done;
- else to none: between a decision and the next comparison somebody looks at everybody.

Nobody is asked whether they were there. A pause is counted up to ``PAUSE_MAX`` and not beyond; a clock
that was put back counts nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from itertools import pairwise

PAUSE_MAX = timedelta(minutes=30)


class Did(Enum):
    BEGAN = auto()  # took the examination, or saved the analysis
    OPENED = auto()
    DECIDED = auto()


@dataclass(frozen=True, slots=True)
class Act:
    """One moment of one sitting; ``candidate`` is None where it was about none."""

    at: datetime
    did: Did
    candidate: str | None = None


def seconds_at(candidate: str, acts: Sequence[Act]) -> int:
    """Whole seconds at one candidate; ``acts`` in the order in which they were recorded."""
    spent = (
        _counted(before, after)
        for before, after in pairwise(acts)
        if _belongs_to(before, after) == candidate
    )
    return int(sum(spent, timedelta()).total_seconds())


def _counted(before: Act, after: Act) -> timedelta:
    return min(max(after.at - before.at, timedelta()), PAUSE_MAX)


def _belongs_to(before: Act, after: Act) -> str | None:
    if before.did is Did.OPENED:
        return before.candidate
    return after.candidate if after.did is Did.DECIDED else None
