"""Enrolling, sealing and searching at once, from three processes: python -m benchmarks.together --minutes 5 [--json]

No search that began after a sealing was committed may return what it sealed, and none may miss a
photograph that was enrolled and built before it began. One process enrols batch after batch and
builds the version, one seals arrests and carries the orders out to the end, one searches, as a worker
does, each time with a photograph's own template. The templates are drawn. Exits with 1 on a violation.
"""

import argparse
import asyncio
import hashlib
import itertools
import json
import multiprocessing
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import numpy as np

from app import trial_settings
from benchmarks.drawn import Vectors
from benchmarks.telling import Tell, to_stderr
from bot import log
from bot.assembly import Store, open_store
from bot.casework.alerts import Alerts
from bot.casework.building import build_gallery
from bot.casework.destroying import renew_gallery
from bot.casework.sealed_list import NAME as SEALED_LIST
from bot.casework.sealing import read_orders, seal
from bot.clock import utc_now
from bot.domain.galleries import ModelId
from bot.domain.photographs import STANDARD_REPOSITORY, Photograph, Template
from bot.domain.sealings import BadOrder
from bot.jobs.sealer import Sealer
from bot.matching import gallery as galleries
from bot.matching import shared
from bot.matching.gallery import Gallery, GalleryDamaged
from bot.matching.search import search
from storage.database import Snapshot

MODEL = ModelId("drawn", "0" * 64, 128)
FIRST, BATCH = 300, 50
_TELL_S = 10.0
LIST_LENGTH = 20
SEAL_EVERY_S = 0.7
_POINTS = ((30.0, 50.0), (70.0, 50.0), (50.0, 70.0), (35.0, 90.0), (65.0, 90.0))
_OF_AN_ARREST = 2  # photographs
_GRACE_S = 180.0
_SHOWN = 20
_WHO = "together"


@dataclass(frozen=True, slots=True)
class Report:
    """``violations``: in words, at most twenty of them; none is good."""

    minutes: float
    enrolled: int
    versions: int
    sealed: int
    finished: int
    searches: int
    searches_of_sealed: int
    sealed_meanwhile: int
    rebuilt: int
    search_p50_ms: float
    seal_to_finished_p50_s: float
    checked_at_the_end: int
    sealed_in_results: int
    missing: int
    violations: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Nothing went wrong, and enough happened for that to mean something."""
        happened = min(self.versions, self.sealed, self.finished, self.searches)
        return not self.violations and happened > 0


# --- what each process tells the others


class Diary:
    """One process writes lines, the others read them: what has happened by then, and no more."""

    def __init__(self, home: Path, name: str) -> None:
        self._path = home / f"{name}.lines"
        self._read = 0

    def write(self, **what: object) -> None:
        line = json.dumps({"at": time.monotonic()} | what) + "\n"
        with self._path.open("a") as file:
            file.write(line)

    def news(self) -> list[dict[str, Any]]:
        """What was written since it was last asked for."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._read)
            whole = file.read().rpartition(b"\n")[0]
        self._read += len(whole) + 1 if whole else 0
        return [json.loads(line) for line in whole.splitlines()]


@dataclass
class Known:
    """What somebody who reads the diaries knows."""

    home: Path
    built: list[str] = field(default_factory=list)
    sealed: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._enrolling = Diary(self.home, "enrol")
        self._sealing = Diary(self.home, "seal")

    def look(self) -> None:
        # First what is built: of what is read afterwards nothing sealed is then thought to be there.
        for line in self._enrolling.news():
            self.built += line.get("built", ())
        for line in self._sealing.news():
            self.sealed |= set(line.get("sealed", ()))


# --- one process enrols


def template_of(photo_id: str) -> Vectors:
    """Its own for each photograph, and the same in every process."""
    seed = int.from_bytes(hashlib.sha256(photo_id.encode()).digest()[:8], "big")
    drawn = np.random.default_rng(seed).standard_normal(MODEL.dim)
    return np.asarray(drawn / np.linalg.norm(drawn), np.float32)


def photo_id(number: int) -> str:
    # Not in the order of enrolment: what is new comes between what was there.
    return f"P{number * 7919 % 1_000_003:07d}"


def arrest_of(number: int) -> str:
    return f"K{24_000_000 + number // _OF_AN_ARREST:08d}"


async def enrol(store: Store, home: Path, until: float) -> None:
    number = FIRST
    while number == FIRST or time.monotonic() < until:
        await enrol_batch(store, home, range(number, number + BATCH))
        number += BATCH


async def enrol_batch(store: Store, home: Path, numbers: range) -> None:
    await _record(store, numbers)
    version = await build_gallery(
        store.db,
        store.galleries,
        STANDARD_REPOSITORY,
        MODEL,
        actor=_WHO,
        now=utc_now(),
    )
    built = [photo_id(number) for number in numbers]
    Diary(home, "enrol").write(built=built, version=version.version)


