"""The role map: read anew when it changes, and nobody holds anything while it cannot be read."""

import os
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.domain.actors import Office, Role
from bot.errors import NotPermitted
from bot.roles import BadRoleMap, RoleMap, render

DANA = {"person": "4711", "slack_users": ["U-DANA", "U-DANA-2"], "roles": ["requester"]}
ERIK = {
    "person": "8101",
    "slack_users": ["U-ERIK"],
    "roles": ["examiner", "requester"],
    "certified_until": date(2027, 6, 30),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "roles.yaml"
    path.write_text(render([DANA, ERIK]))
    return path


def change(path: Path, text: str) -> None:
    """Write it at another moment than before, however coarse the clock of the disk is."""
    before = path.stat().st_mtime_ns
    path.write_text(text)
    os.utime(path, ns=(before + 1_000_000, before + 1_000_000))


def test_an_account_is_the_person_who_was_entered_with_it(path: Path) -> None:
    actor = RoleMap(path).actor("U-ERIK")
    assert (actor.person, actor.slack_user) == ("8101", "U-ERIK")
    assert actor.roles == {Role.EXAMINER, Role.REQUESTER}
    assert actor.certified_until == date(2027, 6, 30)


def test_two_accounts_of_one_person_are_one_person(path: Path) -> None:
    roles = RoleMap(path)
    assert roles.actor("U-DANA").person == roles.actor("U-DANA-2").person
    assert roles.account_of("4711") == "U-DANA"


def test_an_account_nobody_entered_is_refused_by_name(path: Path) -> None:
    with pytest.raises(NotPermitted) as refused:
        RoleMap(path).actor("U-STRANGER")
    assert refused.value.rule == "NOT_IN_ROLE_MAP"


def test_a_role_that_is_taken_away_is_gone_at_the_next_question(path: Path) -> None:
    roles = RoleMap(path)
    change(path, render([DANA]))
    with pytest.raises(NotPermitted):
        roles.actor("U-ERIK")
    assert roles.actor("U-DANA").roles == {Role.REQUESTER}


def test_a_role_that_is_given_holds_at_the_next_question(path: Path) -> None:
    roles = RoleMap(path)
    change(path, render([{**DANA, "roles": ["requester", "supervisor"]}]))
    assert roles.actor("U-DANA").holds(Role.SUPERVISOR)


def _broken(path: Path) -> None:
    change(path, "people: [")


def _gone(path: Path) -> None:
    path.unlink()


def _of_two(path: Path) -> None:
    change(path, render([DANA, {**ERIK, "slack_users": ["U-DANA"]}]))


@pytest.mark.parametrize("spoil", [_broken, _gone, _of_two])
def test_a_map_that_cannot_be_read_gives_nobody_anything_until_it_can(
    path: Path, spoil: Callable[[Path], None]
) -> None:
    roles = RoleMap(path)
    good = path.read_text()
    spoil(path)
    for _ in range(2):
        with pytest.raises(NotPermitted) as refused:
            roles.actor("U-DANA")
        assert refused.value.rule == "ROLE_MAP_UNREADABLE"
    path.write_text(good)
    assert roles.actor("U-DANA").person == "4711"


@pytest.mark.parametrize("spoil", [_broken, _of_two])
def test_the_start_stops_at_a_map_that_cannot_be(
    path: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(path)
    with pytest.raises(BadRoleMap):
        RoleMap(path)


def test_an_account_of_two_people_is_named(path: Path) -> None:
    _of_two(path)
    with pytest.raises(BadRoleMap, match="U-DANA belongs to two people"):
        RoleMap(path)


@pytest.mark.parametrize(
    "entry",
    [
        {"slack_users": ["U-1"], "roles": ["requester"]},
        {"person": "1", "roles": ["requester"]},
        {"person": "1", "slack_users": ["U-1"]},
        {"person": "1", "slack_users": ["U-1"], "roles": ["king"]},
        {"person": "1", "slack_users": None, "roles": ["requester"]},
        {
            "person": "1",
            "slack_users": ["U-1"],
            "roles": ["examiner"],
            "certified_until": "next year",
        },
        {
            "person": "1",
            "slack_users": ["U-1"],
            "roles": ["examiner"],
            "certified_until": datetime(2027, 6, 30, 12, 0),  # noqa: DTZ001  as YAML reads it
        },
        "nobody",
    ],
)
def test_an_entry_that_says_too_little_or_nonsense_is_refused(
    path: Path, entry: Any
) -> None:
    path.write_text(render([entry]))
    with pytest.raises(BadRoleMap, match="person, slack_users and roles"):
        RoleMap(path)


@pytest.mark.parametrize("text", ["", "[]", "people:", "other: 1"])
def test_a_file_without_people_is_no_role_map(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(BadRoleMap):
        RoleMap(path)


# --- offices

MARA = {
    "person": "0101",
    "slack_users": ["U-MARA", "U-MARA-2"],
    "roles": ["commander"],
    "office": "chief_of_detectives",
}
JOON = {
    "person": "0102",
    "slack_users": ["U-JOON"],
    "roles": ["commander"],
    "office": "deputy_commissioner",
}
IDA = {
    "person": "0103",
    "slack_users": ["U-IDA"],
    "roles": ["commander"],
    "office": "chief_of_detectives",
    "delegate": True,
}
ADA = {"person": "0901", "slack_users": ["U-ADA"], "roles": ["auditor"]}


def test_a_commander_holds_the_office_that_was_entered(path: Path) -> None:
    path.write_text(render([MARA, JOON]))
    mara, joon = RoleMap(path).actor("U-MARA"), RoleMap(path).actor("U-JOON")
    assert (mara.office, mara.is_delegate) == (Office.CHIEF_OF_DETECTIVES, False)
    assert joon.title == "Deputy Commissioner, Intelligence and Counterterrorism"


def test_whoever_acts_for_an_office_is_called_a_delegate(path: Path) -> None:
    path.write_text(render([MARA, IDA]))
    assert RoleMap(path).actor("U-IDA").title == "Delegate of the Chief of Detectives"


def test_nobody_else_holds_an_office(path: Path) -> None:
    assert RoleMap(path).actor("U-ERIK").office is None


def _without(entry: dict[str, Any], name: str) -> dict[str, Any]:
    return {k: v for k, v in entry.items() if k != name}


@pytest.mark.parametrize(
    ("people", "cure"),
    [
        ([_without(MARA, "office")], "0101 is a commander and has no office. Add office: "),
        ([{**MARA, "office": "king"}], "'king'. Add office: chief_of_detectives or office: "),
        ([{**MARA, "office": ["chief_of_detectives"]}], "Add office: chief_of_detectives"),
        ([{**MARA, "roles": ["supervisor"]}], "Add the role, or take office and delegate out"),
        ([{**DANA, "delegate": True}], "4711 has an office, or acts for one"),
        ([{**MARA, "delegate": "yes"}], "write true or false"),
        ([MARA, _without(IDA, "delegate")], "0101 and 0103 both hold .* needs delegate: true"),
    ],
)  # fmt: skip
def test_an_office_that_cannot_be_is_refused_with_its_cure(
    path: Path, people: list[dict[str, Any]], cure: str
) -> None:
    path.write_text(render(people))
    with pytest.raises(BadRoleMap, match=cure):
        RoleMap(path)


def test_one_person_may_hold_an_office_in_two_entries(path: Path) -> None:
    path.write_text(render([MARA, {**MARA, "slack_users": ["U-MARA-3"]}]))
    assert RoleMap(path).actor("U-MARA-3").person == "0101"


def test_every_account_of_a_commander_is_named_and_nobody_elses(path: Path) -> None:
    path.write_text(render([DANA, MARA, IDA, ADA]))
    roles = RoleMap(path)
    found = {actor.slack_user: actor.person for actor in roles.commanders()}
    assert found == {"U-MARA": "0101", "U-MARA-2": "0101", "U-IDA": "0103"}
    assert [actor.slack_user for actor in roles.auditors()] == ["U-ADA"]


def test_a_commander_who_is_taken_out_is_not_asked_any_more(path: Path) -> None:
    path.write_text(render([MARA, JOON]))
    roles = RoleMap(path)
    change(path, render([JOON]))
    assert [actor.slack_user for actor in roles.commanders()] == ["U-JOON"]


@pytest.mark.parametrize("spoil", [_broken, _gone])
def test_a_map_that_cannot_be_read_names_no_commander_and_no_auditor(
    path: Path, spoil: Callable[[Path], None]
) -> None:
    path.write_text(render([MARA, ADA]))
    roles = RoleMap(path)
    spoil(path)
    assert (roles.commanders(), roles.auditors()) == ((), ())
    path.write_text(render([MARA, ADA]))
    assert len(roles.commanders()) == 2


def test_an_account_is_named_by_its_person_or_else_by_itself(path: Path) -> None:
    roles = RoleMap(path)
    assert roles.person_of("U-DANA-2") == "4711"
    assert roles.person_of("U-STRANGER") == "account U-STRANGER"
    change(path, render([{**DANA, "person": "4712"}]))
    assert roles.person_of("U-DANA") == "4712"
    path.unlink()
    assert roles.person_of("U-DANA") == "4712"
