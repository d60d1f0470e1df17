"""Carries orders to seal out to the end, for as long as the bot runs; goes on wherever it was killed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
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
from bot.errors import Unavailable
from storage.database import Database
from storage.vault import Vault

log = structlog.get_logger()

WITHIN = timedelta(minutes=5)
"""After this time supervisors are told what keeps an order from being finished."""
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
        self._is_discarded = False
        self._told: set[str] = set()

    async def step(self) -> bool:
        """Do what can be done now; True if there was anything."""
        async with self._db.snapshot() as snapshot:
            unfinished = await snapshot.sealings.unfinished()
        if not unfinished:
            await self._discard_old()
            return False
        # First: whatever happens next, a restored backup must know of it.
        await write_list(self._db, self._sealed_list)
        await self._renew_galleries(unfinished)
        now = self._clock()
        did = [
            await destroy_pictures(self._db, self._vault, sealing, now)
            for sealing in unfinished
        ]
        finished = await finish(
            self._db,
            self._vault,
            unfinished,
            self._clock(),
            self._db.clear_log,
            self._renewed,
        )
        for sealing in finished:
            log.info("sealing.finished", sealing=sealing.id)
            # Whoever began to build before the order came may only just have ended.
            self._is_discarded = False
        await self._tell_of_delay([one for one in unfinished if one not in finished])
        return any(did) or bool(finished)

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
            version = await self._rebuild(repository)
            for sealing in sealings:
                self._renewed[sealing.id, repository] = version

    async def _tell_of_delay(self, sealings: Sequence[Sealing]) -> None:
        for sealing in sealings:
            is_late = self._clock() - sealing.received_at > WITHIN
            if not is_late or sealing.id in self._told:
                continue
            async with self._db.transaction() as tx:
                left = await what_is_left(tx, self._vault, sealing, self._renewed)
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
