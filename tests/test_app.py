"""The command line, as a person meets it: every command a process of its own."""

import base64
import csv
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from html import escape
from pathlib import Path

import pytest

from bot.sandbox import cases

ROOT = Path(__file__).parents[1]
PEOPLE = cases.PORTRAITS / "people.csv"
KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
PATIENCE_S = 120
SCRIPT_PATIENCE_S = 280
Ended = subprocess.CompletedProcess[str]

# What only a connection to this machine may do; Python itself asks before every one.
GUARD = """
import os, sys
def look(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if host not in (None, "", "127.0.0.1", "::1", "localhost", "0.0.0.0"):
        with open(os.environ["SEEN_LEAVING"], "a") as file:
            file.write(f"{event} {host}\\n")
        raise OSError("this machine has no network")
sys.addaudithook(look)
"""


def environment(**given: str) -> dict[str, str]:
    plain = {k: v for k, v in os.environ.items() if not k.startswith("FIS_")}
    return plain | given


def run(
    *arguments: str | Path,
    env: Mapping[str, str] | None = None,
    patience_s: float = PATIENCE_S,
) -> Ended:
    return subprocess.run(
        [sys.executable, ROOT / "app.py", *arguments],
        cwd=ROOT,
        env=environment() if env is None else dict(env),
        capture_output=True,
        text=True,
        timeout=patience_s,
        check=False,
    )


def settings_of(data: Path, **changes: str) -> dict[str, str]:
    """An environment in which the bot could serve a simulated workspace."""
    roles = data / "roles.yaml"
    roles.write_text("people: []\n")
    return environment(
        **{
            "FIS_DATA_DIR": str(data),
            "FIS_ENCRYPTION_KEY": KEY,
            "FIS_ROLE_MAP": str(roles),
            "FIS_SLACK_BOT_TOKEN": "xoxb-very-secret",
            "FIS_SLACK_SIGNING_SECRET": "very-secret-too",
            "FIS_SLACK_BASE_URL": "http://127.0.0.1:9/api/",
            "FIS_SLACK_TEAM": "T-FIS",
            "FIS_REQUEST_CHANNEL": "C-1",
            "FIS_EXAMINER_CHANNEL": "C-2",
            "FIS_SUPERVISOR_CHANNEL": "C-3",
        }
        | changes
    )


# --- keys and models


def test_every_key_is_new_and_fits() -> None:
    keys = {run("key").stdout.strip() for _ in range(2)}
    assert len(keys) == 2
    assert {len(base64.urlsafe_b64decode(key)) for key in keys} == {32}


def test_the_models_are_prepared_from_what_is_installed(tmp_path: Path) -> None:
    ended = run("models", "--folder", tmp_path)
    assert ended.returncode == 0
    assert re.fullmatch(r"SFace: .*, SHA-256 [0-9a-f]{64}\n", ended.stdout)


def test_an_unknown_model_is_named_and_so_are_the_known_ones() -> None:
    ended = run("models", "Nonsense")
    assert ended.returncode == 2
    assert "'Nonsense'" in ended.stderr
    assert "SFace" in ended.stderr
    assert "Traceback" not in ended.stderr


# --- settings


def test_every_wrong_setting_names_itself_and_no_secret_is_shown(
    tmp_path: Path,
) -> None:
    env = settings_of(tmp_path, FIS_PORT="99999", FIS_TIME_ZONE="Mars/Base")
    del env["FIS_SLACK_TEAM"]
    ended = run("serve", env=env)
    assert ended.returncode == 2
    for name in ("FIS_PORT", "FIS_TIME_ZONE", "FIS_SLACK_TEAM"):
        assert name in ended.stderr
    assert "secret" not in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_simulated_slack_is_not_served_as_a_real_one(tmp_path: Path) -> None:
    ended = run("serve", env=settings_of(tmp_path))
    assert ended.returncode == 2
    assert "FIS_SLACK_BASE_URL points at this machine" in ended.stderr


def test_a_real_slack_is_not_served_as_a_simulated_one(tmp_path: Path) -> None:
    env = settings_of(tmp_path, FIS_SLACK_BASE_URL="https://slack.com/api/")
    ended = run("serve", "--sandbox", env=env)
    assert ended.returncode == 2
    assert "must be on 127.0.0.1" in ended.stderr
    assert not (tmp_path / "fis.sqlite3").exists()


