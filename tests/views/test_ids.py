"""What a button carries, and how it is recognised again."""

import pytest

from bot.views.ids import ActionId, BadReference, Ref, detailed, parse_ref, pressed, ref


def test_a_button_brings_back_what_it_was_given() -> None:
    assert parse_ref(ref("FIS-2026-000123", 7)) == Ref("FIS-2026-000123", 7)
    assert parse_ref(ref("EX-1", 2, "MARKS_DIFFER")) == Ref("EX-1", 2, "MARKS_DIFFER")


@pytest.mark.parametrize("value", ["", "|", "FIS-1", "FIS-1|", "|3", "a|x", "a|-1", "a|1|b|c", "a|1\n"])  # fmt: skip
def test_a_value_that_is_not_ours_is_refused(value: str) -> None:
    with pytest.raises(BadReference):
        parse_ref(value)


def test_an_action_is_recognised_with_and_without_its_detail() -> None:
    assert pressed(ActionId.EXCLUDE).match(detailed(ActionId.EXCLUDE, "AB"))
    assert pressed(ActionId.EXCLUDE).match("exclude")


def test_an_action_is_not_taken_for_a_longer_one() -> None:
    assert not pressed(ActionId.EXCLUDE).match(detailed(ActionId.EXCLUDE_AS, "A"))
    assert not pressed(ActionId.REVIEW).match("reviewer")
