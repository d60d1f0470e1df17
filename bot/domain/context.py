"""The background check that a possible match has to survive, after the blind part (policy 6.3, 16 and 17)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.domain.actors import Actor, Role, check_certified, check_holds
from bot.domain.ages import is_minor
from bot.domain.photographs import Photograph
from bot.errors import NotPermitted, Refusal

NOTE_MIN, NOTE_MAX = 20, 500
"""Of an explanation, in characters."""
STAND_IN_AFTER = timedelta(hours=24)
"""How long the check waits for the first examiner before another of the round may make it."""


class Check(StrEnum):
    """What the known facts of a candidate are compared with: the person that was looked for."""

    SEX = "sex"
    AGE = "age"
    BUILD = "build"
    HAIR = "hair"
    WHEREABOUTS = "whereabouts"
    SEALED = "sealed"
    MINOR = "minor"
    NEWER_PHOTOGRAPH = "newer_photograph"


CHECKS: Mapping[Check, str] = {
    Check.SEX: "Sex",
    Check.AGE: "Age on the day of the offense",
    Check.BUILD: "Height and weight",
    Check.HAIR: "Hair at the time",
    Check.WHEREABOUTS: "Custody or location at the time",
    Check.SEALED: "Sealing (consistent: not sealed)",
    Check.MINOR: "Age when photographed (consistent: 18 or over)",
    Check.NEWER_PHOTOGRAPH: "Newer photographs (consistent: there is none)",
}


class Answer(StrEnum):
    CONSISTENT = "consistent"
    EXPLAINED = "inconsistent_explained"
    INCONSISTENT = "inconsistent"
    UNKNOWN = "unknown"


ANSWERS: Mapping[Answer, str] = {
    Answer.CONSISTENT: "Consistent",
    Answer.EXPLAINED: "Inconsistent, explained in the note",
    Answer.INCONSISTENT: "Inconsistent",
    Answer.UNKNOWN: "Unknown",
}

NEVER_EXPLAINED = frozenset({Check.SEALED, Check.MINOR})
"""No words of an examiner make such a photograph one that may be used (policy 1.8)."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One answer, and what it rests on; for ``EXPLAINED`` the explanation."""

    answer: Answer
    note: str = ""


Checks = Mapping[Check, Checked]


@dataclass(frozen=True, slots=True)
class ContextCheck:
    """All answers about one candidate of one round; ``recorded`` is what the record said just then."""

    request_id: str
    round: int
    candidate_id: str
    examiner: str
    at: datetime
    checks: Checks
    recorded: Mapping[Check, Answer]

    @property
    def unexplained(self) -> tuple[Check, ...]:
        """What keeps this candidate from being released."""
        return tuple(
            check for check in Check if self.checks[check].answer is Answer.INCONSISTENT
        )


@dataclass(frozen=True, slots=True)
class Known:
    """What the record holds of one candidate; ``others`` are further photographs, newest first."""

    photograph: Photograph
    others: tuple[Photograph, ...] = ()
    is_sealed: bool = False

    @property
    def born(self) -> date | None:
        """Of several birth dates the latest, the one that protects."""
        dates = [p.birth_date for p in (self.photograph, *self.others) if p.birth_date]
        return max(dates, default=None)

    @property
    def newer(self) -> Photograph | None:
        """The newest photograph, if that is not the one that was compared (policy 1.8, photo age)."""
        compared = self.photograph.capture_date
        dated = [p for p in self.others if p.capture_date is not None]
        newest = max(dated, key=lambda p: p.capture_date or date.min, default=None)
        if newest is None or compared is None or newest.capture_date is None:
            return None
        return newest if newest.capture_date > compared else None

    def recorded(self) -> dict[Check, Answer]:
        """The three answers the record itself gives."""
        return {
            Check.SEALED: Answer.INCONSISTENT if self.is_sealed else Answer.CONSISTENT,
            Check.MINOR: self._minor(),
            Check.NEWER_PHOTOGRAPH: self._newer(),
        }

    def _minor(self) -> Answer:
        if self.born is None:
            return Answer.UNKNOWN
        shown = self.photograph
        if is_minor(self.born, shown.capture_date, shown.enrolled_at.date()):
            return Answer.INCONSISTENT
        return Answer.CONSISTENT

    def _newer(self) -> Answer:
        if self.newer is not None:
            return Answer.INCONSISTENT
        photographs = (self.photograph, *self.others)
        undated = any(p.capture_date is None for p in photographs)
        return Answer.UNKNOWN if self.others and undated else Answer.CONSISTENT


def age_on(day: date, born: date) -> int:
    """In whole years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


class NotAnswered(Refusal):
    """One answer is missing, or cannot be; ``check`` is the one it is about."""

    rule = "CONTEXT_NOT_ANSWERED"

    def __init__(self, check: Check, message: str, rule: str = rule) -> None:
        super().__init__(f"{CHECKS[check]}: {message}", rule=rule)
        self.check = check


class BadAnswers(Refusal):
    """Everything that is wrong with the answers, each about its own check; the rule is the first one's."""

    def __init__(self, wrong: Sequence[NotAnswered]) -> None:
        super().__init__(" ".join(one.message for one in wrong), rule=wrong[0].rule)
        self.wrong = tuple(wrong)


