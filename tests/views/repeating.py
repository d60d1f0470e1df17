"""Every view of a repeated probe, the worst one included."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from bot.domain.prints import Likeness
from bot.domain.purposes import OffenseCategory
from bot.domain.workflow import State
from bot.views.repeating import (
    SHOWN_MAX,
    EarlierView,
    RepeatCard,
    RepeatDecision,
    allow_repeat_modal,
    refuse_repeat_modal,
    repeat_card,
)
from bot.views.text import Message
from tests.builders import NOON, REQUEST

LONG_LINES = "<!channel> & *bold*\n" * 150
EARLIER = EarlierView(
    "FIS-2026-000001",
    "2026-075-001234",
    "U-OMAR",
    NOON,
    State.NO_POSSIBLE_MATCH,
    Likeness.SAME_FILE,
)
HELD = RepeatCard(
    REQUEST, 4, "2026-075-001234", OffenseCategory.ROBBERY, "U-DANA", (EARLIER,)
)


def repeat_views() -> Iterator[Message | dict[str, Any]]:
    yield repeat_card(HELD)
    for state in State:
        for likeness in Likeness:
            one = replace(EARLIER, state=state, likeness=likeness)
            yield repeat_card(replace(HELD, earlier=(one,)))
    worst = replace(EARLIER, case_number="x" * 3000)
    yield repeat_card(replace(HELD, earlier=(worst,) * (SHOWN_MAX + 3)))
    yield repeat_card(replace(HELD, withdrawn=True))
    for allowed in (True, False):
        decision = RepeatDecision(allowed, "U-SAM", NOON, LONG_LINES)
        yield repeat_card(replace(HELD, decision=decision))
    yield allow_repeat_modal(REQUEST, 4)
    yield refuse_repeat_modal(REQUEST, 4)
