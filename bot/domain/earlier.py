"""What was said of a person before the present opinions of a request: it does not lapse by examining anew
(policy 3.4; 7, A9 and A21)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.candidates import CONCLUSIONS, Conclusion, Disposition
from bot.domain.components import UnexplainedDissimilarity
from bot.domain.context import ContextCheck, check_still_explained
from bot.domain.examinations import Examination, is_unexplained
from bot.errors import NotPermitted


@dataclass(frozen=True, slots=True)
class EarlierOpinion:
    """What was saved about one person in an earlier round, or in a sitting that was given up."""

    examination: Examination
    said: Disposition


@dataclass(frozen=True, slots=True)
class Before:
    """All that is on record about one person from before: opinions and context checks, oldest first."""

    opinions: tuple[EarlierOpinion, ...] = ()
    checks: tuple[ContextCheck, ...] = ()


def check_history(before: Before, check: ContextCheck | None) -> None:
    """Refuse to release whom anybody who examined this request holds to be somebody else, or against whom
    something stands that nobody has explained. ``check`` is the present context check."""
    said = [one.said for one in before.opinions]
    if any(one.conclusion < Conclusion.INCONCLUSIVE for one in said):
        raise NotPermitted(
            "An earlier examination of this request is for different persons. A new round, or another "
            "examiner, does not undo that: this candidate cannot be released.",
            rule="EXCLUDED_BEFORE",
        )
    if is_unexplained(said):
        raise UnexplainedDissimilarity(
            "An earlier examination of this request found a dissimilarity that nobody explains, so this "
            "candidate cannot be released."
        )
    check_still_explained(check, before.checks)


def most_cautious(level: Conclusion, before: Before) -> Conclusion:
    """The level to report: no round raises what an earlier one supported less (policy 3.4)."""
    said = [one.said.conclusion for one in before.opinions]
    return min([level, *(one for one in said if one.is_support)])


def opinions_in_words(opinions: Sequence[EarlierOpinion]) -> str:
    """How many said what, the strongest first, without names; empty where there were none. For example
    "1 strong support for same person, 2 inconclusive"."""
    found = Counter(one.said.conclusion for one in opinions)
    return ", ".join(
        f"{found[level]} {CONCLUSIONS[level].lstrip('+-012 ').lower()}"
        for level in sorted(found, reverse=True)
    )
