"""Carries orders to seal out to the end, for as long as the bot runs; goes on wherever it was killed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from bot.casework.alerts import Alerts
from bot.casework.destroying import (
    destroy_pictures,
    discard_old,
    finish,
    stale_galleries,
    what_is_left,
)
from bot.casework.sealed_list import write_list
from bot.clock import Clock
from bot.domain.sealings import Sealing
from bot.errors import FisError, Unavailable
from bot.matching import files
from storage.database import Database
from storage.vault import Vault

log = structlog.get_logger()

WITHIN = timedelta(minutes=5)
"""After this time supervisors are told what keeps an order from being finished."""
_PAUSE, _PAUSE_MAX = timedelta(seconds=5), timedelta(minutes=5)
"""Between two tries to rebuild a gallery that could not be: twice as long each time."""
Rebuild = Callable[[str], Awaitable[str]]
"""Builds a repository's gallery without what is sealed, and returns its version."""


class Sealer:
    """What it remembers only saves work: after a restart a gallery is compared once more."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        galleries: Path,
        sealed_list: Path,
        alerts: Alerts,
        clock: Clock,
        rebuild: Rebuild,
    ) -> None:
        self._db = db
        self._vault = vault
        self._galleries = galleries
        self._sealed_list = sealed_list
        self._alerts = alerts
        self._clock = clock
        self._rebuild = rebuild
        self._renewed: dict[tuple[str, str], str] = {}
        self._not_before: dict[str, datetime] = {}
        self._pause: dict[str, timedelta] = {}
        self._is_listed = False
        self._is_discarded = False
        self._told: set[str] = set()

    async def step(self) -> bool:
        """Do what can be done now; True if there was anything."""
        async with self._db.snapshot() as snapshot:
            unfinished = await snapshot.sealings.unfinished()
        if not unfinished:
            await self._discard_old()
            return False
        finished: list[Sealing] = []
        try:
            # First: whatever happens next, a restored backup must know of it.
            self._is_listed = await self._write_list()
            # Before anything is built: that may fail for long, and on a full disk this makes room.
            did = await self._destroy_pictures(unfinished)
            await self._renew_galleries(unfinished)
            if self._is_listed:
                finished = await self._finish(unfinished)
        finally:
            await self._tell_of_delay([s for s in unfinished if s not in finished])
        return did or bool(finished)

    async def _write_list(self) -> bool:
        """False if it cannot be written now: then nothing is finished, but all the rest goes on."""
        try:
            await write_list(self._db, self._sealed_list)
        except (OSError, FisError):
            log.exception("sealing.list_not_written")
            return False
        return True

    async def _destroy_pictures(self, sealings: Sequence[Sealing]) -> bool:
        did = False
        for sealing in sealings:
            try:
                did |= await destroy_pictures(
                    self._db, self._vault, sealing, self._clock()
                )
            except (
                OSError,
                FisError,
            ):  # the next order's may be destroyed all the same
                log.exception("sealing.not_destroyed", sealing=sealing.id)
        return did

    async def _finish(self, sealings: Sequence[Sealing]) -> list[Sealing]:
        await asyncio.to_thread(files.clean, self._galleries)
        finished = await finish(
            self._db,
            self._vault,
            self._galleries,
            sealings,
            self._clock(),
            self._db.clear_log,
            self._renewed,
        )
        for sealing in finished:
            log.info("sealing.finished", sealing=sealing.id)
            # Whoever began to build before the order came may only just have ended.
            self._is_discarded = False
        return finished

    async def _discard_old(self) -> None:
        if self._is_discarded:
            return
        async with self._db.snapshot() as snapshot:
            is_wanted = await snapshot.sealings.finished() > 0
        if is_wanted:
            await discard_old(self._db, self._galleries)
        self._is_discarded = True

    async def _renew_galleries(self, unfinished: Sequence[Sealing]) -> None:
        """One new version is without all orders that came before it was begun."""
        stale: dict[str, list[Sealing]] = {}
        async with self._db.snapshot() as snapshot:
            for sealing in unfinished:
                for name in await stale_galleries(snapshot, sealing, self._renewed):
                    stale.setdefault(name, []).append(sealing)
        for repository, sealings in sorted(stale.items()):
            if (version := await self._try_rebuild(repository)) is None:
                continue
            for sealing in sealings:
                self._renewed[sealing.id, repository] = version

    async def _try_rebuild(self, repository: str) -> str | None:
        """None if it cannot be done now; asked again at once, it is not even tried: it is heavy."""
        now = self._clock()
        if now < self._not_before.get(repository, now):
            return None
        try:
            version = await self._rebuild(repository)
        except (
            Exception
        ):  # whatever it was, the other repositories must not wait for it
            pause = min(self._pause.get(repository, _PAUSE / 2) * 2, _PAUSE_MAX)
            self._pause[repository] = pause
            self._not_before[repository] = self._clock() + pause
            log.exception(
                "sealing.gallery_not_rebuilt",
                repository=repository,
                again_in_s=pause.total_seconds(),
            )
            return None
        self._pause.pop(repository, None)
        self._not_before.pop(repository, None)
        return version

    async def _tell_of_delay(self, sealings: Sequence[Sealing]) -> None:
        for sealing in sealings:
            is_late = self._clock() - sealing.received_at > WITHIN
            if not is_late or sealing.id in self._told:
                continue
            async with self._db.transaction() as tx:
                left = await what_is_left(
                    tx, self._vault, self._galleries, sealing, self._renewed
                )
                if not self._is_listed:
                    left.append("the list of what is sealed, which cannot be written")
                said = ", ".join(left) or "a reader of the database"
                log.error("sealing.late", sealing=sealing.id, left=left)
                await self._alerts.add(
                    tx,
                    f"sealing_late/{sealing.id}",
                    f"The order {sealing.order_reference} ({sealing.id}) is not carried out to the end after five "
                    f"minutes. No search returns its photographs. What keeps it: {said}.",
                )
            self._told.add(sealing.id)


class RebuildBeside:
    """Rebuilds a gallery in a process of its own: it is heavy, and the bot has to answer Slack."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._command = tuple(command)
        self._environment = dict(environment)

    async def __call__(self, repository: str) -> str:
        process = await asyncio.create_subprocess_exec(
            *self._command,
            repository,
            env=self._environment,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            said, _ = await process.communicate()
        except asyncio.CancelledError:
            process.kill()
            raise
        if process.returncode != 0:
            raise Unavailable(
                f"The gallery could not be rebuilt (exit code {process.returncode})."
            )
        return said.decode().strip()