@pytest.mark.parametrize(
    ("arguments", "token", "address"),
    [
        (["serve"], "xoxb-sandbox-0123456789abcdef", "https://slack.com/api/"),
        (["serve", "--sandbox"], "xoxb-123-456-aBcDeF", "http://127.0.0.1:9/api/"),
    ],
)
def test_the_token_of_one_place_is_not_taken_to_the_other(
    tmp_path: Path, arguments: list[str], token: str, address: str
) -> None:
    env = settings_of(tmp_path, FIS_SLACK_BOT_TOKEN=token, FIS_SLACK_BASE_URL=address)
    ended = run(*arguments, env=env)
    assert ended.returncode == 2
    assert "FIS_SLACK_BOT_TOKEN" in ended.stderr
    assert token not in ended.stderr
    assert not (tmp_path / "fis.sqlite3").exists()


# --- enrolling


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of photographs: four people, a wall, and a file that is none."""
    folder = tmp_path_factory.mktemp("small")
    with PEOPLE.open(newline="") as file:
        rows = list(csv.DictReader(file))[:4]
    for row in rows:
        shutil.copy(cases.PORTRAITS / row["file"], folder / Path(row["file"]).name)
    wall = cases.stills("no_face")[0].path
    shutil.copy(wall, folder / "wall.jpg")
    (folder / "broken.jpg").write_bytes(b"no picture at all")
    with (folder / "manifest.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["subject_id", "photo_id", "file"])
        for row in rows:
            name = Path(row["file"]).name
            writer.writerow([row["subject_id"], row["photo_id"], name])
        writer.writerow(["X-1", "X-1-1", "wall.jpg"])
        writer.writerow(["X-2", "X-2-1", "broken.jpg"])
        writer.writerow(["X-3", "X-3-1", "lost.jpg"])
    return folder


@pytest.fixture(scope="session")
def enrolment(
    small: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Ended]:
    data = tmp_path_factory.mktemp("data")
    return data, run(
        "enrol", small / "manifest.csv", "--data", data, "--processes", "1"
    )


def test_every_photograph_is_enrolled_or_rejected_with_its_reason(
    enrolment: tuple[Path, Ended],
) -> None:
    _, ended = enrolment
    assert ended.returncode == 0
    lines = ended.stdout.splitlines()
    assert lines[0] == "4 enrolled, 0 were enrolled before, 3 rejected."
    rejected = dict(_rejected(line) for line in lines if "  rejected " in line)
    assert rejected.keys() == {"X-1-1", "X-2-1", "X-3-1"}
    assert "face" in rejected["X-1-1"]
    assert rejected["X-3-1"] == "the file is missing"
    assert lines[-1].startswith("Gallery ")
    assert ": 4 templates" in lines[-1]


def _rejected(line: str) -> tuple[str, str]:
    photo, _, reason = line.removeprefix("  rejected ").partition(": ")
    return photo, reason


def test_enrolling_the_same_again_changes_nothing(
    enrolment: tuple[Path, Ended], small: Path
) -> None:
    data, first = enrolment
    before = _counts(data)
    again = run("enrol", small / "manifest.csv", "--data", data, "--processes", "1")
    assert again.returncode == 0
    assert again.stdout.startswith("0 enrolled, 4 were enrolled before, 3 rejected.")
    assert _counts(data) == before
    assert again.stdout.splitlines()[-1] == first.stdout.splitlines()[-1]


def _counts(data: Path) -> list[int]:
    tables = ("photographs", "templates", "galleries", "audit_log")
    with closing(sqlite3.connect(data / "fis.sqlite3", timeout=10)) as connection:
        return [
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
            for table in tables
        ]


@pytest.fixture
def with_dmv(tmp_path: Path) -> dict[str, str]:
    """An environment that knows an exceptional repository."""
    path = tmp_path / "repositories.yaml"
    path.write_text(
        "exceptional: [{name: DMV photographs, legal_basis: Law, owner: DMV, "
        "contact: Desk, data_sharing_basis: Agreement}]"
    )
    return settings_of(
        tmp_path, FIS_REPOSITORIES=str(path), FIS_COMMANDER_CHANNEL="C-4"
    )


def _enrol_into(repository: str, manifest: Path, env: Mapping[str, str]) -> Ended:
    options = ("--processes", "1", "--repository", repository)
    return run("enrol", manifest, *options, env=env)


def test_a_repository_nobody_entered_is_refused_and_the_known_ones_are_named(
    small: Path, tmp_path: Path, with_dmv: dict[str, str]
) -> None:
    ended = _enrol_into("Passports", small / "manifest.csv", with_dmv)
    assert ended.returncode == 2
    assert "no repository “Passports”" in ended.stderr
    assert "arrest and parole photographs, DMV photographs" in ended.stderr
    assert not (tmp_path / "fis.sqlite3").exists()


def test_a_photograph_is_enrolled_into_the_named_repository_and_into_no_second_one(
    small: Path, tmp_path: Path, with_dmv: dict[str, str]
) -> None:
    [header, first, *_] = (small / "manifest.csv").read_text().splitlines()
    manifest = small / "one.csv"
    manifest.write_text(f"{header}\n{first}\n")
    enrolled = _enrol_into("DMV photographs", manifest, with_dmv)
    assert enrolled.returncode == 0, enrolled.stderr
    assert "of DMV photographs: 1 templates" in enrolled.stdout
    refused = _enrol_into("arrest and parole photographs", manifest, with_dmv)
    assert refused.returncode == 2
    assert "in the repository “DMV photographs”" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert _repositories(tmp_path) == {("DMV photographs", 1)}


def test_only_the_recorded_standard_repository_is_enrolled_into_or_worked_on(
    small: Path, tmp_path: Path, with_dmv: dict[str, str]
) -> None:
    _enrol_into("DMV photographs", small / "manifest.csv", with_dmv)
    other = settings_of(tmp_path, FIS_REPOSITORY="DMV photographs")
    for command in (("enrol", small / "manifest.csv", "--processes", "1"), ("worker",)):
        refused = run(*command, env=other)
        assert refused.returncode == 2
        assert "Set FIS_REPOSITORY to “arrest and parole photographs”" in refused.stderr
        assert "Traceback" not in refused.stderr


def _repositories(data: Path) -> set[tuple[str, int]]:
    with closing(sqlite3.connect(data / "fis.sqlite3", timeout=10)) as connection:
        return set(connection.execute("SELECT repository, size FROM galleries"))


def test_an_enrolment_that_was_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    manifest = tmp_path / "forty.csv"  # more than one batch
    manifest.write_text("".join(PEOPLE.read_text().splitlines(keepends=True)[:41]))
    data = tmp_path / "data"
    arguments = ("enrol", manifest, "--images", cases.PORTRAITS, "--data", data)
    killed = subprocess.Popen(
        [sys.executable, ROOT / "app.py", *arguments],
        cwd=ROOT,
        env=environment(),
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    _wait(lambda: _enrolled(data) > 0)
    killed.kill()
    killed.wait()
    before = _enrolled(data)
    assert 0 < before < 40
    _wait(lambda: not _of_session(killed.pid))
    ended = run(*arguments)
    assert ended.stdout.startswith(
        f"{40 - before} enrolled, {before} were enrolled before, 0 rejected."
    )
    assert _counts(data)[:3] == [40, 40, 1]


def _enrolled(data: Path) -> int:
    with suppress(sqlite3.Error):
        return _counts(data)[0]
    return 0


def _of_session(session: int) -> list[str]:
    """The processes of a session that still run."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _parent, _group, of, *_ = stat.read_text().rpartition(")")[2].split()
            if int(of) == session and state != "Z":
                found.append(stat.parent.name)
    return found


