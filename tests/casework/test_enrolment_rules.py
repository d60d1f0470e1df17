"""Enrolling: what is rejected by which rule, what a dry run leaves alone, and how a run ends and goes on."""

import asyncio
import csv
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import cast

import pytest

from bot.casework import sealing
from bot.casework.enrolment import (
    BATCH,
    BadManifest,
    EnrolmentReport,
    ManifestRow,
    enrol_all,
    enrol_manifest,
)
from bot.casework.enrolment_report import Histograms, Rejection, lines, write_rejected
from bot.casework.manifest import Terms, open_manifest
from bot.domain.audit import Verb
from bot.domain.galleries import ModelId
from bot.domain.identifiers import Identifiers
from bot.domain.photographs import STANDARD_REPOSITORY
from bot.domain.sealings import Order, Sealing, Tombstone
from bot.matching.gallery import load
from bot.matching.pool import EnginePool, EnrolResult
from storage.cipher import Cipher
from storage.database import Database
from storage.vault import Vault
from tests.builders import NO_ALERTS, NOON, a_probe, a_request
from tests.casework.test_enrolment import DMV, Painted, photographs, recorded
from tests.domain.test_enrolling import CLEAR

ARREST = "K24612345"
OTHER_MODEL = ModelId("Other", "b" * 64, 128)


def a_vault(home: Path) -> Vault:
    return Vault(home / "vault", Cipher(bytes(32)))


async def enrol(
    db: Database,
    home: Path,
    rows: Sequence[ManifestRow],
    *,
    vault: Vault | None = None,
    engine: object = None,
    stop: asyncio.Event | None = None,
    is_dry: bool = False,
) -> EnrolmentReport:
    return await enrol_manifest(
        db,
        None if is_dry else vault or a_vault(home),
        home / "galleries",
        cast(EnginePool, engine or Painted()),
        rows,
        STANDARD_REPOSITORY,
        actor="administrator",
        now=lambda: NOON,
        progress=lambda _done, _total: None,
        stop=stop,
    )


def rejected(report: EnrolmentReport) -> list[tuple[str, str]]:
    return [(one.photo_id, one.rule) for one in report.rejected]


async def ids(db: Database) -> set[str]:
    async with db.snapshot() as snapshot:
        return set(await snapshot.photographs.known(STANDARD_REPOSITORY))


async def seal(
    db: Database, *, arrest: str = "", id: str = "", bytes: str = ""
) -> None:
    async with db.transaction() as tx:
        order = Sealing(
            "SEAL-1", "Order 1", tx.sealings.hashed(arrest), "administrator", NOON
        )
        grave = Tombstone(id or "P-0", "S-0", DMV, bytes or "0" * 64, "SEAL-1", NOON)
        await tx.sealings.add(order, [grave])


async def order(db: Database) -> sealing.Done:
    """Carry out an order to seal ``ARREST``."""
    orders = [Order(ARREST, "Order 9")]
    [done] = await sealing.seal(db, orders, NO_ALERTS, actor="administrator", now=NOON)
    return done


def sha256_of(row: ManifestRow) -> str:
    [result] = Painted().enrol_images([row.path], strict=True)
    return result.sha256


# --- what is rejected


async def test_the_same_file_is_enrolled_once_and_the_second_told_of_the_first(
    db: Database, tmp_path: Path
) -> None:
    rows = photographs(tmp_path / "arrests", "1.jpg", "2.jpg", "3.jpg", "4.jpg")
    await enrol(db, tmp_path, rows[:1])
    for copy, of in (("2.jpg", "1.jpg"), ("4.jpg", "3.jpg")):
        content = (tmp_path / "arrests" / of).read_bytes()
        (tmp_path / "arrests" / copy).write_bytes(content)
    for report in (
        await enrol(db, tmp_path, rows, is_dry=True),
        await enrol(db, tmp_path, rows),
        await enrol(db, tmp_path, rows),
    ):
        assert [(one.photo_id, one.reason) for one in report.rejected] == [
            ("2.jpg", "the same file is enrolled as photograph 1.jpg"),
            ("4.jpg", "the same file is enrolled as photograph 3.jpg"),
        ]
    assert await ids(db) == {"1.jpg", "3.jpg"}


async def test_a_copy_batches_later_is_noticed_also_when_nothing_is_written(
    db: Database, tmp_path: Path
) -> None:
    names = [f"{number:03}.jpg" for number in range(3 * BATCH)]
    rows = photographs(tmp_path / "arrests", *names)
    rows[-1].path.write_bytes(rows[0].path.read_bytes())
    for is_dry in (True, False):
        report = await enrol(db, tmp_path, rows, is_dry=is_dry)
        assert rejected(report) == [(names[-1], "PHOTO_DUPLICATE")]
        assert report.enrolled == len(names) - 1


