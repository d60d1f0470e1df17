"""A worker: one process, one loaded engine; claims work, does it beside its event loop, writes it once."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from time import monotonic
from typing import TypeVar

import structlog

from bot.casework import editing, exceptional, probes, replaying, searching
from bot.casework.alerts import Alerts
from bot.casework.building import build_gallery
from bot.casework.governed import Governed
from bot.casework.purging import discard
from bot.casework.searching import MinorFound
from bot.casework.subjects import check_held
from bot.clock import Clock
from bot.domain.actors import SYSTEM
from bot.domain.authorizations import NotInForce
from bot.domain.pictures import COMMANDERS
from bot.domain.sealings import SealedMeanwhile
from bot.domain.sendings import Picture
from bot.domain.work import ATTEMPTS_MAX, WorkItem, WorkKind
from bot.errors import Refusal, Unavailable
from bot.jobs import bench, retouching, subjects
from bot.jobs.bench import Bench, Halted
from bot.matching.gallery import GalleryDamaged
from storage.database import Database
from storage.errors import LeaseLost

log = structlog.get_logger()

Result = TypeVar("Result")
_RETRY_S = 5.0
_LOOK_S = 0.1
_LET_GO_S = 1.0
DEADLINE_S = 120.0  # many times what the largest permitted image takes
STUCK = 70
"""Exit code of a worker that ended itself because its engine did not come back."""


class Worker:
    """Several may run at once, in several processes; the database decides who does what.

    The heavy part runs in one thread of its own, so that the lease is kept alive meanwhile: a
    worker that dies loses it, and another one takes the work over. A thread cannot be stopped, so
    one that does not come back by its deadline takes the whole process with it; the next attempt
    counts, and in the end the work is given up.
    """

    def __init__(
        self,
        db: Database,
        workbench: Bench,
        clock: Clock,
        *,
        name: str,
        repository: str,
        lease: timedelta,
        seal_key: bytes,
        alerts: Alerts,
        deadline_s: float = DEADLINE_S,
        end_process: Callable[[int], object] = os._exit,
    ) -> None:
        self._db = db
        self._bench = workbench
        self._clock = clock
        self._name = name
        self._repository = repository
        self._lease = lease
        self._seal_key = seal_key
        self._alerts = alerts
        self._deadline_s = deadline_s
        self._end_process = end_process
        self._governed = Governed(
            {
                "FIS_WEAK_BELOW": workbench.weak_below,
                "FIS_SEARCH": "chroma" if workbench.approximate else "exact",
            }
        )
        self._thread = ThreadPoolExecutor(1, "engine")
        self._look_s = 0.0

    async def run(self, stop: asyncio.Event, *, idle_s: float = 0.1) -> None:
        """Work until told to stop."""
        while not stop.is_set():
            await self._let_go()
            if not await self.step():
                try:
                    await asyncio.wait_for(stop.wait(), idle_s)
                except TimeoutError:
                    continue
        self._thread.shutdown()

    async def _let_go(self) -> None:
        """Within a second or two after a gallery was replaced its old version is out of memory: it may
        hold what has been sealed since."""
        if monotonic() < self._look_s:
            return
        self._look_s = monotonic() + _LET_GO_S
        async with self._db.snapshot() as snapshot:
            current = await snapshot.galleries.current_versions()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._bench.keep_only, current)

    async def step(self) -> bool:
        """Do one piece of work; False if there was none."""
        async with self._db.transaction() as tx:
            item = await tx.work.claim(self._name, self._clock(), self._lease)
        if item is None:
            return False
        log.info(
            "work.claimed",
            work=item.kind,
            request=item.request_id,
            attempt=item.attempts,
        )
        try:
            await self._do(item)
        except LeaseLost:
            log.warning("work.lease_lost", work=item.kind, request=item.request_id)
        except (
            Exception
        ) as error:  # whatever it is, the work goes back, and is given up in the end
            log.exception("work.failed", work=item.kind, request=item.request_id)
            await self._failed(item, type(error).__name__)
        return True

    async def _do(self, item: WorkItem) -> None:
        if item.attempts > ATTEMPTS_MAX:
            await searching.give_up(
                self._db, item, "too many attempts", now=self._clock()
            )
            return
        match item.kind:
            case WorkKind.CHECK_PROBE:
                await self._check(item)
            case WorkKind.SEARCH:
                await self._search(item)
            case WorkKind.DRAW_ALONE:
                await self._draw_alone(item)
            case WorkKind.DRAW:
                await self._draw(item)
            case WorkKind.DRAW_SUBJECTS | WorkKind.DRAW_UNMASKED:
                await self._draw_subjects(item)
            case WorkKind.DRAW_LEAD:
                await self._draw_lead(item)
            case WorkKind.DRAW_PROBE:
                await self._draw_probe(item)
            case WorkKind.EDIT:
                await self._edit(item)
            case WorkKind.REPLAY:
                await self._replay(item)

    async def _check(self, item: WorkItem) -> None:
        async with self._db.snapshot() as snapshot:
            probe = await snapshot.probes.get(item.request_id)
        found: probes.CheckedProbe | Refusal
        try:
            found = await self._beside(item, lambda: self._bench.check(probe.sha256))
        except Refusal as refusal:
            found = refusal
        await probes.record_check(self._db, item, found, now=self._clock())

    async def _search(self, item: WorkItem) -> None:
        try:
            repository = await self._repository_of(item)
            try:
                await self._search_current(item, repository)
            except GalleryDamaged as damaged:
                await self._rebuild(item, repository, damaged)
                await self._search_current(item, repository)
        except NotInForce as refused:
            log.error("search.refused", authorization=item.subject, rule=refused.rule)
            now = self._clock()
            await exceptional.refuse_run(self._db, item, refused, self._alerts, now=now)

    async def _repository_of(self, item: WorkItem) -> str:
        """The standard one, unless a commander authorized another."""
        if not item.subject:
            return self._repository
        async with self._db.snapshot() as snapshot:
            request = await snapshot.requests.get(item.request_id)
            # Before anything is looked for in it: an altered one may name any repository.
            authorization = await exceptional.check_running(
                snapshot, item.subject, request, self._seal_key, self._clock()
            )
        return authorization.repository

    async def _search_current(self, item: WorkItem, repository: str) -> None:
        """Again, as often as a photograph that was found is sealed while the search runs: whoever
        stood behind it on the list has to be on it now. The same if one shows a minor."""
        minors: frozenset[str] = frozenset()
        while True:
            try:
                return await self._search_once(item, repository, minors)
            except SealedMeanwhile:
                log.warning("search.sealed_meanwhile", request=item.request_id)
            except MinorFound as found:
                minors |= found.photo_ids
                log.warning("search.minor_found", request=item.request_id)

    async def _search_once(
        self, item: WorkItem, repository: str, minors: frozenset[str]
    ) -> None:
        async with self._db.snapshot() as snapshot:
            request = await snapshot.requests.get(item.request_id)
            probe = await snapshot.probes.get(item.request_id)
            # What a commander authorized is a search of the original.
            derivative = (
                None
                if item.subject
                else await editing.searched_on(snapshot, request.id, request.round)
            )
            version = await snapshot.galleries.current(repository)
            sealed = await snapshot.sealings.excluded(repository)
            weak_below = await self._governed.weak_below(snapshot)
            approximate = await self._governed.is_approximate(snapshot)
        if version is None:
            raise Unavailable("No gallery is enrolled yet.")
        pins = searching.Pins(
            version,
            request.asked.list_length,
            (f"repository = {version.repository}", *searching.FILTERS),
            sealed,
            minors,
            weak_below=weak_below,
            approximate=approximate,
        )
        began, key = self._clock(), self._seal_key
        if await searching.start(self._db, item, pins, key=key, now=began) is None:
            async with self._db.transaction() as tx:
                await tx.work.finish(item)
            return
        async with self._watched(item) as go_on:
            run = await self._beside(
                item,
                lambda: self._bench.search(
                    request.id, probe, pins, began, go_on, derivative
                ),
            )
        search, candidates = run(self._clock())
        await searching.finish(
            self._db,
            item,
            replace(search, authorization_id=item.subject or None),
            candidates,
            key=key,
            now=search.finished_at,
            reranked=run.reranked,
        )

    async def _rebuild(
        self, item: WorkItem, repository: str, damaged: GalleryDamaged
    ) -> None:
        """A gallery's directory is a copy: the templates of record are in the database."""
        log.error("gallery.damaged", why=str(damaged))
        async with self._db.snapshot() as snapshot:
            version = await snapshot.galleries.current(repository)
            graph = await self._governed.is_approximate(snapshot)
        if version is None:
            raise damaged
        async with self._lease_kept(item):
            rebuilt = await build_gallery(
                self._db,
                self._bench.galleries_dir,
                repository,
                version.model,
                actor=SYSTEM.person,
                now=self._clock(),
                graph=graph,
            )
        log.warning("gallery.rebuilt", version=rebuilt.version, size=rebuilt.size)

    async def _draw_alone(self, item: WorkItem) -> None:
        async with self._db.snapshot() as snapshot:
            examination = await snapshot.examinations.get(item.subject)
            probe = await snapshot.probes.get(item.request_id)
        picture = await self._beside(
            item, lambda: self._bench.draw_alone(examination, probe)
        )
        await self._keep(item, [picture])

    async def _draw(self, item: WorkItem) -> None:
        async with self._db.snapshot() as snapshot:
            scene = await bench.read_examination(snapshot, item.subject)
        pictures = await self._beside(item, lambda: self._bench.draw_examination(scene))
        await self._keep(item, pictures)

    async def _draw_subjects(self, item: WorkItem) -> None:
        """Again, as often as one of the photographs is sealed while it is drawn."""
        while True:
            async with self._db.snapshot() as snapshot:
                scenes = await subjects.read(snapshot, item)
            drawn = await self._beside(
                item, partial(subjects.draw, self._bench, scenes)
            )
            try:
                return await self._keep(item, [p for p, _ in drawn], dict(drawn))
            except SealedMeanwhile:
                log.warning("draw.sealed_meanwhile", request=item.request_id)

    async def _draw_lead(self, item: WorkItem) -> None:
        async with self._db.snapshot() as snapshot:
            lead = await snapshot.leads.find(item.request_id)
            if lead is None:
                raise Unavailable("There is no lead to draw.")
            photograph = await snapshot.photographs.get(lead.photo_id)
        picture = await self._beside(
            item, lambda: self._bench.draw_lead(item.request_id, photograph.sha256)
        )
        await self._keep(item, [picture])

    async def _draw_probe(self, item: WorkItem) -> None:
        async with self._db.snapshot() as snapshot:
            authorization = await snapshot.authorizations.get(item.subject)
            probe = await snapshot.probes.get(item.request_id)
        rooms = (COMMANDERS, *authorization.told)
        pictures = await self._beside(
            item, lambda: self._bench.draw_asked(authorization, probe, rooms)
        )
        await self._keep(item, pictures)

    async def _edit(self, item: WorkItem) -> None:
        async with self._db.snapshot() as snapshot:
            draft = await snapshot.edit_drafts.find(item.subject)
            probe = await snapshot.probes.get(item.request_id)
            chain = [
                one.edit
                for one in await editing.behind(
                    snapshot,
                    item.request_id,
                    draft.parent_sha256 if draft else probe.sha256,
                )
            ]
        if draft is None:
            async with self._db.transaction() as tx:
                await tx.work.finish(item)
            return
        wanted = draft
        made, picture = await self._beside(
            item, lambda: retouching.make(self._bench, probe, chain, wanted)
        )
        try:
            await editing.record(self._db, item, made, picture)
        except LeaseLost:
            await editing.discard(self._db, made, picture)
            raise

    async def _replay(self, item: WorkItem) -> None:
        async with self._db.snapshot() as snapshot:
            probe = await snapshot.probes.get(item.request_id)
            chains, error = await editing.chains(snapshot, probe)
        if not error:
            error = await self._beside(
                item, lambda: replaying.repeat(self._bench.vault, probe, chains)
            )
        now = self._clock()
        await editing.record_replay(self._db, item, error, now=now)

    async def _keep(
        self,
        item: WorkItem,
        pictures: list[Picture],
        showing: Mapping[Picture, frozenset[str]] | None = None,
    ) -> None:
        """``showing`` names the photographs on those that show several."""
        showing = showing or {}
        try:
            async with self._db.transaction() as tx:
                await tx.work.finish(item)
                await check_held(tx, frozenset().union(*showing.values()))
                for picture in pictures:
                    await tx.pictures.add(picture, showing.get(picture, ()))
        except (LeaseLost, SealedMeanwhile):
            await discard(self._db, self._bench.vault, pictures, self._clock())
            raise

    async def _beside(self, item: WorkItem, heavy: Callable[[], Result]) -> Result:
        """Run the heavy part in the engine's thread and keep the lease alive meanwhile."""
        loop = asyncio.get_running_loop()
        late = loop.call_later(self._deadline_s, self._stuck, item)
        try:
            async with self._lease_kept(item):
                return await loop.run_in_executor(self._thread, heavy)
        finally:
            late.cancel()

    def _stuck(self, item: WorkItem) -> None:
        log.critical("work.stuck", work=item.kind, request=item.request_id)
        self._end_process(STUCK)

    @asynccontextmanager
    async def _lease_kept(self, item: WorkItem) -> AsyncIterator[None]:
        keeping = asyncio.create_task(self._keep_lease(item))
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    @asynccontextmanager
    async def _watched(self, item: WorkItem) -> AsyncIterator[Callable[[], None]]:
        """Yield what stops the heavy part soon after the work was taken away from this worker: a
        revocation must not wait for the end of a search."""
        lost = threading.Event()

        def go_on() -> None:
            if lost.is_set():
                raise Halted("the work was taken away")

        watching = asyncio.create_task(self._watch(item, lost))
        try:
            yield go_on
        except Halted as halted:
            raise LeaseLost(str(halted)) from halted
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    async def _watch(self, item: WorkItem, lost: threading.Event) -> None:
        while not lost.is_set():
            await asyncio.sleep(_LOOK_S)
            async with self._db.snapshot() as snapshot:
                if not await snapshot.work.is_held(item):
                    lost.set()

    async def _keep_lease(self, item: WorkItem) -> None:
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 3)
            async with self._db.transaction() as tx:
                item = await tx.work.extend(item, self._clock() + self._lease)

    async def _failed(self, item: WorkItem, error: str) -> None:
        try:
            if item.attempts >= ATTEMPTS_MAX:
                await searching.give_up(self._db, item, error, now=self._clock())
                return
            retry_at = self._clock() + timedelta(seconds=_RETRY_S * item.attempts)
            async with self._db.transaction() as tx:
                await tx.work.fail(item, error, retry_at)
        except LeaseLost:
            log.warning("work.lease_lost", work=item.kind, request=item.request_id)
