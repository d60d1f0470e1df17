"""What the demonstration brings along before anybody has asked for anything."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from app import trial_settings
from bot.clock import utc_now
from bot.config import Settings
from bot.domain.actors import Office, Role
from bot.repositories import read_repositories
from bot.roles import RoleMap
from bot.sandbox import cases
from bot.sandbox.demo import SCRIPTS, furnished, scripts
from bot.sandbox.halting import can_write
from bot.sandbox.records import BOT_USER
from bot.sandbox.running import MovableClock


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return furnished(trial_settings(tmp_path / "trial"))


def test_the_two_exceptional_repositories_are_known_with_all_their_facts(
    settings: Settings,
) -> None:
    exceptional = settings.known_repositories.exceptional
    assert list(exceptional) == [cases.DMV, cases.HARBOR]
    assert all(all(each.facts().values()) for each in exceptional.values())


def test_the_repositories_of_the_demonstration_lie_in_the_file_of_the_settings(
    settings: Settings,
) -> None:
    assert settings.repositories is not None
    assert read_repositories(settings.repositories, settings.repository) == (
        settings.known_repositories
    )


def test_each_of_the_two_offices_has_one_commander(settings: Settings) -> None:
    offices = {
        actor.slack_user: (actor.office, actor.roles)
        for actor in RoleMap(settings.role_map).commanders()
    }
    assert offices == {
        cases.MARA: (Office.CHIEF_OF_DETECTIVES, frozenset({Role.COMMANDER})),
        cases.JOON: (Office.DEPUTY_COMMISSIONER, frozenset({Role.COMMANDER})),
    }


def test_commanders_and_the_bot_are_alone_in_their_channel(settings: Settings) -> None:
    members = {channel.id: channel.members for channel in cases.seed().channels}
    assert settings.commander_channel == cases.COMMANDERS
    assert members[cases.COMMANDERS] == {cases.MARA, cases.JOON, BOT_USER}


def test_an_auditor_is_in_no_channel(settings: Settings) -> None:
    [auditor] = RoleMap(settings.role_map).auditors()
    assert auditor.slack_user == cases.ADA
    assert not any(cases.ADA in channel.members for channel in cases.seed().channels)


def test_a_trial_folder_begins_with_the_standard_repository_alone(
    tmp_path: Path,
) -> None:
    settings = trial_settings(tmp_path / "trial")
    assert settings.known_repositories.exceptional == {}


def test_a_trial_folder_keeps_the_repositories_it_was_given(tmp_path: Path) -> None:
    furnished(trial_settings(tmp_path / "trial"))
    again = trial_settings(tmp_path / "trial")
    assert cases.DMV in again.known_repositories.exceptional


def test_without_a_name_every_script_is_played_in_order() -> None:
    assert scripts(None) == (*SCRIPTS["standard"], *SCRIPTS["authorization"])


def test_the_clock_of_the_demonstration_shows_the_time_until_it_is_put_forward() -> (
    None
):
    clock = MovableClock()
    assert utc_now() - clock() < timedelta(minutes=1)
    clock.forward(timedelta(hours=8))
    assert clock() - utc_now() > timedelta(hours=7)


def test_the_clock_of_the_demonstration_is_never_put_back() -> None:
    with pytest.raises(ValueError, match="not put back"):
        MovableClock().forward(timedelta(seconds=-1))


def test_whoever_stops_in_the_middle_of_writing_is_known_to_keep_others_from_it(
    tmp_path: Path,
) -> None:
    database = tmp_path / "fis.sqlite3"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE things (thing)")
        assert can_write(database)
        connection.execute("BEGIN IMMEDIATE")
        assert not can_write(database)