async def test_one_file_may_lie_in_two_repositories(
    db: Database, tmp_path: Path
) -> None:
    [first, second] = photographs(tmp_path / "arrests", "1.jpg", "2.jpg")
    second.path.write_bytes(first.path.read_bytes())
    await enrol(db, tmp_path, [first])
    report = await enrol_manifest(
        db,
        a_vault(tmp_path),
        tmp_path / "galleries",
        cast(EnginePool, Painted()),
        [second],
        DMV,
        actor="administrator",
        now=lambda: NOON,
        progress=lambda _done, _total: None,
    )
    assert (report.enrolled, report.rejected) == (1, ())


async def test_an_id_that_is_taken_by_another_file_is_rejected(
    db: Database, tmp_path: Path
) -> None:
    rows = photographs(tmp_path / "arrests", "1.jpg")
    await enrol(db, tmp_path, rows)
    rows[0].path.write_text("another picture")
    report = await enrol(db, tmp_path, rows, engine=Painted(OTHER_MODEL))
    assert rejected(report) == [("1.jpg", "PHOTO_ID_TAKEN")]


@pytest.mark.parametrize("by", ["arrest", "id", "bytes"])
async def test_what_was_sealed_never_comes_back(
    db: Database, tmp_path: Path, by: str
) -> None:
    [row] = photographs(tmp_path / "arrests", "1.jpg")
    row = replace(row, arrest_number=f" {ARREST.lower()}")
    values = {"arrest": ARREST, "id": "1.jpg", "bytes": sha256_of(row)}
    await seal(db, **{by: values[by]})
    report = await enrol(db, tmp_path, [row])
    assert rejected(report) == [("1.jpg", "SEALED")]
    assert await ids(db) == set()
    assert sha256_of(row) not in a_vault(tmp_path)
    assert await recorded(db, Verb.SUBJECT_ENROLLED) == []


class SealedMeanwhile(Vault):
    """A vault during whose writing an order comes in."""

    def __init__(self, home: Path, arrive: Callable[[], None]) -> None:
        super().__init__(home / "vault", Cipher(bytes(32)))
        self._arrive = arrive

    def put(self, data: bytes) -> str:
        sha256 = super().put(data)
        self._arrive()
        return sha256


async def test_an_order_that_comes_while_a_photograph_is_written_leaves_nothing_of_it(
    db: Database, tmp_path: Path
) -> None:
    [row] = photographs(tmp_path / "arrests", "1.jpg")
    row = replace(row, arrest_number=ARREST)
    loop = asyncio.get_running_loop()

    def arrive() -> None:
        asyncio.run_coroutine_threadsafe(seal(db, arrest=ARREST), loop).result(20)

    vault = SealedMeanwhile(tmp_path, arrive)
    report = await enrol(db, tmp_path, [row], vault=vault)
    assert rejected(report) == [("1.jpg", "SEALED")]
    assert sha256_of(row) not in vault
    assert await ids(db) == set()


async def test_a_file_that_somebody_sent_as_a_probe_stays_when_its_enrolment_is_refused(
    db: Database, tmp_path: Path
) -> None:
    [row] = photographs(tmp_path / "arrests", "1.jpg")
    row = replace(row, arrest_number=ARREST)
    async with db.transaction() as tx:
        await tx.requests.add(a_request())
        await tx.probes.add(a_probe(sha256=sha256_of(row)))
    loop = asyncio.get_running_loop()

    def arrive() -> None:
        asyncio.run_coroutine_threadsafe(seal(db, arrest=ARREST), loop).result(20)

    vault = SealedMeanwhile(tmp_path, arrive)
    report = await enrol(db, tmp_path, [row], vault=vault)
    assert rejected(report) == [("1.jpg", "SEALED")]
    assert sha256_of(row) in vault


async def test_a_file_that_is_missing_is_rejected_and_the_rest_enrolled(
    db: Database, tmp_path: Path
) -> None:
    rows = photographs(tmp_path / "arrests", "1.jpg", "2.jpg")
    rows[0].path.unlink()
    report = await enrol(db, tmp_path, rows)
    assert rejected(report) == [("1.jpg", "FILE_MISSING")]
    assert await ids(db) == {"2.jpg"}


# --- dry runs


