"""Whom a direct message is for is told by its key alone."""

import pytest

from bot.domain.actors import Role
from bot.domain.addresses import own_question_key, reader_of, summary_key
from bot.domain.pictures import asked_key, faces_key, lead_key

MARA = "U-MARA"


@pytest.mark.parametrize(
    ("card", "role"),
    [
        (own_question_key("AU-1", MARA), Role.COMMANDER),
        (asked_key("AU-1", MARA), Role.COMMANDER),
        (f"{asked_key('AU-1', MARA)}#2", Role.COMMANDER),
        (summary_key("2026-10", MARA), Role.AUDITOR),
        ("FIS-2026-000001/requester", Role.REQUESTER),
        (lead_key("FIS-2026-000001"), Role.REQUESTER),
        (faces_key("FIS-2026-000001"), Role.REQUESTER),
        ("AU-1/told/denied", Role.REQUESTER),
    ],
)
def test_a_key_tells_who_may_read_it(card: str, role: Role) -> None:
    assert reader_of(card, MARA) is role


def test_a_question_to_one_commander_is_not_addressed_to_another_account() -> None:
    assert reader_of(own_question_key("AU-1", MARA), "U-JOON") is Role.REQUESTER
