"""Giving an examination up, and taking it from whoever cannot end it: one reason, and nothing of the case."""

from bot.domain.authorizations import REASON_MIN
from bot.views.blocks import Json, modal, reason_field, section
from bot.views.ids import ViewId
from bot.views.text import Message, fitted

_NOTHING_KEPT = (
    "Somebody who has not seen these candidates goes on from the beginning, in another order and with "
    "other letters. What was decided so far stays in the record and is shown to nobody before the end."
)


def hand_back_modal(number: str, examination: str, version: int) -> Json:
    return modal(
        ViewId.HAND_BACK,
        "Hand back",
        [
            section(
                f"*{fitted(number, 50)}*\n{_NOTHING_KEPT} You cannot take any other part in this request."
            ),
            _reason("Why you hand it back"),
        ],
        metadata={"examination": examination, "version": version},
        submit="Hand back",
        close="Cancel",
    )


def reassign_modal(number: str, examination: str, version: int) -> Json:
    return modal(
        ViewId.REASSIGN,
        "Reassign",
        [
            section(
                f"*{fitted(number, 50)}*\n{_NOTHING_KEPT} Whoever has it now is told privately that it was "
                "reassigned, and why."
            ),
            _reason("Why it is taken from its examiner"),
        ],
        metadata={"examination": examination, "version": version},
        submit="Reassign",
        close="Cancel",
    )


def _reason(label: str) -> Json:
    hint = f"Recorded with your name. At least {REASON_MIN} characters."
    return reason_field(label, hint, least=REASON_MIN)


def displaced_note(number: str, reason: str) -> Message:
    """For the displaced examiner alone."""
    said = (
        f"*{fitted(number, 50)}*\nA supervisor has given your examination to somebody else. You have "
        f"nothing left to do on it. The reason:\n> {fitted(' '.join(reason.split()), 1000)}"
    )
    return Message(f"{number}: your examination was reassigned.", (section(said),))