async def test_a_dry_run_reports_the_same_and_writes_nothing(
    db: Database, tmp_path: Path
) -> None:
    rows = photographs(tmp_path / "arrests", "1.jpg", "2.jpg", "3.jpg")
    rows[1].path.write_bytes(rows[0].path.read_bytes())
    tried = await enrol(db, tmp_path, rows, is_dry=True)
    assert await ids(db) == set()
    assert os.listdir(tmp_path) == ["arrests"]
    assert next(lines(tried)).startswith("2 would be enrolled")
    async with db.snapshot() as snapshot:
        assert await snapshot.audit.entries() == []
    done = await enrol(db, tmp_path, rows)
    assert (tried.enrolled, tried.rejected) == (done.enrolled, done.rejected)


# --- stopping and going on


@dataclass
class Interrupted(Painted):
    """An engine during whose work somebody asks to stop."""

    ask: Callable[[], None] = lambda: None
    at: int = 0

    def enrol_images(
        self, paths: Iterable[Path], *, strict: bool = False
    ) -> Iterator[EnrolResult]:
        for number, one in enumerate(super().enrol_images(paths, strict=strict)):
            if number == self.at:
                self.ask()
            yield one


async def test_a_run_that_is_stopped_ends_with_whole_batches_and_the_next_goes_on(
    db: Database, tmp_path: Path
) -> None:
    names = [f"{number:03}.jpg" for number in range(5 * BATCH)]
    rows, stop = photographs(tmp_path / "arrests", *names), asyncio.Event()
    loop = asyncio.get_running_loop()

    async def set_it() -> None:
        stop.set()

    def ask() -> None:
        asyncio.run_coroutine_threadsafe(set_it(), loop).result(20)

    engine = Interrupted(ask=ask, at=BATCH + 3)
    report = await enrol(db, tmp_path, rows, engine=engine, stop=stop)
    assert report.is_stopped
    assert report.gallery is None
    assert report.enrolled == len(await ids(db)) == 2 * BATCH
    assert "Run the same command again" in "\n".join(lines(report))
    again = await enrol(db, tmp_path, rows)
    assert (again.enrolled, again.known_before) == (3 * BATCH, 2 * BATCH)
    assert again.gallery is not None
    assert again.gallery.size == len(names)


async def test_two_runs_of_one_manifest_at_once_enrol_each_photograph_once(
    db: Database, tmp_path: Path
) -> None:
    names = [f"{number:03}.jpg" for number in range(2 * BATCH)]
    rows = photographs(tmp_path / "arrests", *names)
    ends = await asyncio.gather(enrol(db, tmp_path, rows), enrol(db, tmp_path, rows))
    assert sum(end.enrolled for end in ends) == len(names)
    assert sum(end.known_before for end in ends) == len(names)
    assert [end.rejected for end in ends] == [(), ()]


async def test_an_entry_in_the_log_names_one_batch_at_most(
    db: Database, tmp_path: Path
) -> None:
    names = [f"{number:03}.jpg" for number in range(2 * BATCH + 1)]
    await enrol(db, tmp_path, photographs(tmp_path / "arrests", *names))
    entries = await recorded(db, Verb.SUBJECT_ENROLLED)
    assert [len(one.facts["photographs"]) for one in entries] == [BATCH, BATCH, 1]


async def test_what_a_row_says_of_the_arrest_is_kept(
    db: Database, tmp_path: Path
) -> None:
    [row] = photographs(tmp_path / "arrests", "1.jpg")
    await enrol(db, tmp_path, [replace(row, case_state="dismissed")])
    async with db.snapshot() as snapshot:
        photograph = await snapshot.photographs.get("1.jpg")
    assert photograph.case_state == "dismissed"


# --- what is said anew


CHILD = date(2010, 1, 1)


async def test_a_birth_date_that_was_missing_is_put_right_by_a_later_manifest(
    db: Database, tmp_path: Path
) -> None:
    rows = photographs(tmp_path / "arrests", "1.jpg", "2.jpg")
    first = await enrol(db, tmp_path, rows)
    rows[0] = replace(rows[0], birth_date=CHILD, sex="M", case_state="pending")
    dry = await enrol(db, tmp_path, rows, is_dry=True)
    assert (dry.corrected, await recorded(db, Verb.PHOTOGRAPHS_CORRECTED)) == (1, [])
    report = await enrol(db, tmp_path, rows)
    assert (report.corrected, report.known_before, report.enrolled) == (1, 2, 0)
    async with db.snapshot() as snapshot:
        photograph = await snapshot.photographs.get("1.jpg")
    assert (photograph.birth_date, photograph.sex) == (CHILD, "M")
    [event] = await recorded(db, Verb.PHOTOGRAPHS_CORRECTED)
    assert event.facts["photographs"] == {"1.jpg": ["birth_date", "case_state", "sex"]}
    assert first.gallery is not None
    assert report.gallery is not None
    assert report.gallery.version != first.gallery.version
    made = load(tmp_path / "galleries", report.gallery.version, report.gallery.digest)
    assert made.minors == 1
    again = await enrol(db, tmp_path, rows)
    assert (again.corrected, again.gallery) == (0, report.gallery)


