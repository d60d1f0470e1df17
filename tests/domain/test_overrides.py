"""Nobody is proposed on a poor image without a word on why it carries that."""

import pytest

from bot.domain.overrides import (
    OVERRIDE_MAX,
    OVERRIDE_MIN,
    NotOverridden,
    check_override,
)
from bot.domain.quality import Warned

POOR = (Warned.SIZE, Warned.LIGHT)


@pytest.mark.parametrize(
    "reason", ["", " " * OVERRIDE_MIN, "x" * (OVERRIDE_MIN - 1), "x" * OVERRIDE_MAX * 2]
)
def test_a_proposal_on_a_poor_image_takes_a_reason_of_some_length(reason: str) -> None:
    with pytest.raises(NotOverridden) as refused:
        check_override(POOR, reason, proposes=True)
    assert refused.value.rule == "QUALITY_NOT_OVERRIDDEN"


@pytest.mark.parametrize(
    ("warned", "reason", "proposes"),
    [
        (POOR, "x" * OVERRIDE_MIN, True),
        (POOR, "", False),
        ((), "", True),
    ],
)
def test_nothing_else_takes_one(
    warned: tuple[Warned, ...], reason: str, proposes: bool
) -> None:
    check_override(warned, reason, proposes=proposes)


def test_what_is_warned_about_is_named() -> None:
    with pytest.raises(NotOverridden, match="size, light"):
        check_override(POOR, "", proposes=True)
