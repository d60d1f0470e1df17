"""kill -9 around another repository: searched once, ended in time, destroyed to the end."""

import asyncio
import copy
import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.clock import utc_now
from bot.config import Settings
from bot.domain.audit import AuditEvent, Verb
from bot.jobs.bench import Bench
from bot.sandbox import cases
from bot.sandbox.acts import Acts
from bot.sandbox.authorizing import Authorizing
from bot.sandbox.records import BOT_USER
from bot.sandbox.server import Sandbox
from storage.cipher import Cipher
from storage.vault import Vault
from tests.driver import without_threads
from tests.front import KEY, REMEMBERED, Enrolled, Workplace, opened
from tests.jobs.living import House, Line, Living, kill, settings_for
from tests.jobs.parts import eventually
from tests.jobs.test_crashes import events, models
from tests.journeys.threats import started

__all__ = ["models"]  # a fixture

LONG_AGO = "2020-01-01 00:00:00.000000"
Reach = Callable[[Workplace], Awaitable[str]]


@asynccontextmanager
async def house_at(
    reach: Reach, home: Path, enrolled: Enrolled, models: Path
) -> AsyncIterator[tuple[House, str]]:
    """A house in which people have come as far as this today, with nobody running in it yet."""
    shutil.copy(enrolled.database, home / "fis.sqlite3")
    shutil.copytree(enrolled.vault_home, home / "vault")
    with without_threads():
        async with opened(home, _with_own_vault(enrolled, home)) as workplace:
            workplace.clock.moment = utc_now()
            id = await reach(workplace)
            await workplace.settle()
            slack = workplace.sandbox.workspace
            memory = copy.deepcopy({name: getattr(slack, name) for name in REMEMBERED})
            ids = int(slack.next_id(""))
    shutil.copytree(enrolled.bench.galleries_dir, home / "galleries")
    async with Sandbox(cases.seed(), cases.MANIFEST, retry_delays=()) as sandbox:
        for name, value in memory.items():
            setattr(sandbox.workspace, name, value)
        while int(sandbox.workspace.next_id("")) < ids:
            continue
        house = House(_settings(home, sandbox, models), sandbox)
        try:
            yield house, id
        finally:
            await asyncio.to_thread(house.close)


def _with_own_vault(enrolled: Enrolled, home: Path) -> Enrolled:
    vault, bench = Vault(home / "vault", Cipher(KEY)), enrolled.bench
    own = Bench(bench.engine, vault, bench.galleries_dir, 0.35)
    return replace(
        enrolled, vault=vault, vault_home=home / "vault", bench=own, stages={}
    )


def _settings(home: Path, sandbox: Sandbox, models: Path) -> Settings:
    return settings_for(
        home,
        sandbox,
        KEY,
        models_dir=models,
        commander_channel=cases.COMMANDERS,
        repositories=home / "repositories.yaml",
        list_length=3,
    )


async def is_recorded(house: House, verb: Verb) -> list[AuditEvent]:
    return [event for event in await events(house) if event.verb is verb]


def state_of(house: House) -> str:
    [(state,)] = house.rows("SELECT state FROM authorizations")
    return str(state)


async def test_a_granted_search_is_made_once_whoever_is_killed(
    enrolled: Enrolled, home: Path, models: Path
) -> None:
    """The bot right after the grant, and the worker in the middle of the search."""
    async with house_at(Workplace.asked, home, enrolled, models) as (house, id):
        authorizing = Authorizing(acts := Acts(house.sandbox))
        first = house.serve()
        await house.is_up()
        await authorizing.decide(cases.MARA, id, "grant")
        await eventually(lambda: state_of(house) == "granted")
        first.kill()
        for pid in first.worker_pids():  # which would make the search, too
            kill(pid)
        second = house.serve()
        await house.is_up()
        kill_worker_at_its_search(second)
        await authorizing.start(cases.LENA, id)
        await acts.examination(id, 1)
        begun = await is_recorded(house, Verb.SEARCH_STARTED)
        own = [e.facts["attempt"] for e in begun if "authorization" in e.facts]
        assert own[-1] == 2
        assert len(second.worker_pids()) == 2
        for verb in (Verb.AUTHORIZATION_STARTED, Verb.AUTHORIZATION_CONSUMED):
            assert len(await is_recorded(house, verb)) == 1
        assert house.rows("SELECT count(*) FROM searches") == [(2,)]
        assert state_of(house) == "consumed"


