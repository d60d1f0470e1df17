"""Stopping a worker process in the middle of a search, and letting it go on."""

import asyncio
import os
import signal
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from bot.domain.workflow import State
from bot.sandbox.acts import NotAsExpected
from bot.sandbox.running import Running

_LOOK_S = 0.002
_SETTLE_S = 0.02
_PATIENCE_S = 20.0


class TooQuick(Exception):
    """The search was over before its worker could be stopped."""


@asynccontextmanager
async def halted(running: Running, request: str) -> AsyncIterator[int]:
    """Keep the worker that searches for a request stopped, and yield its process id.

    Raises TooQuick if candidates are listed before that.
    """
    pid = await _stopped(running, request)
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGCONT)


async def _stopped(running: Running, request: str) -> int:
    deadline = time.monotonic() + _PATIENCE_S
    while (state := await _state(running, request)) is not State.EXAMINATION:
        if time.monotonic() > deadline:
            raise NotAsExpected(f"waited {_PATIENCE_S:.0f} s for a search to begin")
        if state is State.SEARCHING and (pid := await _worker(running, request)):
            os.kill(pid, signal.SIGSTOP)
            if await _is_in_the_middle(running, request):
                return pid
            os.kill(pid, signal.SIGCONT)
        await asyncio.sleep(_LOOK_S)
    raise TooQuick(f"the search for {request} was over before it could be stopped")


async def _is_in_the_middle(running: Running, request: str) -> bool:
    """Whether nothing is written yet, and the stopped process does not keep others from writing."""
    await asyncio.sleep(_SETTLE_S)
    database = running.settings.data_dir / "fis.sqlite3"
    is_free = await asyncio.to_thread(can_write, database)
    return is_free and await _state(running, request) is State.SEARCHING


def can_write(database: Path) -> bool:
    with closing(sqlite3.connect(database, timeout=0.2)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        return True


async def _state(running: Running, request: str) -> State:
    async with running.store.db.snapshot() as snapshot:
        return (await snapshot.requests.get(request)).state


async def _worker(running: Running, request: str) -> int | None:
    """The process that holds the search; a worker's name begins with its number."""
    async with running.store.db.snapshot() as snapshot:
        held = [item.worker for item in await snapshot.work.open_for(request)]
    numbers = [int(worker.partition("-")[0]) for worker in held if worker]
    pids = running.bot.workers.pids.values()
    if any(number not in pids for number in numbers):
        raise NotAsExpected("a worker searches that this demonstration has not started")
    return numbers[0] if numbers else None
