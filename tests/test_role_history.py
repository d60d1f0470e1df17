"""Role maps in the audit log: each that was in force, once, with whose rights it changed."""

import os
from pathlib import Path
from typing import Any

import pytest

from bot.domain.audit import ROLE_MAP, AuditEvent, Verb
from bot.role_history import RoleHistory
from bot.roles import RoleMap, render
from storage.database import Database
from tests.builders import NOON

DANA = {"person": "4711", "slack_users": ["U-DANA"], "roles": ["requester"]}
MARA = {
    "person": "0101",
    "slack_users": ["U-MARA"],
    "roles": ["commander"],
    "office": "chief_of_detectives",
}
SAM = {"person": "9001", "slack_users": ["U-SAM"], "roles": ["supervisor"]}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "roles.yaml"
    path.write_text(render([DANA]))
    return path


def change(path: Path, *people: dict[str, Any], remark: str = "") -> None:
    write(path, render(list(people)) + remark)


def write(path: Path, text: str) -> None:
    """At another moment than before, however coarse the clock of the disk is."""
    before = path.stat().st_mtime_ns
    path.write_text(text)
    os.utime(path, ns=(before + 1_000_000, before + 1_000_000))


def history_of(db: Database, roles: RoleMap) -> RoleHistory:
    return RoleHistory(db, roles, lambda: NOON)


async def recorded(db: Database) -> list[AuditEvent]:
    async with db.snapshot() as snapshot:
        await snapshot.audit.check()
        return [e.event for e in await snapshot.audit.entries(ROLE_MAP)]


async def test_the_first_map_is_recorded_with_everybody_in_it(
    db: Database, path: Path
) -> None:
    await history_of(db, RoleMap(path)).record()
    [event] = await recorded(db)
    assert event.verb is Verb.CONFIGURATION_CHANGED
    assert (event.facts["before"], event.facts["changed"]) == (None, ["U-DANA"])
    assert event.facts["entries"] == {
        "U-DANA": {"person": "4711", "roles": ["requester"], "certified_until": None}
    }


async def test_a_map_that_stays_is_recorded_once_however_often_the_bot_starts(
    db: Database, path: Path
) -> None:
    for _ in range(2):
        history = history_of(db, RoleMap(path))
        await history.record()
        await history.record()
    assert len(await recorded(db)) == 1


async def test_a_right_that_was_given_and_taken_again_leaves_both_in_the_record(
    db: Database, path: Path
) -> None:
    roles = RoleMap(path)
    history = history_of(db, roles)
    await history.record()
    change(path, {**DANA, "roles": ["requester", "supervisor"]})
    roles.actor("U-DANA")  # acts by it before anybody records
    change(path, DANA)
    await history.record()
    first, given, taken = await recorded(db)
    assert given.facts["entries"]["U-DANA"]["roles"] == ["requester", "supervisor"]
    assert taken.facts["entries"] == first.facts["entries"]
    assert given.facts["changed"] == taken.facts["changed"] == ["U-DANA"]
    assert taken.facts["before"] == given.facts["after"]


async def test_a_map_changed_while_the_bot_stood_still_is_a_change(
    db: Database, path: Path
) -> None:
    await history_of(db, RoleMap(path)).record()
    change(path, DANA, SAM)
    await history_of(db, RoleMap(path)).record()
    assert (await recorded(db))[-1].facts["changed"] == ["U-SAM"]


async def test_whoever_becomes_a_delegate_has_other_rights_than_before(
    db: Database, path: Path
) -> None:
    roles = RoleMap(path)
    history = history_of(db, roles)
    change(path, DANA, MARA)
    await history.record()
    change(path, DANA, {**MARA, "delegate": True})
    await history.record()
    before, after = (await recorded(db))[-2:]
    assert before.facts["entries"]["U-MARA"]["office"] == "chief_of_detectives"
    assert before.facts["entries"]["U-MARA"]["delegate"] is False
    assert after.facts["entries"]["U-MARA"]["delegate"] is True
    assert after.facts["changed"] == ["U-MARA"]


async def test_a_remark_in_the_file_changes_nobodys_rights(
    db: Database, path: Path
) -> None:
    history = history_of(db, RoleMap(path))
    await history.record()
    change(path, DANA, remark="# asked for on Monday\n")
    await history.record()
    assert (await recorded(db))[-1].facts["changed"] == []


async def test_an_unreadable_map_is_recorded_only_once_it_can_be_read(
    db: Database, path: Path
) -> None:
    history = history_of(db, RoleMap(path))
    await history.record()
    write(path, "people: [")
    await history.record()
    change(path, DANA)
    await history.record()
    assert len(await recorded(db)) == 1


async def test_a_refused_attempt_that_names_itself_so_is_no_role_map(
    db: Database, path: Path
) -> None:
    forged = AuditEvent(NOON, "4711", Verb.ATTEMPT_REFUSED, ROLE_MAP, {"rule": "STATE"})
    async with db.transaction() as tx:
        await tx.audit.append(forged)
    await history_of(db, RoleMap(path)).record()
    assert (await recorded(db))[-1].facts["before"] is None