def kill_worker_at_its_search(bot: Living) -> None:
    """As soon as it has taken it."""

    def react(line: Line) -> None:
        if line["event"] == "work.claimed" and line["work"] == "search":
            bot.reactions.clear()
            kill(bot.worker_pids()[-1])

    bot.reactions.append(react)


async def test_what_was_revoked_is_destroyed_to_the_end_by_the_next_bot(
    enrolled: Enrolled, home: Path, models: Path
) -> None:
    async with house_at(Workplace.authorized, home, enrolled, models) as (house, id):
        house.settings = house.settings.model_copy(update={"workers": 0})
        pictures, others = shown(house), in_vault(house) - named(house)
        assert pictures
        first = house.serve()
        await house.is_up()
        kill_at_the_first_deletion(house, first)
        await Authorizing(Acts(house.sandbox)).revoke(cases.JOON, id)
        await eventually(lambda: first.process.poll() is not None)
        assert len(shown(house)) == len(pictures) - 1
        assert house.rows("SELECT count(swept_at) FROM searches") == [(0,)]
        house.serve()
        await house.is_up()
        await eventually(
            lambda: house.rows("SELECT id FROM searches WHERE swept_at IS NOT NULL"),
            seconds=20,
        )
        assert shown(house) == []
        assert named(house) <= in_vault(house) <= named(house) | others
        [finished] = await is_recorded(house, Verb.PURGE_FINISHED)
        assert finished.facts == {"request": id}


def shown(house: House) -> list[str]:
    """The bot's files that somebody can see."""
    files = house.sandbox.workspace.files.values()
    return [f.id for f in files if f.owner == BOT_USER and f.shares and not f.deleted]


def kill_at_the_first_deletion(house: House, bot: Living) -> None:
    before = len(shown(house))

    def look() -> None:
        if len(shown(house)) < before:
            bot.process.kill()

    house.sandbox.workspace.subscribe(look)


def in_vault(house: House) -> set[str]:
    return {f.name for f in (house.settings.data_dir / "vault").glob("??/??/*")}


def named(house: House) -> set[str]:
    """The files of the vault that something on record is made of."""
    rows = house.rows(
        "SELECT vault_sha256 FROM pictures UNION SELECT sha256 FROM photographs"
        " UNION SELECT sha256 FROM probes"
    )
    return {sha256 for (sha256,) in rows}


@pytest.mark.parametrize("open_one", [Workplace.asked, Workplace.granted])
async def test_what_came_to_its_end_while_nobody_ran_ends_at_the_start(
    enrolled: Enrolled, home: Path, models: Path, open_one: Reach
) -> None:
    """A question or grant, and a threat search without its written sign-off."""

    async def both(workplace: Workplace) -> str:
        await started(workplace)
        return await open_one(workplace)

    async with house_at(both, home, enrolled, models) as (house, _):
        house.settings = house.settings.model_copy(update={"workers": 0})
        date_back(house)
        bot = house.serve()
        await house.is_up()
        assert state_of(house) == "expired"
        assert ("held",) in house.rows("SELECT state FROM requests")
        for verb in (Verb.AUTHORIZATION_EXPIRED, Verb.SIGN_OFF_LAPSED):
            assert len(await is_recorded(house, verb)) == 1
        assert await asyncio.to_thread(bot.end) == 0


def date_back(house: House) -> None:
    path = house.settings.data_dir / "fis.sqlite3"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE authorizations SET expires_at = ?", (LONG_AGO,))
        connection.execute("UPDATE rulings SET at = ?", (LONG_AGO,))