def _wait(look: Callable[[], object]) -> None:
    """Wait for what another process is about to do."""
    deadline = time.monotonic() + PATIENCE_S
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# --- evaluating


def test_an_evaluation_counts_who_is_found_and_prints_one_object(
    tmp_path: Path,
) -> None:
    mated = cases.stills("mated")[:3]
    strangers = cases.stills("stranger")[:1]
    subjects = {still.subject for still in mated}
    with PEOPLE.open(newline="") as file:
        people = list(csv.DictReader(file))
    kept = [p for p in people if p["subject_id"] in subjects] + people[:3]
    _write(
        tmp_path / "gallery.csv",
        ["subject_id", "image", "sex"],
        [[p["subject_id"], p["file"], p["sex"]] for p in kept],
    )
    _write(
        tmp_path / "probes.csv",
        ["subject_id", "image", "kind"],
        [[s.subject, f"probes/{s.path.name}", "mated"] for s in mated]
        + [["", f"probes/{s.path.name}", "nonmated"] for s in strangers],
    )
    ended = run(
        *("evaluate", "--images", cases.PORTRAITS, "--processes", "1", "--json"),
        *("--gallery", tmp_path / "gallery.csv", "--probes", tmp_path / "probes.csv"),
        *("--by", "sex", "--degraded", "grayscale", "--report", tmp_path / "report"),
        *("--bootstrap", "100"),
    )
    [line] = ended.stdout.splitlines()
    report = json.loads(line)
    assert json.loads((tmp_path / "report" / "report.json").read_text()) == report
    page = (tmp_path / "report" / "report.html").read_text()
    assert str(tmp_path) not in page + line
    assert report["about"]["command"].startswith("python app.py evaluate --images ")
    assert all(escape(said) in page for said in report["conclusions"])
    assert [spoilt["name"] for spoilt in report["degraded"]] == ["grayscale"]
    assert {one["column"] for one in report["by"]} == {"sex"}
    assert (report["rank1"], report["rank5"], report["rank20"]) == (1, 1, 1)
    assert (report["mated_probes"], report["nonmated_probes"]) == (3, 1)
    assert (report["gallery_size"], report["failures_to_enrol"]) == (6, 0)
    assert report["seconds"] > 0


