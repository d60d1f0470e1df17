"""Starts the worker processes and starts a new one whenever one dies."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from time import monotonic

import structlog

from bot.jobs.loops import wait

log = structlog.get_logger()

_RESTART_S = 0.5
_RESTART_MAX_S = 30.0
# One that was started anew counts again once it has lasted: it may die of the same thing.
_SETTLED_S = 10.0


class WorkerProcesses:
    """Each worker is a process of its own: what kills it (a hostile image, the kernel) leaves the
    bot alone, and the work it held goes to the next worker when its lease runs out."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], count: int
    ) -> None:
        self._command = tuple(command)
        self._environment = dict(environment)
        self._count = count
        self.pids: dict[int, int] = {}
        self._began: dict[int, float] = {}
        self._ended: set[int] = set()
        self._restarted: set[int] = set()

    @property
    def are_all_dead(self) -> bool:
        """Whether every one has died and none that came after it has lasted yet."""
        places = range(self._count)
        return self._count > 0 and not any(self._is_well(place) for place in places)

    def _is_well(self, place: int) -> bool:
        if place in self._ended:
            return False
        lasted = monotonic() - self._began.get(place, 0.0)
        return place not in self._restarted or lasted >= _SETTLED_S

    async def run(self, stop: asyncio.Event) -> None:
        await asyncio.gather(
            *(self._keep_alive(place, stop) for place in range(self._count))
        )

    async def _keep_alive(self, place: int, stop: asyncio.Event) -> None:
        pause = _RESTART_S
        while not stop.is_set():
            process = await asyncio.create_subprocess_exec(
                *self._command, env=self._environment
            )
            self.pids[place], self._began[place] = process.pid, monotonic()
            self._ended.discard(place)
            log.info("worker.started", place=place, pid=process.pid)
            await self._until_ended(process, stop)
            if stop.is_set():
                return
            self._ended.add(place)
            self._restarted.add(place)
            log.error("worker.died", place=place, code=process.returncode)
            lasted = monotonic() - self._began[place]
            pause = (
                _RESTART_S
                if lasted > _RESTART_MAX_S
                else min(_RESTART_MAX_S, pause * 2)
            )
            await wait(stop, pause)

    async def _until_ended(
        self, process: asyncio.subprocess.Process, stop: asyncio.Event
    ) -> None:
        ended = asyncio.create_task(process.wait())
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not ended.done():
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                await asyncio.wait_for(asyncio.shield(ended), 10)
            except TimeoutError:
                process.kill()
        await ended
