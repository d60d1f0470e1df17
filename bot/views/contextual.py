"""The context check as it is shown: a card that says nothing of whom, a modal, the supervisor's lines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from bot.domain.context import (
    ANSWERS,
    CHECKS,
    NEVER_EXPLAINED,
    NOTE_MAX,
    NOTE_MIN,
    Answer,
    Check,
    ContextCheck,
    Known,
    age_on,
)
from bot.domain.photographs import Photograph
from bot.views.authorizations import Exceptional
from bot.views.authorized import blind_marks
from bot.views.blocks import (
    Json,
    actions,
    button,
    context,
    divider,
    field,
    header,
    image,
    modal,
    options,
    section,
    select,
    text_input,
)
from bot.views.ids import ActionId, BlockId, ViewId, detailed, ref
from bot.views.text import ZONE, Message, counted, day, fitted, quoted

_FACT_MAX = 100
_SHOWN_NOTE_MAX = 150  # of eight in one section of the review
_PHOTOGRAPHS_MAX = 5


@dataclass(frozen=True, slots=True)
class ContextCard:
    """A direct message to an examiner of the round. Neither letter nor candidate: a notification shows
    it to whoever looks at the screen. ``stands_in``: it is the first examiner's to do."""

    number: str
    examination: str
    version: int
    is_open: bool
    stands_in: bool = False


@dataclass(frozen=True, slots=True)
class ContextModal:
    """What is unmasked to the one person who checks. ``stated`` are label and value of what the
    request says of the person that is looked for; ``offense`` is the day of it, where known."""

    number: str
    candidate: str
    letter: str
    known: Known
    stated: tuple[tuple[str, str], ...] = ()
    offense: date | None = None
    exceptional: Exceptional | None = None
    sheet: str | None = None
    """Slack's file of all photographs with the state of each arrest, once it is there."""


_ALONE = (
    "What is unmasked for that is for you alone, and so is this message: another examiner may have to "
    "compare blind yet."
)
_YOURS = (
    "The blind part is over. Hold what is known against the request, before a supervisor decides. "
    + _ALONE
)
_STAND_IN = (
    "The blind part is over. Another examiner holds what is known against the request; where that person "
    f"cannot, or has not within a day, you may. {_ALONE}"
)


def context_card(view: ContextCard) -> Message:
    title = f"Context check of {view.number}"
    return Message(f"{title}.", tuple(_card(view, title)))


def _card(view: ContextCard, title: str) -> Iterator[Json]:
    yield header(title)
    if not view.is_open:
        yield section("Closed. There is nothing left to do here.")
        return
    yield section(_STAND_IN if view.stands_in else _YOURS)
    value = ref(view.examination, view.version)
    yield actions(
        button("Check the context…", ActionId.CHECK_CONTEXT, value, style="primary")
    )


def context_modal(view: ContextModal, zone: str = ZONE) -> Json:
    return modal(
        ViewId.CHECK_CONTEXT,
        "Context check",
        [
            *blind_marks(view.exceptional, zone),
            section(f"*{fitted(view.number, 50)}, your candidate {view.letter}*"),
            section(f"*What the record holds*\n{_record(view)}"),
            *_sheet(view),
            section(f"*What the request says of the person*\n{_stated(view)}"),
            divider(),
            context(
                "Each is consistent with the person that is looked for, inconsistent, or unknown. What is "
                "inconsistent and not explained here keeps the candidate from being released. It cannot be "
                "changed afterwards."
            ),
            *_checks(view.known.recorded()),
        ],
        metadata={
            "request": view.number,
            "candidate": view.candidate,
        },
        submit="Save",
        close="Cancel",
    )


def _record(view: ContextModal) -> str:
    known, shown = view.known, view.known.photograph
    lines = [
        f"Sex: {fitted(shown.sex, _FACT_MAX) or 'not on record'}",
        f"Born: {_day(known.born)}{_age(view)}",
        f"Photographed: {_shot(shown)}",
        f"Repository: {fitted(shown.repository, _FACT_MAX)}",
        f"Sealed: {'yes' if known.is_sealed else 'no'}",
        *_others(known),
        "Height, weight and hair: not in this record. Look at the file of the arrest.",
    ]
    return "\n".join(f"• {line}" for line in lines)


