"""The App Home: who you are here, what you can do, and what of yours is open."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from bot.domain.actors import Role
from bot.domain.workflow import State
from bot.views.blocks import Json, context, divider, header, section
from bot.views.ids import CommandName
from bot.views.requester import channel_words
from bot.views.text import fitted

_SHOWN_MAX = 40

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


@dataclass(frozen=True, slots=True)
class OpenRequest:
    number: str
    state: State


def home(roles: Set[Role], open_requests: Sequence[OpenRequest]) -> Json:
    """Return the Home tab of one person; an empty set of roles is somebody without access."""
    blocks = [header("Facial Identification Section"), *_may(roles)]
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