async def _record(store: Store, numbers: range) -> None:
    now = utc_now()
    async with store.db.transaction() as tx:
        for number in numbers:
            id, subject = photo_id(number), f"S{number:07d}"
            await tx.photographs.add(
                Photograph(
                    id=id,
                    subject_id=subject,
                    repository=STANDARD_REPOSITORY,
                    sha256=hashlib.sha256(id.encode()).hexdigest(),
                    arrest_number=arrest_of(number),
                    capture_date=date(2020, 1, 1),
                    sex="",
                    birth_date=date(1980, 1, 1),
                    enrolled_at=now,
                )
            )
            vector = template_of(id).astype("<f4").tobytes()
            await tx.templates.add(Template(id, subject, MODEL, vector, _POINTS))


# --- one seals


async def keep_sealing(store: Store, home: Path, until: float) -> None:
    settings = trial_settings(home)
    diary, known, chance = Diary(home, "seal"), Known(home), random.Random(7)  # noqa: S311  repeatable
    alerts = Alerts(None, utc_now)

    async def rebuild(repository: str) -> str:
        return await renew_gallery(store.db, store.galleries, repository, utc_now())

    sealer = Sealer(
        store.db,
        store.vault,
        store.galleries,
        home / SEALED_LIST,
        alerts,
        utc_now,
        rebuild,
    )
    waiting: dict[str, float] = {}
    for count in itertools.count(1):
        known.look()
        there = [id for id in known.built if id not in known.sealed]
        if count == 1 or time.monotonic() < until:
            async with store.db.snapshot() as snapshot:
                photograph = await snapshot.photographs.get(chance.choice(there))
            written = (photograph.arrest_number, f"Order {count}/2026")
            [order] = await read_orders(store.db, [written], settings.identifiers)
            if isinstance(order, BadOrder):
                raise order
            [done] = await seal(store.db, [order], alerts, actor=_WHO, now=utc_now())
            diary.write(sealed=list(done.photographs), order=done.sealing.id)
            waiting[done.sealing.id] = time.monotonic()
        await sealer.step()
        async with store.db.snapshot() as snapshot:
            left = {one.id for one in await snapshot.sealings.unfinished()}
        for id in [id for id in waiting if id not in left]:
            diary.write(finished=id, after_s=time.monotonic() - waiting.pop(id))
        if time.monotonic() > until and not waiting:
            return
        if time.monotonic() > until + _GRACE_S:
            raise TimeoutError(f"{len(waiting)} orders are not finished")
        await asyncio.sleep(SEAL_EVERY_S)


# --- one searches


