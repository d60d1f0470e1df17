"""Carries orders to seal out to the end, for as long as the bot runs; goes on wherever it was killed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import structlog

from bot.casework.alerts import Alerts
from bot.casework.destroying import destroy_pictures, finish, what_is_left
from bot.casework.sealed_list import write_list
from bot.clock import Clock
from bot.domain.sealings import Sealing
from bot.errors import Unavailable
from storage.database import Database
from storage.vault import Vault

log = structlog.get_logger()

WITHIN = timedelta(minutes=5)
"""After this time supervisors are told what keeps an order from being finished."""
Rebuild = Callable[[str], Awaitable[None]]


class Sealer:
    """What it remembers only saves work: after a restart a gallery is compared once more."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        sealed_list: Path,
        alerts: Alerts,
        clock: Clock,
        rebuild: Rebuild,
    ) -> None:
        self._db = db
        self._vault = vault
        self._sealed_list = sealed_list
        self._alerts = alerts
        self._clock = clock
        self._rebuild = rebuild
        self._out_of_galleries: set[str] = set()
        self._told: set[str] = set()

    async def step(self) -> bool:
        """Do what can be done now; True if there was anything."""
        async with self._db.snapshot() as snapshot:
            unfinished = await snapshot.sealings.unfinished()
        if not unfinished:
            return False
        # First: whatever happens next, a restored backup must know of it.
        await write_list(self._db, self._sealed_list)
        await self._out_of_all_galleries(unfinished)
        now = self._clock()
        did = [
            await destroy_pictures(self._db, self._vault, sealing, now)
            for sealing in unfinished
        ]
        finished = await finish(
            self._db, self._vault, unfinished, self._clock(), self._db.clear_log
        )
        for sealing in finished:
            log.info("sealing.finished", sealing=sealing.id)
        late = [one for one in unfinished if one not in finished]
        await self._tell_of_delay(late)
        return any(did) or bool(finished)

    async def _out_of_all_galleries(self, unfinished: Sequence[Sealing]) -> None:
        new = [one for one in unfinished if one.id not in self._out_of_galleries]
        repositories: set[str] = set()
        async with self._db.snapshot() as snapshot:
            for sealing in new:
                tombstones = await snapshot.sealings.tombstones(sealing.id)
                repositories |= {one.repository for one in tombstones}
        for repository in sorted(repositories):
            await self._rebuild(repository)
        self._out_of_galleries |= {sealing.id for sealing in new}

    async def _tell_of_delay(self, sealings: Sequence[Sealing]) -> None:
        for sealing in sealings:
            is_late = self._clock() - sealing.received_at > WITHIN
            if not is_late or sealing.id in self._told:
                continue
            async with self._db.transaction() as tx:
                left = await what_is_left(tx, self._vault, sealing)
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

    async def __call__(self, repository: str) -> None:
        process = await asyncio.create_subprocess_exec(
            *self._command, repository, env=self._environment
        )
        try:
            code = await process.wait()
        except asyncio.CancelledError:
            process.kill()
            raise
        if code != 0:
            raise Unavailable(f"The gallery could not be rebuilt (exit code {code}).")
