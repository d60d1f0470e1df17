"""Governed changes on the command line, every command a process of its own."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import app
from bot.approvals import changes
from bot.casework.building import build_gallery
from bot.domain.galleries import ModelId
from bot.domain.photographs import STANDARD_REPOSITORY
from bot.errors import FisError
from bot.roles import render
from bot.sandbox import cases
from storage.cipher import Cipher
from storage.database import Database
from storage.vault import Vault
from tests.builders import NOON, a_photograph, a_template
from tests.test_app import ROOT, run, settings_of

EARLIER = ModelId("Facenet512", "fa" * 32, 16)
PHOTOGRAPHS = 36
WHY = ("--why", "It misses fewer mates on our own photographs.")
SUPERVISOR = {"person": "9001", "slack_users": ["U-1"], "roles": ["supervisor"]}
ADMINISTRATOR = {"person": "7001", "slack_users": ["U-2"], "roles": ["administrator"]}
EXAMINER = {"person": "8001", "slack_users": ["U-3"], "roles": ["examiner"]}
PATIENCE_S = 120


def a_unit(data: Path, *people: Mapping[str, object]) -> dict[str, str]:
    """The environment of a bot that has been started once, with these people in its role map."""
    env = settings_of(data)
    (data / "roles.yaml").write_text(render([dict(one) for one in people]))

    async def start() -> None:
        db = Database(data / "fis.sqlite3", Cipher(bytes(range(32))))
        await db.migrate()
        await changes.at_start(
            db, {"FIS_WEAK_BELOW": 0.35, "FIS_LIST_LENGTH": 20}, NOON
        )
        await db.close()

    _run(start())
    return env


def _run(work: Coroutine[None, None, None]) -> None:
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(work)
    finally:
        loop.close()


def said(env: dict[str, str], *arguments: str) -> Result:
    """The command in this process: another one takes seconds to begin."""
    return CliRunner().invoke(app.cli, arguments, env=env)


def refused(env: dict[str, str], *arguments: str) -> str:
    """What ``main`` prints in one line."""
    error = said(env, *arguments).exception
    assert isinstance(error, FisError)
    return str(error)


def asked(data: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(data / "fis.sqlite3", timeout=10)) as connection:
        return connection.execute(statement).fetchall()


def test_a_proposal_is_recorded_listed_and_taken_back(tmp_path: Path) -> None:
    env = a_unit(tmp_path, SUPERVISOR, ADMINISTRATOR)
    proposing = ("change", "propose", "FIS_WEAK_BELOW", "0.4", "--by", "7001", *WHY)
    proposed = said(env, *proposing)
    assert proposed.exit_code == 0, proposed.exception
    assert "Pending: FIS_WEAK_BELOW: 0.35 -> 0.4, proposed by 7001" in proposed.stdout
    assert "Nobody can decide" not in proposed.stderr
    [(id, state)] = asked(
        tmp_path, "SELECT id, state FROM changes WHERE proposed_by = '7001'"
    )
    assert state == "pending"
    listed = said(env, "change", "list")
    assert f"{id}  Pending" in listed.stdout
    assert "in force: FIS_WEAK_BELOW = 0.35" in listed.stdout
    assert str(id) in refused(env, *proposing)
    taken = said(env, "change", "withdraw", str(id), "--by", "7001", *WHY)
    assert taken.exit_code == 0, taken.exception
    assert f"{id}  Withdrawn" in taken.stdout


def test_whoever_proposes_is_told_when_nobody_could_decide(tmp_path: Path) -> None:
    env = a_unit(tmp_path, SUPERVISOR)
    ended = said(
        env, "change", "propose", "FIS_LIST_LENGTH", "10", "--by", "9001", *WHY
    )
    assert ended.exit_code == 0
    assert "Nobody can decide on this" in ended.stderr


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("FIS_WEAK_BELOW", "1.5", "--by", "7001", *WHY), "less than or equal to 1"),
        (("FIS_WEAK_BELOW", "weak", "--by", "7001", *WHY), "valid number"),
        (("FIS_PORT", "80", "--by", "7001", *WHY), "no governed setting"),
        (("FIS_WEAK_BELOW", "0.4", "--by", "1", *WHY), "not in the role map"),
        (("FIS_WEAK_BELOW", "0.4", "--by", "8001", *WHY), "Only an administrator"),
        (("FIS_WEAK_BELOW", "0.4", "--by", "7001", "--why", "so"), "Say why in 20"),
        (("FIS_WEAK_BELOW", "0.35", "--by", "7001", *WHY), "is 0.35 already"),
    ],
)
def test_what_cannot_be_proposed_is_said_and_nothing_is_written(
    tmp_path: Path, given: tuple[str, ...], words: str
) -> None:
    env = a_unit(tmp_path, SUPERVISOR, ADMINISTRATOR, EXAMINER)
    assert words in refused(env, "change", "propose", *given)
    assert asked(tmp_path, "SELECT * FROM changes WHERE state = 'pending'") == []


def test_a_reindexing_that_was_killed_goes_on_where_it_was_and_switches_nothing(
    tmp_path: Path,
) -> None:
    env = a_unit(tmp_path, SUPERVISOR, ADMINISTRATOR)
    _run(_earlier_gallery(tmp_path))
    command = ("reindex", "--model", "SFace", "--by", "7001", *WHY, "--processes", "1")
    killed = subprocess.Popen(
        [sys.executable, ROOT / "app.py", *command],
        cwd=ROOT,
        env=env,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    _wait(lambda: _encoded(tmp_path) > 0)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    before = _encoded(tmp_path)
    assert 0 < before < PHOTOGRAPHS
    ended = run(*command, env=env)
    assert ended.returncode == 0, ended.stderr
    assert f"{PHOTOGRAPHS - before} photographs encoded by SFace" in ended.stdout
    assert _encoded(tmp_path) == PHOTOGRAPHS
    assert "Facenet512 -> SFace" in ended.stdout
    galleries = asked(tmp_path, "SELECT model_name FROM galleries")
    assert galleries == [("Facenet512",)]


def test_going_back_needs_an_earlier_model(tmp_path: Path) -> None:
    env = a_unit(tmp_path, SUPERVISOR, ADMINISTRATOR)
    words = refused(env, "gallery", "back", "--by", "7001", *WHY)
    assert "nothing to go back to" in words


async def _earlier_gallery(data: Path) -> None:
    """A gallery of another model; its photographs are real, its templates painted."""
    cipher = Cipher(bytes(range(32)))
    db, vault = Database(data / "fis.sqlite3", cipher), Vault(data / "vault", cipher)
    files = sorted((cases.PORTRAITS / "gallery").glob("*.webp"))[:PHOTOGRAPHS]
    async with db.transaction() as tx:
        for number, file in enumerate(files):
            id, sha256 = f"P-{number:03}", vault.put(file.read_bytes())
            photograph = a_photograph(id=id, subject_id=f"S-{id}", sha256=sha256)
            await tx.photographs.add(photograph)
            template = a_template(photo_id=id, model=EARLIER)
            await tx.templates.add(replace(template, subject_id=f"S-{id}"))
    await build_gallery(
        db, data / "galleries", STANDARD_REPOSITORY, EARLIER, actor="7001", now=NOON
    )
    await db.close()


def _encoded(data: Path) -> int:
    with suppress(sqlite3.Error):
        count = "SELECT count(*) FROM templates WHERE model_name = 'SFace'"
        return int(str(asked(data, count)[0][0]))
    return 0


def _wait(look: Callable[[], object]) -> None:
    """Wait for what another process is about to do."""
    deadline = time.monotonic() + PATIENCE_S
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.02)
