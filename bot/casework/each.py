"""Does one thing to each of several: whatever is wrong with one keeps no other from it."""

from collections.abc import Awaitable, Callable, Iterable

import structlog

log = structlog.get_logger()


async def each(ids: Iterable[str], act: Callable[[str], Awaitable[bool]]) -> list[str]:
    """Return those with which something was done; what cannot be read is left for the operators."""
    done = []
    for id in ids:
        try:
            if await act(id):
                done.append(id)
        except Exception:  # the clock must not stop for the others
            log.exception("each.defect", id=id)
    return done
