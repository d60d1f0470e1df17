"""The door: every act is done once, nothing that was not done is called done, and nothing escapes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from slack_bolt.async_app import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import NotPermitted, Unavailable
from bot.handlers.payloads import Click
from bot.handlers.reception import Attempt, Reception, clicked
from bot.roles import RoleMap, render
from bot.sandbox import cases
from bot.sandbox.server import Sandbox
from bot.workspace import Workspace
from storage.cipher import Cipher
from storage.database import Database
from tests.builders import NOON
from tests.front import text_of

ATTEMPT = Attempt("take", cases.DANA, key="click/1", channel=cases.REQUESTS)
NOBODY_LISTENS = "http://127.0.0.1:9/api/"


@dataclass
class Door:
    reception: Reception
    db: Database
    sandbox: Sandbox
    done: list[str] = field(default_factory=list)

    async def act(self) -> None:
        self.done.append("act")

    async def refusals(self) -> list[tuple[str, str]]:
        async with self.db.snapshot() as snapshot:
            entries = await snapshot.audit.entries()
        return [(e.event.actor, e.event.facts["rule"]) for e in entries]

    @property
    def told(self) -> str:
        person = self.sandbox.person(cases.DANA)
        private = person.ephemerals(cases.REQUESTS)
        return text_of(private) + text_of(person.dm_messages())


def door_of(db: Database, sandbox: Sandbox, home: Path, url: str = "") -> Door:
    roles = home / "roles.yaml"
    roles.write_text(render(cases.people()))
    client = AsyncWebClient(
        token=sandbox.bot_token, base_url=url or sandbox.api_url, retry_handlers=[]
    )
    workspace = Workspace(client, "T-FIS")
    reception = Reception(db, client, RoleMap(roles), workspace, lambda: NOON)
    return Door(reception, db, sandbox)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(cases.seed(), cases.MANIFEST, retry_delays=()) as running:
        yield running


@pytest.fixture
def door(db: Database, sandbox: Sandbox, tmp_path: Path) -> Door:
    return door_of(db, sandbox, tmp_path)


def raising(error: Exception) -> Callable[[], Awaitable[None]]:
    async def work() -> None:
        raise error

    return work


async def test_what_was_done_is_not_done_again(door: Door) -> None:
    for _ in range(2):
        await door.reception.receive(ATTEMPT, door.act)
    assert door.done == ["act"]


async def test_what_is_being_done_is_not_begun_a_second_time(door: Door) -> None:
    began, may_end = asyncio.Event(), asyncio.Event()

    async def slowly() -> None:
        began.set()
        await may_end.wait()
        await door.act()

    first = asyncio.create_task(door.reception.receive(ATTEMPT, slowly))
    await began.wait()
    await door.reception.receive(ATTEMPT, slowly)
    may_end.set()
    await first
    assert door.done == ["act"]


async def test_what_an_outage_kept_from_being_done_is_not_taken_for_done(
    door: Door,
) -> None:
    await door.reception.receive(ATTEMPT, raising(Unavailable("Slack is away")))
    assert "was not recorded" in door.told
    await door.reception.receive(ATTEMPT, door.act)
    assert door.done == ["act"]


async def test_what_a_defect_kept_from_being_done_can_be_done_later(
    door: Door,
) -> None:
    await door.reception.receive(ATTEMPT, raising(ZeroDivisionError()))
    assert "Something went wrong" in door.told
    await door.reception.receive(ATTEMPT, door.act)
    assert door.done == ["act"]


async def test_a_refusal_is_recorded_and_told_once(door: Door) -> None:
    for _ in range(2):
        await door.reception.receive(ATTEMPT, raising(NotPermitted("Not you.")))
    assert await door.refusals() == [("4711", "NOT_PERMITTED")]
    assert door.told.count("Not you.") == 1


async def test_a_refusal_records_the_roles_held_at_that_moment(door: Door) -> None:
    await door.reception.receive(ATTEMPT, raising(NotPermitted("Not you.")))
    async with door.db.snapshot() as snapshot:
        [entry] = await snapshot.audit.entries()
    facts = entry.event.facts
    assert (facts["account"], facts["roles"]) == (cases.DANA, ["requester"])


async def test_a_busy_database_keeps_nobody_from_being_told(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    path, cipher = tmp_path / "fis.sqlite3", Cipher(bytes(32))
    db, other = Database(path, cipher, busy_s=0.05), Database(path, cipher)
    await db.migrate()
    door = door_of(db, sandbox, tmp_path)
    async with other.transaction():
        await door.reception.receive(ATTEMPT, raising(NotPermitted("Not you.")))
        await door.reception.receive(ATTEMPT, door.act)
    assert "Not you." in door.told
    # The first could not be noted, so the same delivery counts as new.
    assert door.done == ["act"]
    await db.close()
    await other.close()


@pytest.mark.parametrize("error", [NotPermitted("No."), Unavailable(""), ValueError()])
async def test_nothing_escapes_even_when_nobody_can_be_told(
    db: Database, sandbox: Sandbox, tmp_path: Path, error: Exception
) -> None:
    door = door_of(db, sandbox, tmp_path, NOBODY_LISTENS)
    await door.reception.receive(ATTEMPT, raising(error))
    assert door.told == ""


async def test_nothing_escapes_when_slack_answers_what_nobody_expects(
    door: Door,
) -> None:
    door.sandbox.workspace.users.pop(cases.DANA)
    await door.reception.receive(ATTEMPT, raising(NotPermitted("Not you.")))
    assert await door.refusals() == [("4711", "NOT_PERMITTED")]


# --- what cannot be read

PRESS: dict[str, Any] = {
    "user": {"id": cases.DANA, "team_id": "T-FIS"},
    "team": {"id": "T-FIS"},
    "trigger_id": "1.2.3",
    "container": {"channel_id": cases.REQUESTS, "message_ts": "1.0"},
    "actions": [{"action_id": "take", "value": "EX-1|1"}],
}


class Ack:
    async def __call__(self, **answer: object) -> None:
        assert answer == {}


async def press(door: Door, **changes: object) -> None:
    async def work(_: Click) -> None:
        await door.act()

    await clicked(door.reception, work)(cast(AsyncAck, Ack()), {**PRESS, **changes})


async def test_a_press_as_it_should_be_is_carried_out(door: Door) -> None:
    await press(door)
    assert (door.done, await door.refusals()) == (["act"], [])


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"actions": [{"action_id": "take", "value": "x"}]}, "BAD_REFERENCE"),
        ({"actions": [{"action_id": "take"}]}, "BAD_PAYLOAD"),
        ({"trigger_id": None}, "BAD_PAYLOAD"),
    ],
)
async def test_a_press_that_cannot_be_read_is_recorded_and_its_sender_told(
    door: Door, changes: dict[str, object], rule: str
) -> None:
    await press(door, **changes)
    assert await door.refusals() == [("4711", rule)]
    assert door.told != ""
    assert door.done == []


async def test_a_press_of_nobody_is_not_recorded(door: Door) -> None:
    await press(door, user="U-DANA")
    assert (door.done, await door.refusals()) == ([], [])