def check_answers(checks: Checks, recorded: Mapping[Check, Answer]) -> None:
    """Refuse answers that are missing, that the record contradicts, or that need words."""
    wrong = []
    for check in Check:
        try:
            _check_answer(check, checks.get(check), recorded.get(check))
        except NotAnswered as bad:
            wrong.append(bad)
    if wrong:
        raise BadAnswers(wrong)


def _check_answer(check: Check, given: Checked | None, recorded: Answer | None) -> None:
    if given is None:
        raise NotAnswered(check, "choose one answer.")
    is_inconsistent = given.answer in (Answer.INCONSISTENT, Answer.EXPLAINED)
    if recorded is Answer.INCONSISTENT and not is_inconsistent:
        raise NotAnswered(check, "the record says otherwise.", "AGAINST_RECORD")
    if check in NEVER_EXPLAINED and given.answer is Answer.EXPLAINED:
        raise NotAnswered(
            check, "this cannot be explained away.", "CONTEXT_NEVER_EXPLAINED"
        )
    is_from_elsewhere = recorded is Answer.UNKNOWN and given.answer is Answer.CONSISTENT
    needs_words = given.answer is Answer.EXPLAINED or is_from_elsewhere
    if needs_words and len(given.note.strip()) < NOTE_MIN:
        asked = "say where this is known from" if is_from_elsewhere else "explain it"
        raise NotAnswered(
            check,
            f"{asked} in the note, in at least {NOTE_MIN} characters.",
            "CONTEXT_NOT_EXPLAINED",
        )


def check_may_check(
    actor: Actor,
    examiners: Sequence[str],
    *,
    first_can: bool,
    waiting_since: datetime,
    now: datetime,
) -> None:
    """The first examiner of the round (policy 6.3, 16). The other of its first two ``examiners`` (badges, in
    the order of their seats) only where the first one cannot, or has not for ``STAND_IN_AFTER``."""
    check_holds(actor, Role.EXAMINER, "checks the context")
    check_certified(actor, now)
    if actor.person not in examiners:
        raise NotPermitted(
            "Only the first two examiners of this round check the context.",
            rule="NOT_OF_THIS_ROUND",
        )
    is_first = actor.person == examiners[0]
    if not is_first and first_can and now < waiting_since + STAND_IN_AFTER:
        hours = round(STAND_IN_AFTER.total_seconds() / 3600)
        raise NotPermitted(
            "The first examiner checks the context. Another one may where that person cannot, "
            f"or has not within {hours} hours.",
            rule="FIRST_EXAMINER_CHECKS",
        )


def check_context(check: ContextCheck | None, recorded: Mapping[Check, Answer]) -> None:
    """Refuse a release before the check, against an unexplained inconsistency, or after the record
    has changed (policy 7, A9; the failures T8, T9 and T12). ``recorded`` is what it says now."""
    if check is None:
        raise NotPermitted(
            "The context of this candidate has not been checked, so it cannot be released.",
            rule="CONTEXT_NOT_CHECKED",
        )
    if check.unexplained:
        what = ", ".join(
            CHECKS[one].split(" (")[0].lower() for one in check.unexplained
        )
        raise NotPermitted(
            f"The context check found an inconsistency nobody has explained: {what}. This candidate "
            "cannot be released. Close the request, or return it for a new examination.",
            rule="CONTEXT_INCONSISTENT",
        )
    for one, says in recorded.items():
        if says is Answer.INCONSISTENT and check.recorded.get(one) is not says:
            raise NotPermitted(
                f"Since the context was checked, the record has changed: {CHECKS[one].split(' (')[0]}. "
                "Return the request for a new examination.",
                rule="CONTEXT_OUTDATED",
            )


def check_still_explained(
    check: ContextCheck | None, before: Iterable[ContextCheck]
) -> None:
    """Refuse a release over an inconsistency of an earlier check that the present one neither explains nor
    finds gone from the record: "unknown" the second time is no answer (policy 7, A9 and T12)."""
    found = {one for earlier in before for one in earlier.unexplained}
    left = [one for one in Check if one in found and not _answers(check, one)]
    if left:
        what = ", ".join(CHECKS[one].split(" (")[0].lower() for one in left)
        raise NotPermitted(
            f"An earlier context check of this request found an inconsistency nobody has explained since: "
            f"{what}. This candidate cannot be released.",
            rule="CONTEXT_INCONSISTENT",
        )


def _answers(check: ContextCheck | None, one: Check) -> bool:
    return check is not None and (
        check.checks[one].answer is Answer.EXPLAINED
        or check.recorded.get(one) is Answer.CONSISTENT
    )
