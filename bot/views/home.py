"""The App Home: who you are here, what waits for you and for others, and what of yours is open."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime

from bot.domain.actors import Role
from bot.domain.queue import Task
from bot.domain.workflow import State
from bot.views.blocks import Json, context, divider, header, link, section
from bot.views.ids import ActionId, CommandName, detailed
from bot.views.requester import channel_words
from bot.views.text import ZONE, counted, day, fitted, moment

_SHOWN_MAX = 40
_LINES_MAX = 25
"""Things shown of each queue: Slack allows a hundred blocks."""

_MAY: dict[Role, str] = {
    Role.REQUESTER: f"*Requester:* type `{CommandName.FIS_REQUEST}` in the request channel, or choose "
    "“Send to FIS” on a message that has the image.",
    Role.EXAMINER: "*Examiner:* take a comparison in the examiner channel.",
    Role.SUPERVISOR: "*Supervisor:* decide on reviews and sign-offs in the supervisors' channel.",
    Role.COMMANDER: "*Commander:* decide on questions for another repository; each comes to you as a "
    "direct message and stands in the commanders' channel.",
    Role.AUDITOR: "*Auditor:* the record is read with the command line tools.",
    Role.ADMINISTRATOR: "*Administrator:* settings and roles are kept in the configuration.",
}

# Without a word of the case, and without the seat of a comparison: whoever compares is blind.
_MINE: dict[Task, str] = {
    Task.TAKE: "a comparison nobody has taken",
    Task.SUBMIT: "your comparison",
    Task.CONTEXT: "your context check",
    Task.RULE: "a review to rule on",
    Task.SIGN: "an imminent threat to sign for",
    Task.REPEAT: "a still that was sent before",
    Task.RETRY: "a search that failed",
    Task.AUTHORIZE: "a question for another repository",
    Task.CHOOSE_FACE: "a face to choose",
    Task.ACKNOWLEDGE: "an answer to open",
    Task.CORROBORATE: "independent evidence to record beside a lead",
    Task.ARREST: "independent evidence to record: the lead was used for an arrest without any",
}
_OTHERS = _MINE | {
    Task.SUBMIT: "a comparison that somebody has taken",
    Task.CONTEXT: "a context check",
    Task.CORROBORATE: "a lead without independent evidence on record",
    Task.ARREST: "a lead used for an arrest without independent evidence on record",
}


@dataclass(frozen=True, slots=True)
class OpenRequest:
    number: str
    state: State


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that waits; ``link`` leads to its card, ``late`` is longer than the first reminder."""

    number: str
    task: Task
    since: datetime
    link: str = ""
    late: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """What waits, in order. ``certified_until`` is given where it ends soon or has ended."""

    mine: tuple[Line, ...] = ()
    others: tuple[Line, ...] = ()
    certified_until: date | None = None
    expired: bool = False


_EMPTY = Desk()


def home(
    roles: Set[Role],
    open_requests: Sequence[OpenRequest],
    desk: Desk = _EMPTY,
    zone: str = ZONE,
) -> Json:
    """Return the Home tab of one person; an empty set of roles is somebody without access."""
    blocks = [header("Facial Identification Section"), *_may(roles)]
    if roles:
        blocks += [*_certificate(desk), *_desk(roles, desk, zone)]
    if Role.REQUESTER in roles:
        blocks += [divider(), section(_own(open_requests))]
    blocks.append(
        context("A face search gives an investigative lead, never an identification.")
    )
    return {"type": "home", "blocks": blocks}


def _may(roles: Set[Role]) -> Iterator[Json]:
    if not roles:
        yield section(
            "You have no role here. Ask your unit's administrator if you need one."
        )
    for role in Role:
        if role in roles:
            yield section(_MAY[role])


def _certificate(desk: Desk) -> Iterator[Json]:
    if desk.expired:
        ended = f" on {day(desk.certified_until)}" if desk.certified_until else ""
        yield section(
            f"*Your examiner certification has ended{ended}, or is not on record.* Nothing can be "
            "compared until your supervisor has had it renewed in the role map."
        )
    elif desk.certified_until is not None:
        yield section(
            f"*Your examiner certification ends on {day(desk.certified_until)}.* Have it renewed in "
            "time: afterwards nothing can be taken, decided or handed back."
        )


def _desk(roles: Set[Role], desk: Desk, zone: str) -> Iterator[Json]:
    yield divider()
    yield section("*Waits for you*" if desk.mine else "*Nothing waits for you.*")
    yield from _lines("mine", desk.mine, _MINE, zone)
    if roles & {Role.EXAMINER, Role.SUPERVISOR}:
        yield divider()
        others = "*Waits for others*" if desk.others else "*Nothing waits for others.*"
        yield section(others)
        yield from _lines("others", desk.others, _OTHERS, zone)


def _lines(
    queue: str, lines: Sequence[Line], words: dict[Task, str], zone: str
) -> Iterator[Json]:
    for place, line in enumerate(lines[:_LINES_MAX]):
        late = " · *late*" if line.late else ""
        block = section(
            f"{fitted(line.number, 50)}: {words[line.task]}\n"
            f"Since {moment(line.since, zone)}{late}"
        )
        if line.link:
            action = detailed(ActionId.OPEN_CARD, f"{queue}-{place}")
            block["accessory"] = link("Open", action, line.link)
        yield block
    if len(lines) > _LINES_MAX:
        yield context(f"And {counted(len(lines) - _LINES_MAX, 'more', 'more')}.")


def _own(open_requests: Sequence[OpenRequest]) -> str:
    if not open_requests:
        return "You have no open request."
    lines = [
        f"• {fitted(r.number, 50)}: {_where(r.state)}"
        for r in open_requests[:_SHOWN_MAX]
    ]
    return "*Your open requests*\n" + "\n".join(lines)


def _where(state: State) -> str:
    waiting = state is State.FACE_CHOICE
    return "waiting for your answer" if waiting else channel_words(state)
