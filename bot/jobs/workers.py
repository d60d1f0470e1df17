"""Starts the worker processes and starts a new one whenever one dies."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence

import structlog

from bot.jobs.loops import wait

log = structlog.get_logger()

_RESTART_S = 0.5
_RESTART_MAX_S = 30.0


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
            self.pids[place] = process.pid
            log.info("worker.started", place=place, pid=process.pid)
            began = asyncio.get_running_loop().time()
            await self._until_ended(process, stop)
            if stop.is_set():
                return
            log.error("worker.died", place=place, code=process.returncode)
            lasted = asyncio.get_running_loop().time() - began
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
