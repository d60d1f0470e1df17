"""Sweeps up after purges for as long as the bot runs, without keeping the database busy."""

from collections.abc import Callable
from time import monotonic

from bot.casework.editing import sweep_dropped
from bot.casework.purging import sweep
from bot.clock import Clock
from storage.database import Database
from storage.vault import Vault

_WAIT_MAX_S = 60.0


class Sweeper:
    def __init__(
        self,
        db: Database,
        vault: Vault,
        clock: Clock,
        *,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock
        self._seconds = seconds
        self._wait_s = 0.0
        self._due_s = -1e9

    async def step(self) -> bool:
        """Destroy what can be destroyed now; True if there was any."""
        now = self._clock()
        is_swept = await sweep_dropped(self._db, self._vault, now)
        return is_swept | await sweep(self._db, self._vault, now, self._clear_log)

    async def _clear_log(self) -> bool:
        """Every attempt holds up those who write: a long reader, such as a backup, is asked less and
        less often."""
        if self._seconds() < self._due_s:
            return False
        if await self._db.clear_log():
            self._wait_s = 0.0
            return True
        self._due_s = self._seconds() + self._wait_s
        self._wait_s = min(_WAIT_MAX_S, max(1.0, 2 * self._wait_s))
        return False