async def test_a_manifest_that_says_less_takes_nothing_back(
    db: Database, tmp_path: Path
) -> None:
    [row] = photographs(tmp_path / "arrests", "1.jpg")
    await enrol(db, tmp_path, [replace(row, birth_date=CHILD, capture_date=CHILD)])
    report = await enrol(db, tmp_path, [row])
    assert report.corrected == 0
    async with db.snapshot() as snapshot:
        photograph = await snapshot.photographs.get("1.jpg")
    assert (photograph.birth_date, photograph.capture_date) == (CHILD, CHILD)


@pytest.mark.parametrize("rule", ["PHOTO_ID_TAKEN", "FILE_MISSING"])
async def test_only_with_the_same_file_is_anything_corrected(
    db: Database, tmp_path: Path, rule: str
) -> None:
    [row] = photographs(tmp_path / "arrests", "1.jpg")
    await enrol(db, tmp_path, [row])
    row.path.write_text("another picture")
    if rule == "FILE_MISSING":
        row.path.unlink()
    report = await enrol(db, tmp_path, [replace(row, birth_date=CHILD)])
    assert rejected(report) == [("1.jpg", rule)]
    assert (report.corrected, report.known_before) == (0, 0)
    async with db.snapshot() as snapshot:
        assert (await snapshot.photographs.get("1.jpg")).birth_date is None


@pytest.mark.parametrize("is_other", [True, False])
async def test_another_file_under_a_known_id_is_not_told_as_enrolled_before(
    db: Database, tmp_path: Path, is_other: bool
) -> None:
    [row] = photographs(tmp_path / "arrests", "1.jpg")
    await enrol(db, tmp_path, [row])
    if is_other:
        row.path.write_text("another picture, of somebody else")
    else:
        row.path.unlink()
    rule = "PHOTO_ID_TAKEN" if is_other else "FILE_MISSING"
    report = await enrol(db, tmp_path, [row])
    assert (rejected(report), report.known_before) == ([("1.jpg", rule)], 0)


async def test_a_known_photograph_of_another_subject_is_rejected(
    db: Database, tmp_path: Path
) -> None:
    [row] = photographs(tmp_path / "arrests", "1.jpg")
    await enrol(db, tmp_path, [row])
    report = await enrol(db, tmp_path, [replace(row, subject_id="S-OTHER")])
    assert (rejected(report), report.known_before) == ([("1.jpg", "PHOTO_SUBJECT")], 0)


# --- an arrest that is said later


@pytest.mark.parametrize("first", ["", "K24612354"])
async def test_an_arrest_number_put_right_is_found_by_its_order(
    db: Database, tmp_path: Path, first: str
) -> None:
    [row] = photographs(tmp_path / "arrests", "1.jpg")
    await enrol(db, tmp_path, [replace(row, arrest_number=first)])
    report = await enrol(db, tmp_path, [replace(row, arrest_number=ARREST)])
    assert (report.corrected, report.rejected) == (1, ())
    [event] = await recorded(db, Verb.PHOTOGRAPHS_CORRECTED)
    assert event.facts["photographs"] == {"1.jpg": ["arrest_number"]}
    done = await order(db)
    assert done.photographs == ("1.jpg",)
    assert await ids(db) == set()


@pytest.mark.parametrize("is_there", [True, False])
async def test_a_known_photograph_is_sealed_once_the_manifest_names_its_sealed_arrest(
    db: Database, tmp_path: Path, is_there: bool
) -> None:
    first, copy, other = photographs(tmp_path / "arrests", "1.jpg", "copy.jpg", "2.jpg")
    copy.path.write_bytes(first.path.read_bytes())
    await enrol(db, tmp_path, [first, other])
    await order(db)
    named = replace(first, arrest_number=ARREST)
    dry = await enrol(db, tmp_path, [named, other], is_dry=True)
    assert (rejected(dry), await ids(db)) == ([("1.jpg", "SEALED")], {"1.jpg", "2.jpg"})
    if not is_there:
        named.path.unlink()
    report = await enrol(db, tmp_path, [named, other])
    assert (rejected(report), report.sealed) == ([("1.jpg", "SEALED")], 1)
    assert await ids(db) == {"2.jpg"}
    assert report.gallery is not None
    assert report.gallery.size == 1
    received, late = await recorded(db, Verb.SEALING_RECEIVED)
    assert late.facts["again"] == received.subject
    assert list(late.facts["photographs"]) == ["1.jpg"]
    again = await enrol(db, tmp_path, [copy])
    assert rejected(again) == [("copy.jpg", "SEALED")]


