"""The Home tab."""

from bot.domain.actors import Role
from bot.domain.workflow import State
from bot.views.home import OpenRequest, home
from tests.views.reading import shown

MINE = [
    OpenRequest("FIS-2026-000123", State.EXAMINATION),
    OpenRequest("FIS-2026-000124", State.FACE_CHOICE),
]


def test_a_requester_sees_the_open_requests_in_neutral_words() -> None:
    read = shown(home({Role.REQUESTER}, MINE))
    assert "FIS-2026-000123: in progress" in read
    assert "FIS-2026-000124: waiting for your answer" in read


def test_a_requester_without_one_is_told_so() -> None:
    assert "You have no open request." in shown(home({Role.REQUESTER}, []))


def test_requests_are_shown_to_a_requester_only() -> None:
    assert "FIS-2026-000123" not in shown(home({Role.EXAMINER}, MINE))


def test_a_person_with_two_roles_reads_about_both() -> None:
    read = shown(home({Role.EXAMINER, Role.SUPERVISOR}, []))
    assert "*Examiner:*" in read
    assert "*Supervisor:*" in read
    assert "*Requester:*" not in read


def test_a_person_without_a_role_is_told_whom_to_ask() -> None:
    assert "You have no role here." in shown(home(set(), MINE))
