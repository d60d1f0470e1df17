"""What may be done with an opened lead, and the forms in which its requester says what came of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.domain.corroborations import (
    EVIDENCE,
    INDEPENDENT,
    TEXT_MAX,
    TEXT_MIN,
    Evidence,
    ReportKind,
)
from bot.views.blocks import (
    Json,
    actions,
    button,
    checkboxes,
    context,
    date_input,
    field,
    long_text_input,
    modal,
    option,
    options,
    radio,
    section,
)
from bot.views.ids import ActionId, BlockId, ViewId, ref
from bot.views.text import ZONE, Message, counted, day, escape, fitted, moment

NOT_YET = (
    "*Not to be used for a photo array, a line-up or a show-up:* no independent evidence is on record. "
    "It is never probable cause."
)
_READY = (
    "A photo array may now be prepared by the rules for identification procedures. The lead itself is "
    "still never probable cause."
)
_REPORTS = {
    ReportKind.WRONG_PERSON: "It is the wrong person",
    ReportKind.ARREST: "It was used for an arrest",
}


@dataclass(frozen=True, slots=True)
class Backing:
    """The independent evidence on record, without its words."""

    evidence: Evidence
    obtained_on: date
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Reported:
    kind: ReportKind
    happened_on: date
    corroborated: bool
    reported_at: datetime


def usable(
    number: str,
    backing: Backing | None,
    reported: Sequence[Reported],
    zone: str = ZONE,
) -> Iterator[Json]:
    """What an opened lead may be used for now, and what can be recorded about it."""
    is_false = any(one.kind is ReportKind.WRONG_PERSON for one in reported)
    yield section(_standing(backing, zone, is_false=is_false))
    for one in reported:
        yield context(_said(one, zone))
    pressable = list(_buttons(number, backing, reported, is_false=is_false))
    if pressable:
        yield actions(*pressable)


def after_recall(
    number: str, reported: Sequence[Reported], zone: str = ZONE
) -> Iterator[Json]:
    """What was reported of a lead that was opened before it was taken back, and what still can be: it may
    have been used by then (policy 7, A33)."""
    for one in reported:
        yield context(_said(one, zone))
    if len(reported) < len(ReportKind):
        yield actions(_report_button(number))


def _standing(backing: Backing | None, zone: str, *, is_false: bool) -> str:
    if is_false:
        return "*You reported this lead as false.* Do not use it for anything."
    if backing is None:
        return NOT_YET
    return (
        f"*Array-ready.* Independent evidence is on record: {EVIDENCE[backing.evidence]}, obtained on "
        f"{day(backing.obtained_on)}, recorded on {moment(backing.recorded_at, zone)}. {_READY}"
    )


def _said(one: Reported, zone: str) -> str:
    reported = f"reported on {moment(one.reported_at, zone)}"
    if one.kind is ReportKind.WRONG_PERSON:
        return f"The wrong person, found out on {day(one.happened_on)}, {reported}."
    without = (
        ""
        if one.corroborated
        else "without independent evidence recorded before that day, "
    )
    return f"Used for an arrest on {day(one.happened_on)}, {without}{reported}."


def _buttons(
    number: str,
    backing: Backing | None,
    reported: Sequence[Reported],
    *,
    is_false: bool,
) -> Iterator[Json]:
    value = ref(number, 0)
    if backing is None and not is_false:
        text = "Record independent evidence…"
        yield button(text, ActionId.CORROBORATE, value, style="primary")
    if len(reported) < len(ReportKind):
        yield _report_button(number)


def _report_button(number: str) -> Json:
    return button("Report on this lead…", ActionId.REPORT_LEAD, ref(number, 0))


def corroborate_modal(number: str) -> Json:
    """The form of the independent evidence (policy 6.3, 21; policy 7, A26)."""
    return modal(
        ViewId.CORROBORATE,
        "Independent evidence",
        [
            section(
                f"*{escape(number)}*\nWhat links this person to the case without the lead. It is recorded "
                "with your name, before any photo array."
            ),
            field(BlockId.EVIDENCE, "Kind of evidence", radio(options(EVIDENCE))),
            field(
                BlockId.HAPPENED_ON, "Obtained on", date_input(), hint="Not the future."
            ),
            _told("What it is, and how it links the person to the case"),
            field(
                BlockId.INDEPENDENT,
                "You attest",
                checkboxes([option("INDEPENDENT", INDEPENDENT)]),
            ),
        ],
        metadata={"request": number},
        submit="Record",
        close="Cancel",
    )


def report_modal(number: str) -> Json:
    """The form in which a lead is reported as false, or as used for an arrest (policy 7, A33)."""
    return modal(
        ViewId.REPORT_LEAD,
        "Report on this lead",
        [
            section(
                f"*{escape(number)}*\nWhat became of this lead. It is counted, and the supervisors are told."
            ),
            field(BlockId.REPORT, "What is to be reported", radio(options(_REPORTS))),
            field(
                BlockId.HAPPENED_ON,
                "Found out, or arrested, on",
                date_input(),
                hint="Not the future.",
            ),
            _told("What happened: the reason, and how it was found out"),
        ],
        metadata={"request": number},
        submit="Report",
        close="Cancel",
    )


def _told(label: str) -> Json:
    element = long_text_input(least=TEXT_MIN, most=TEXT_MAX)
    hint = f"At least {TEXT_MIN} characters."
    return field(BlockId.EXPLANATION, label, element, hint=hint)


def corroboration_reminder(number: str, days: int) -> Message:
    """To the requester of a lead that was acknowledged some days ago, and to the supervisors."""
    said = (
        f"*{fitted(number, 50)}*\nThe lead was acknowledged {counted(days, 'day')} ago, and no independent "
        f"evidence is on record. {NOT_YET}"
    )
    return Message(f"Request {number}: see your card.", (section(said),))


def uncorroborated_notice(number: str, requester: str, days: int) -> Message:
    """To the supervisors, of the same; ``requester`` is a Slack account."""
    said = (
        f"*{fitted(number, 50)}*\nThe lead was acknowledged by <@{escape(requester)}> {counted(days, 'day')} "
        "ago, and no independent evidence is on record. It must not be used for a photo array, and it is "
        "never probable cause."
    )
    return Message(f"Request {number}: look at this.", (section(said),))
