"""Database operations that come to their end although the task around them is cancelled."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

Result = TypeVar("Result")


async def undivided(operation: Coroutine[Any, Any, Result]) -> Result:
    """Await the operation whole; a cancellation is raised after it, not in the middle.

    In the middle it would part SQLAlchemy from a driver thread that goes on: the connection is thrown
    away, the write lock stays with it (a database in memory is gone for good), and whoever comes
    next waits in vain. Operations are short, and SQLite's busy timeout bounds them.
    """
    task = asyncio.create_task(operation)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # looked at, so that asyncio does not report it as lost
        raise