async def test_a_manifest_seals_nothing_by_another_file(
    db: Database, tmp_path: Path
) -> None:
    [row] = photographs(tmp_path / "arrests", "1.jpg")
    await enrol(db, tmp_path, [row])
    await order(db)
    row.path.write_text("another picture")
    report = await enrol(db, tmp_path, [replace(row, arrest_number=ARREST)])
    assert (rejected(report), report.sealed) == ([("1.jpg", "SEALED")], 0)
    assert await ids(db) == {"1.jpg"}


async def test_photographs_whose_arrest_number_no_order_finds_are_listed(
    db: Database, tmp_path: Path
) -> None:
    """They were enrolled before numbers were checked; a manifest that writes them right mends them."""
    rows = photographs(tmp_path / "arrests", "1.jpg", "2.jpg", "3.jpg")
    ways = [ARREST, "K-24612345", ""]
    rows = [replace(row, arrest_number=w) for row, w in zip(rows, ways, strict=True)]
    await enrol(db, tmp_path, rows)
    found = await sealing.misnumbered(db, STANDARD_REPOSITORY, Identifiers())
    assert found == ["2.jpg"]
    await enrol(db, tmp_path, [replace(rows[1], arrest_number=ARREST)])
    assert await sealing.misnumbered(db, STANDARD_REPOSITORY, Identifiers()) == []


# --- several repositories in one manifest


async def enrol_file(db: Database, home: Path, content: str) -> list[EnrolmentReport]:
    file = home / "photos.csv"
    file.write_text(content)
    terms = Terms(known=(STANDARD_REPOSITORY, DMV), repository=STANDARD_REPOSITORY)
    return await enrol_all(
        db,
        a_vault(home),
        home / "galleries",
        cast(EnginePool, Painted()),
        open_manifest(file, home / "arrests", terms),
        actor="administrator",
        now=lambda: NOON,
        progress=lambda _name, _done, _total: None,
        stop=asyncio.Event(),
    )


async def test_each_row_goes_into_the_repository_it_names(
    db: Database, tmp_path: Path
) -> None:
    photographs(tmp_path / "arrests", "1.jpg", "2.jpg")
    reports = await enrol_file(
        db, tmp_path, f"subject_id,file,repository\nS,1.jpg,\nS,2.jpg,{DMV}\n"
    )
    assert [(one.repository, one.enrolled) for one in reports] == [
        (STANDARD_REPOSITORY, 1),
        (DMV, 1),
    ]
    assert all(one.gallery is not None and one.gallery.size == 1 for one in reports)
    async with db.snapshot() as snapshot:
        assert set(await snapshot.photographs.known(DMV)) == {"2.jpg"}


async def test_what_lies_elsewhere_is_noticed_before_any_repository_is_filled(
    db: Database, tmp_path: Path
) -> None:
    await enrol(db, tmp_path, photographs(tmp_path / "arrests", "2.jpg"))
    photographs(tmp_path / "arrests", "1.jpg")
    with pytest.raises(BadManifest, match=r"2\.jpg"):
        await enrol_file(
            db, tmp_path, f"subject_id,file,repository\nS,1.jpg,\nS,2.jpg,{DMV}\n"
        )
    assert await ids(db) == {"2.jpg"}


# --- telling of it


def test_no_cell_of_the_rejected_is_a_formula(tmp_path: Path) -> None:
    file = tmp_path / "rejected.csv"
    hostile = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)"]
    write_rejected(file, [Rejection(cell, cell, "SEALED", cell) for cell in hostile])
    with file.open(newline="", encoding="utf-8-sig") as opened:
        header, *rows = csv.reader(opened)
    assert header == ["photo_id", "subject_id", "rule", "reason"]
    assert [row[0] for row in rows] == [f"'{cell}" for cell in hostile]
    assert all(
        not cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row
    )


def test_a_histogram_counts_every_face_once() -> None:
    histograms = Histograms()
    for width in (79.9, 80, 99.9, 300):
        histograms.add(replace(CLEAR, face_width_px=width))
    counts = histograms.as_dict()["face width, px"]
    assert counts["under 80"] == counts["300 or more"] == 1
    assert counts["80 to 100"] == 2
    shown = list(histograms.lines())
    assert shown[0] == "face width, px:"
    assert shown[2].split() == ["80", "to", "100", "2", "#" * 20]
