"""Keeps a step going for as long as the bot runs; an error in one turn does not end it."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger()

_PAUSE_AFTER_ERROR_S = 1.0


async def keep_going(
    name: str,
    step: Callable[[], Awaitable[object]],
    stop: asyncio.Event,
    *,
    idle_s: float,
) -> None:
    """Call ``step`` again and again until told to stop; with a pause when it had nothing to do."""
    while not stop.is_set():
        pause = idle_s
        try:
            if await step():
                pause = 0.0
        except (
            Exception
        ):  # whatever it was, the next turn reads everything anew from the database
            log.exception("loop.defect", loop=name)
            pause = _PAUSE_AFTER_ERROR_S
        await wait(stop, pause)


async def wait(stop: asyncio.Event, seconds: float) -> None:
    """Sleep, but wake at once when told to stop."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