def _write(path: Path, header: list[str], rows: list[list[str | None]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])


# --- the audit log


@pytest.fixture
def audited(
    enrolment: tuple[Path, Ended], tmp_path: Path
) -> tuple[Path, dict[str, str]]:
    data = tmp_path / "data"
    shutil.copytree(enrolment[0], data)
    key = (data / "trial.key").read_text()
    return data / "fis.sqlite3", settings_of(data, FIS_ENCRYPTION_KEY=key)


def test_a_whole_audit_log_is_said_to_be_whole(
    audited: tuple[Path, dict[str, str]],
) -> None:
    ended = run("audit", env=audited[1])
    assert ended.returncode == 0
    assert re.search(r"last digest is [0-9a-f]{64}$", ended.stdout.strip())


@pytest.mark.parametrize(
    "alteration",
    [
        "UPDATE audit_log SET actor = 'nobody' WHERE sequence = 1",
        "UPDATE audit_log SET at = '2001-01-01 00:00:00.000000' WHERE sequence = 1",
        "DELETE FROM audit_log WHERE sequence = 1",
    ],
)
def test_an_altered_audit_log_fails_the_command(
    audited: tuple[Path, dict[str, str]], alteration: str
) -> None:
    database, env = audited
    with closing(sqlite3.connect(database)) as connection:
        triggers = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall()
        for (name,) in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        assert connection.execute(alteration).rowcount == 1
        connection.commit()
    ended = run("audit", env=env)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr


# --- the monthly summary


def test_a_month_is_summed_up_as_a_table_and_as_one_object(
    audited: tuple[Path, dict[str, str]],
) -> None:
    _, env = audited
    table = run("summary", "2026-10", env=env)
    assert table.returncode == 0, table.stderr
    assert "2026-10 by repository" in table.stdout
    assert "2026-10 by commander" in table.stdout
    assert re.search(r"in all\W+none", table.stdout)
    written = json.loads(run("summary", "2026-10", "--json", env=env).stdout)
    assert written["month"] == "2026-10"
    assert set(written["total"].values()) == {0}


def test_what_is_no_month_is_refused_with_an_example(
    audited: tuple[Path, dict[str, str]],
) -> None:
    ended = run("summary", "October", env=audited[1])
    assert ended.returncode == 2
    assert "like 2026-10" in ended.stderr


def test_a_summary_makes_no_database(tmp_path: Path) -> None:
    ended = run("summary", "2026-10", env=settings_of(tmp_path))
    assert ended.returncode == 2
    assert "There is no database" in ended.stderr
    assert not (tmp_path / "fis.sqlite3").exists()


# --- the scripts of the demonstration


def test_an_unknown_script_is_named_and_so_are_the_known_ones(tmp_path: Path) -> None:
    data = tmp_path / "demo"
    ended = run("demo", "--script", "authorisation", "--data", data)
    assert ended.returncode == 2
    assert "'authorisation'" in ended.stderr
    assert "standard, authorization" in ended.stderr
    assert not data.exists()


def test_a_script_is_played_only_where_it_is_said_to_be_one(tmp_path: Path) -> None:
    data = tmp_path / "demo"
    ended = run("demo", "authorization", "--data", data)
    assert ended.returncode == 2
    assert "--script authorization" in ended.stderr
    assert not data.exists()


# --- everything, without a network


def test_a_whole_script_plays_without_a_network(tmp_path: Path) -> None:
    """The standard one; ``.ci/run`` plays them all, which takes a minute more."""
    (tmp_path / "sitecustomize.py").write_text(GUARD)
    leaving = tmp_path / "leaving.txt"
    env = environment(
        PYTHONPATH=str(tmp_path), SEEN_LEAVING=str(leaving), FIS_LIST_LENGTH="5"
    )
    options = ("--script", "standard", "--data", tmp_path / "demo")
    ended = run("demo", *options, env=env, patience_s=SCRIPT_PATIENCE_S)
    assert ended.returncode == 0, ended.stdout
    assert "All cases came out as they should." in ended.stdout
    assert not leaving.exists(), leaving.read_text()


def test_the_guard_of_the_test_above_notices_who_leaves(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(GUARD)
    leaving = tmp_path / "leaving.txt"
    env = environment(PYTHONPATH=str(tmp_path), SEEN_LEAVING=str(leaving))
    code = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)"
    ended = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, check=False
    )
    assert ended.returncode != 0
    assert "192.0.2.1" in leaving.read_text()
