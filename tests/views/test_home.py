"""The Home tab."""

from bot.domain.actors import Role
from bot.domain.queue import Task
from bot.domain.workflow import State
from bot.views.home import Desk, Line, OpenRequest, home
from tests.builders import NOON
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


def a_line(number: str, task: Task = Task.TAKE) -> Line:
    return Line(number, task, NOON, "https://fis.example/archives/C-1/p1", late=True)


def test_only_the_section_has_a_queue_of_others() -> None:
    for role in Role:
        read = shown(home({role}, []))
        has_queue = role in (Role.EXAMINER, Role.SUPERVISOR)
        assert ("waits for others" in read) is has_queue


def test_a_long_queue_is_cut_and_says_so() -> None:
    desk = Desk(mine=tuple(a_line(f"FIS-2026-{n:06}") for n in range(40)))
    read = shown(home({Role.EXAMINER}, [], desk))
    assert "FIS-2026-000024" in read
    assert "FIS-2026-000025" not in read
    assert "And 15 more." in read


def test_every_link_has_a_name_of_its_own() -> None:
    desk = Desk(mine=(a_line("FIS-1"), a_line("FIS-2")), others=(a_line("FIS-3"),))
    names = [
        block["accessory"]["action_id"]
        for block in home({Role.EXAMINER}, [], desk)["blocks"]
        if "accessory" in block
    ]
    assert len(set(names)) == 3
