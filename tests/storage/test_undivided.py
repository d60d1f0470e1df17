"""An operation comes to its end before its task feels a cancellation."""

import asyncio

import pytest

from storage.undivided import undivided


class Operation:
    """Begins, waits until it is let go, and ends."""

    def __init__(self) -> None:
        self.begun, self.may_end, self.ended = asyncio.Event(), asyncio.Event(), False

    async def run(self) -> str:
        self.begun.set()
        await self.may_end.wait()
        self.ended = True
        return "done"


async def fails() -> None:
    raise ZeroDivisionError


async def test_an_undisturbed_operation_gives_its_result() -> None:
    operation = Operation()
    operation.may_end.set()
    assert await undivided(operation.run()) == "done"


async def test_what_an_operation_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        await undivided(fails())


@pytest.mark.parametrize("times", [1, 3])
async def test_a_cancellation_is_raised_only_after_the_end(times: int) -> None:
    operation = Operation()
    task = asyncio.create_task(undivided(operation.run()))
    await operation.begun.wait()
    for _ in range(times):
        task.cancel()
        await asyncio.wait([task], timeout=0)
        assert not task.done()

    operation.may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert operation.ended
