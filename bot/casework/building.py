"""A gallery version: built from the templates of record, and made the one that is searched."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from time import monotonic

import numpy as np

from bot.domain.audit import AuditEvent, Verb
from bot.domain.galleries import ModelId
from bot.domain.photographs import GalleryVersion
from bot.errors import Refusal, Unavailable
from bot.matching import files
from bot.matching import gallery as galleries
from bot.matching.calibration import calibrate
from bot.matching.gallery import Built, Progress
from bot.matching.scanfiles import Chunk
from storage.database import Database
from storage.photographs import EnrolledRow

_LOOK_S = 0.05


async def build_gallery(
    db: Database,
    root: Path,
    repository: str,
    model: ModelId,
    *,
    actor: str,
    now: datetime,
    graph: bool = False,
    anew: bool = False,
    progress: Progress = lambda doing, done: None,
) -> GalleryVersion:
    """Build the next version from the templates of record and make it the one that is searched.

    Returns the present version when nothing has been enrolled since, its directory made whole again
    if it was lost or damaged, or in any case with ``anew``. With ``graph``, and wherever that is how
    is searched by the record, its Chroma collection can be searched, too. The heavy part runs in a thread: who calls may have a lease to keep.
    """
    async with db.snapshot() as snapshot:
        current = await snapshot.galleries.current(repository)
    check_governed(current, model)
    async with (
        built_beside(
            db,
            root,
            repository,
            model,
            now=now,
            graph=graph,
            anew=anew,
            progress=progress,
        ) as version,
        db.transaction() as tx,
    ):
        current = await tx.galleries.current(repository)
        # Another model may have been approved while this was built.
        check_governed(current, model)
        if version == current:
            return version
        await tx.galleries.add(version)
        facts = {
            "repository": repository,
            "digest": version.digest,
            "size": version.size,
            "model": str(model),
        }
        await tx.audit.append(
            AuditEvent(now, actor, Verb.GALLERY_BUILT, version.version, facts)
        )
    return version


async def of_record(db: Database, repository: str) -> int:
    """How many templates a repository has, by the model it is searched with.

    Raises Unavailable if nothing has been built.
    """
    async with db.snapshot() as snapshot:
        current = await snapshot.galleries.current(repository)
        if current is None:
            raise Unavailable(f"No gallery of {repository} has been built.")
        return await snapshot.templates.count(repository, current.model)


async def rebuild_gallery(
    db: Database,
    root: Path,
    repository: str,
    *,
    actor: str,
    now: datetime,
    graph: bool = False,
    progress: Progress = lambda doing, done: None,
) -> GalleryVersion:
    """Write what is searched now anew, by its model, from the templates of record."""
    async with db.snapshot() as snapshot:
        current = await snapshot.galleries.current(repository)
    if current is None:
        raise Unavailable(f"No gallery of {repository} has been built. Enrol first.")
    return await build_gallery(
        db,
        root,
        repository,
        current.model,
        actor=actor,
        now=now,
        graph=graph,
        anew=True,
        progress=progress,
    )


@asynccontextmanager
async def alone(root: Path, patience_s: float) -> AsyncIterator[None]:
    """Be the only one who writes in ``root``, and let the loop go on while another one does.

    Raises Unavailable if that takes longer.
    """
    until = monotonic() + patience_s
    with ExitStack() as held:
        while True:
            try:
                held.enter_context(files.only_one(root, 0.0))
                break
            except Unavailable:
                if monotonic() >= until:
                    raise Unavailable(
                        f"Another process has been working in {root} for {patience_s:.0f} s."
                    ) from None
            await asyncio.sleep(_LOOK_S)
        yield


@asynccontextmanager
async def built_beside(
    db: Database,
    root: Path,
    repository: str,
    model: ModelId,
    *,
    now: datetime,
    graph: bool = False,
    anew: bool = False,
    progress: Progress = lambda doing, done: None,
) -> AsyncIterator[GalleryVersion]:
    """Build the next version, which nothing searches yet; the present one if it has the same templates.

    Whoever makes something of it does so within: until then nobody else builds, so that no older one
    takes its place, and nobody destroys it as one that no record names.
    """
    async with alone(root, galleries.BUILDING_S):
        version = None
        while version is None:
            version = await _built(
                db, root, repository, model, now, graph, anew, progress
            )
        yield version


async def _built(
    db: Database,
    root: Path,
    repository: str,
    model: ModelId,
    now: datetime,
    graph: bool,
    anew: bool,
    progress: Progress,
) -> GalleryVersion | None:
    """None if it may hold photographs of an order that was carried out to the end meanwhile."""
    async with db.snapshot() as snapshot:
        current = await snapshot.galleries.current(repository)
        finished = await snapshot.sealings.finished()
        in_force = await snapshot.changes.in_force()
    graph = graph or in_force.get("FIS_SEARCH") == "chroma"

    def assemble(chunks: Iterator[Chunk]) -> Built:
        return galleries.assemble(
            root,
            model,
            chunks,
            lambda content: f"{now:%Y%m%dT%H%M%SZ}-{content[:8]}",
            current=(current.version, current.digest) if current else None,
            graph=graph,
            anew=anew,
            is_alone=True,
            progress=progress,
        )

    built = await _fed(db, repository, model, assemble)
    if current is not None and (built.version, built.digest) == (
        current.version,
        current.digest,
    ):
        return current
    async with db.snapshot() as snapshot:
        is_late = await snapshot.sealings.finished() != finished
    if is_late:
        await asyncio.to_thread(galleries.discard, root, built.version)
        return None
    return GalleryVersion(
        version=built.version,
        repository=repository,
        model=model,
        digest=built.digest,
        size=built.size,
        built_at=now,
        calibration=await asyncio.to_thread(_calibration, root, built),
    )


class ModelGoverned(Refusal):
    """Whoever enrols must not thereby change the model that is searched with (policy 2.4, R16; A28)."""

    rule = "MODEL_GOVERNED"


def check_governed(current: GalleryVersion | None, model: ModelId) -> None:
    if current is not None and current.model != model:
        raise ModelGoverned(
            f"{current.repository} is searched by {current.model}, not by {model}. Another model is proposed "
            "with “app.py reindex --model”, and a supervisor decides."
        )


async def _fed(
    db: Database,
    repository: str,
    model: ModelId,
    work: Callable[[Iterator[Chunk]], Built],
) -> Built:
    """Do ``work`` in a thread, which pulls the templates of record of one moment while this loop
    reads them.

    Reading begins with the first pull, and a page ahead of the thread at most is in memory.
    """
    wanted, loop = asyncio.Event(), asyncio.get_running_loop()
    queue: asyncio.Queue[Chunk | Exception | None] = asyncio.Queue(1)

    async def read() -> None:
        await wanted.wait()
        try:
            async with db.snapshot() as snapshot:
                # A gallery all of whose photographs were sealed has a version, too: an empty one.
                was_built = await snapshot.galleries.current(repository) is not None
                if not was_built and not await snapshot.templates.count(
                    repository, model
                ):
                    raise Unavailable(
                        "Nothing is enrolled, so there is nothing to build."
                    )
                async for page in snapshot.templates.pages(repository, model):
                    await queue.put(_chunk(page, model))
            await queue.put(None)
        except Exception as error:  # noqa: BLE001 - whatever it is, the thread has to hear of it
            await queue.put(error)

    async def take() -> Chunk | Exception | None:
        wanted.set()
        return await queue.get()

    def chunks() -> Iterator[Chunk]:
        while True:
            taken = asyncio.run_coroutine_threadsafe(take(), loop).result()
            if isinstance(taken, Exception):
                raise taken
            if taken is None:
                return
            yield taken

    reading = asyncio.create_task(read())
    working = loop.run_in_executor(None, work, chunks())
    try:
        return await asyncio.shield(working)
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        while not queue.empty():
            queue.get_nowait()
        # The thread may still pull, if this task was cancelled: it must not wait for ever.
        queue.put_nowait(Unavailable("The building of the gallery was stopped."))
        # Nor may anybody else build before it has ended.
        await asyncio.gather(working, return_exceptions=True)


def _chunk(page: Sequence[EnrolledRow], model: ModelId) -> Chunk:
    vectors = b"".join(row.vector for row in page)
    return Chunk(
        [row.photo_id for row in page],
        [row.subject_id for row in page],
        np.frombuffer(vectors, "<f4").astype(np.float32).reshape(-1, model.dim),
        [row.is_minor for row in page],
    )


def _calibration(root: Path, built: Built) -> tuple[tuple[float, float], ...]:
    gallery = galleries.load(root, built.version, built.digest)
    try:
        return calibrate(gallery, built.digest)
    finally:
        gallery.close()