class Searcher:
    """Searches as a worker does: the version that is current, without what is sealed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._gallery: Gallery | None = None
        self.rebuilt = 0

    async def search(self, template: Vectors) -> list[str]:
        """The photographs on the list, best first."""
        try:
            return await self._once(template)
        except GalleryDamaged:
            # As a worker does; and a version may just have been discarded because there is a newer one.
            await build_gallery(
                self._store.db,
                self._store.galleries,
                STANDARD_REPOSITORY,
                MODEL,
                actor=_WHO,
                now=utc_now(),
            )
            self.rebuilt += 1
            return await self._once(template)

    async def _once(self, template: Vectors) -> list[str]:
        async with self._store.db.snapshot() as snapshot:
            version = await snapshot.galleries.current(STANDARD_REPOSITORY)
            sealed = await snapshot.sealings.excluded(STANDARD_REPOSITORY)
        if version is None:
            raise LookupError("no version is current")
        gallery = self._gallery
        if gallery is None or gallery.version != version.version:
            if gallery is not None:
                gallery.close()
            self._gallery = None
            gallery = await asyncio.to_thread(
                galleries.load, self._store.galleries, version.version, version.digest
            )
            self._gallery = gallery
        found = search(gallery, template, MODEL, LIST_LENGTH, excluded_photo_ids=sealed)
        return [hit.photo_id for hit in found.hits]


async def keep_searching(store: Store, home: Path, until: float) -> None:
    diary, known, chance = Diary(home, "search"), Known(home), random.Random(11)  # noqa: S311  repeatable
    searcher = Searcher(store)
    searched = 0
    while not searched or time.monotonic() < until:
        known.look()
        searched += 1
        # By turns what must be found and what must not.
        of = (
            list(known.sealed)
            if chance.random() < 0.3 and known.sealed
            else known.built
        )
        wanted, sealed_before = chance.choice(of), frozenset(known.sealed)
        began = time.monotonic()
        found = await searcher.search(template_of(wanted))
        async with store.db.snapshot() as snapshot:
            gone = await _is_sealed(snapshot, wanted)
        diary.write(
            took_s=time.monotonic() - began,
            wanted=wanted,
            returned_sealed=sorted(sealed_before & set(found)),
            missing=not gone and found[:1] != [wanted],
            of_sealed=wanted in sealed_before,
            sealed_meanwhile=gone and wanted not in sealed_before,
            rebuilt=searcher.rebuilt,
        )
        await asyncio.sleep(0.01)


async def _is_sealed(snapshot: Snapshot, id: str) -> bool:
    forbidden = await snapshot.sealings.forbidden([id], [], [])
    return id in forbidden.photo_ids


# --- all of it


Life = Callable[[Store, Path, float], Coroutine[Any, Any, None]]
_LIVES: dict[str, Life] = {
    "enrol": enrol,
    "seal": keep_sealing,
    "search": keep_searching,
}


def live(name: str, home: Path, seconds: float, all_there: Barrier) -> None:
    """The whole life of one of the processes; its time begins when all three are there."""
    log.configure("critical")
    all_there.wait(_GRACE_S)
    until = time.monotonic() + seconds

    async def life() -> None:
        store = await open_store(trial_settings(home))
        try:
            await _LIVES[name](store, home, until)
        finally:
            await store.db.close()

    asyncio.run(life())


def run(home: Path, minutes: float, tell: Tell) -> Report:
    asyncio.run(_prepare(home))
    spawning = multiprocessing.get_context("spawn")
    there = spawning.Barrier(len(_LIVES))
    processes = {
        name: spawning.Process(target=live, args=(name, home, minutes * 60, there))
        for name in _LIVES
    }
    for process in processes.values():
        process.start()
    while alive := [process for process in processes.values() if process.is_alive()]:
        alive[0].join(_TELL_S)
        tell(_progress(home))
    ended = [
        f"the process that should {name} ended with {process.exitcode}"
        for name, process in processes.items()
        if process.exitcode
    ]
    tell("every photograph, once more ...")
    checked, at_the_end = asyncio.run(_check_all(home))
    shutil.rmtree(shared.place(home / "galleries"), ignore_errors=True)
    return _report(home, minutes, ended, checked, at_the_end)


async def _prepare(home: Path) -> None:
    store = await open_store(trial_settings(home, fresh=True))
    await enrol_batch(store, home, range(FIRST))
    await store.db.close()


def _progress(home: Path) -> str:
    known, searches = Known(home), Diary(home, "search").news()
    known.look()
    return f"{len(known.built)} built, {len(known.sealed)} sealed, {len(searches)} searches"


async def _check_all(home: Path) -> tuple[int, list[str]]:
    """Afterwards: everything enrolled and not sealed is first on its own list, nothing sealed on any."""
    known = Known(home)
    known.look()
    store = await open_store(trial_settings(home))
    searcher, wrong = Searcher(store), []
    for id in known.built:
        found = await searcher.search(template_of(id))
        if back := known.sealed & set(found):
            wrong.append(f"at the end {min(back)}, which is sealed, was returned")
        if id not in known.sealed and found[:1] != [id]:
            wrong.append(f"at the end {id} was missing")
    await store.db.close()
    return len(known.built), wrong


def _report(
    home: Path, minutes: float, ended: list[str], checked: int, at_the_end: list[str]
) -> Report:
    known = Known(home)
    known.look()
    searches = Diary(home, "search").news()
    back = [s for s in searches if s["returned_sealed"]]
    missing = [s for s in searches if s["missing"]]
    took = [s["took_s"] for s in searches]
    after = [
        line["after_s"] for line in Diary(home, "seal").news() if "finished" in line
    ]
    wrong = [
        *ended,
        *(f"{s['returned_sealed'][0]} was returned after it was sealed" for s in back),
        *(f"{s['wanted']} was missing" for s in missing),
        *at_the_end,
    ]
    versions = {
        line["version"] for line in Diary(home, "enrol").news() if "version" in line
    }
    return Report(
        minutes=minutes,
        enrolled=len(known.built),
        versions=len(versions),
        sealed=len(known.sealed),
        finished=len(after),
        searches=len(searches),
        searches_of_sealed=sum(s["of_sealed"] for s in searches),
        sealed_meanwhile=sum(s["sealed_meanwhile"] for s in searches),
        rebuilt=max((s["rebuilt"] for s in searches), default=0),
        search_p50_ms=statistics.median(took) * 1000 if took else 0.0,
        seal_to_finished_p50_s=statistics.median(after) if after else 0.0,
        checked_at_the_end=checked,
        sealed_in_results=len(back) + sum("returned" in one for one in at_the_end),
        missing=len(missing) + sum("missing" in one for one in at_the_end),
        violations=tuple(wrong[:_SHOWN]),
    )


def show(report: Report) -> None:
    print(
        f"{report.enrolled} enrolled in {report.versions} versions, {report.sealed} sealed, {report.finished} orders "
        f"finished (p50 after {report.seal_to_finished_p50_s:.1f} s)"
    )
    print(
        f"{report.searches} searches (p50 {report.search_p50_ms:.0f} ms), {report.searches_of_sealed} of them with sealed "
        f"photographs; {report.checked_at_the_end} at the end"
    )
    for violation in report.violations:
        print(f"VIOLATION: {violation}")
    print(f"never sealed, never missing: {'kept' if report.good else 'NOT KEPT'}")


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.together",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as folder:
        report = run(Path(folder) / "data", given.minutes, to_stderr)
    if given.json:
        print(json.dumps(asdict(report) | {"good": report.good}))
    else:
        show(report)
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main())
