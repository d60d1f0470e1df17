"""The command that enrols, as an administrator meets it: tried first, interrupted, killed, gone on with."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bot.sandbox import cases
from tests.test_app import (
    PEOPLE,
    ROOT,
    _counts,
    _enrolled,
    _of_session,
    _wait,
    environment,
    run,
)

PHOTOGRAPHS = 100  # more than one batch, and than a second


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    file = tmp_path / "photos.csv"
    file.write_text(
        "".join(PEOPLE.read_text().splitlines(keepends=True)[: PHOTOGRAPHS + 1])
    )
    return file


def start(*arguments: str | Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, ROOT / "app.py", *arguments],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_an_interrupt_ends_orderly_and_the_same_command_goes_on(
    manifest: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    command = ("--manifest", manifest, "--images", cases.PORTRAITS, "--data", data)
    running = start("enrol", *command)
    _wait(lambda: _enrolled(data) > 0)
    os.killpg(running.pid, signal.SIGINT)  # as the terminal does: to every process
    out, err = running.communicate(timeout=60)
    before = _enrolled(data)
    assert running.returncode == 130, err
    assert "Traceback" not in err
    assert out.startswith(f"{before} enrolled, 0 were enrolled before, 0 rejected.")
    assert "Run the same command again" in out
    _wait(lambda: not _of_session(running.pid))
    ended = run("enrol", *command, "--json")
    told = json.loads(ended.stdout)
    assert (told["enrolled"], told["known_before"]) == (PHOTOGRAPHS - before, before)
    assert _counts(data)[:3] == [PHOTOGRAPHS, PHOTOGRAPHS, 1]


def test_a_dry_run_tells_everything_and_writes_only_what_it_was_asked_for(
    tmp_path: Path,
) -> None:
    portrait = cases.PORTRAITS / "gallery" / "001.webp"
    shutil.copy(portrait, tmp_path / "a.webp")
    shutil.copy(portrait, tmp_path / "copy.webp")
    manifest = tmp_path / "photos.csv"
    manifest.write_text(
        "subject_id,photo_id,path\nS-1,P-1,a.webp\nS-1,=P-2,copy.webp\nS-2,P-3,no.jpg\n"
    )
    there = {*os.listdir(tmp_path), "rejected.csv"}
    ended = run(
        *("enrol", manifest, "--data", tmp_path / "data", "--processes", "1"),
        *("--dry-run", "--json", "--rejected", tmp_path / "rejected.csv"),
    )
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert (told["enrolled"], told["rejected"]) == (1, 2)
    [standard] = told["repositories"]
    assert standard["dry_run"]
    assert standard["rejected_by_rule"] == {"FILE_MISSING": 1, "PHOTO_DUPLICATE": 1}
    assert sum(standard["quality"]["sharpness"].values()) == 2
    assert set(os.listdir(tmp_path)) == there
    with (tmp_path / "rejected.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = {row["photo_id"]: row["rule"] for row in csv.DictReader(file)}
    assert rows == {"P-3": "FILE_MISSING", "'=P-2": "PHOTO_DUPLICATE"}


def test_a_faulty_manifest_is_told_with_every_line_and_nothing_is_made(
    tmp_path: Path,
) -> None:
    manifest = tmp_path / "photos.csv"
    manifest.write_text("subject_id,file\nS-1,/etc/passwd\n,[/red].jpg\n")
    ended = run("enrol", "--manifest", manifest, "--data", tmp_path / "data")
    assert ended.returncode == 2
    assert ended.stderr.splitlines() == [
        "Line 2: the path is absolute; it has to be relative to the folder of photographs.",
        "Line 3: the subject_id is missing.",
        "Nothing was enrolled.",
    ]
    assert not (tmp_path / "data" / "fis.sqlite3").exists()


def test_one_manifest_is_needed_and_no_second_one(tmp_path: Path) -> None:
    for given in ((), ("a.csv", "--manifest", "b.csv")):
        ended = run("enrol", *given, "--data", tmp_path)
        assert ended.returncode == 2
        assert "Name one manifest" in ended.stderr