def _sheet(view: ContextModal) -> Iterator[Json]:
    """Where there are several photographs: the sheet of them, or when it comes."""
    if not view.known.others:
        return
    if view.sheet is not None:
        yield image(view.sheet, f"All photographs of candidate {view.letter}")
        return
    yield context(
        "All photographs, newest first with the state of each arrest, come to you directly in a moment; "
        "close this and open it again to have them here."
    )


def _age(view: ContextModal) -> str:
    if view.known.born is None:
        return ""
    at = view.known.photograph.capture_date
    ages = [
        f"{age_on(on, view.known.born)} {words}"
        for on, words in ((view.offense, "at the offense"), (at, "when photographed"))
        if on is not None
    ]
    return f" ({', '.join(ages)})" if ages else ""


def _others(known: Known) -> Iterator[str]:
    if known.newer is not None:
        yield f"A newer photograph exists: {_shot(known.newer)}"
    if not known.others:
        yield "No other photograph of this person here"
        return
    shown = "; ".join(_shot(p) for p in known.others[:_PHOTOGRAPHS_MAX])
    yield f"{counted(len(known.others), 'other photograph')}: {shown}"


def _shot(photograph: Photograph) -> str:
    state = fitted(photograph.case_state, _FACT_MAX) or "state not on record"
    number = fitted(photograph.arrest_number, _FACT_MAX)
    return f"{_day(photograph.capture_date)}, number {number}, case {state}"


def _day(on: date | None) -> str:
    return "not on record" if on is None else day(on)


def _stated(view: ContextModal) -> str:
    if not view.stated:
        return "Nothing. Ask nobody who could tell the requester why."
    return "\n".join(
        f"_{fitted(label, _FACT_MAX)}_\n{quoted(text, 1200)}"
        for label, text in view.stated[:2]
    )


def _checks(recorded: dict[Check, Answer]) -> Iterator[Json]:
    for check, words in CHECKS.items():
        offered = {
            answer: text
            for answer, text in ANSWERS.items()
            if answer is not Answer.EXPLAINED or check not in NEVER_EXPLAINED
        }
        chosen = recorded.get(check)
        yield field(
            detailed(BlockId.CHECK, check), words, select(options(offered), chosen)
        )
        yield field(
            detailed(BlockId.CHECK_NOTE, check),
            "Note",
            text_input(most=NOTE_MAX),
            hint=f"An explanation needs at least {NOTE_MIN} characters.",
            optional=True,
        )


UNCHECKED = (
    "What the examiners agree on was never held against what is known of the person, so it cannot be "
    "released. Return the request: its new examination, by two who have not seen it, leads to a context "
    "check. Or close it."
)


def context_lines(check: ContextCheck | None) -> str:
    """What a supervisor reads of one candidate's check."""
    if check is None:
        return f"*Context:* not checked. {UNCHECKED}"
    lines = [f"*Context*, checked by {fitted(check.examiner, 100)}:"]
    for answer in (
        Answer.INCONSISTENT,
        Answer.EXPLAINED,
        Answer.UNKNOWN,
        Answer.CONSISTENT,
    ):
        lines += _answered(check, answer)
    if check.unexplained:
        lines.append(
            "*Unexplained: this candidate cannot be released.* Close the request, or return it."
        )
    return "\n".join(lines)


def _answered(check: ContextCheck, answer: Answer) -> Sequence[str]:
    given = {c: check.checks[c] for c in Check if check.checks[c].answer is answer}
    if not given:
        return ()
    named = ", ".join(CHECKS[c].split(" (")[0].lower() for c in given)
    words = (
        ANSWERS[answer].split(",")[0]
        if answer is not Answer.EXPLAINED
        else "Inconsistent, explained"
    )
    return (
        f"{words}: {named}.",
        *(
            f"> {CHECKS[c].split(' (')[0]}: {fitted(' '.join(one.note.split()), _SHOWN_NOTE_MAX)}"
            for c, one in given.items()
            if one.note
        ),
    )
