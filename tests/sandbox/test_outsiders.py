"""Whoever an administrator makes a guest, a stranger or nobody asks the real bot for nothing any more."""

from collections.abc import Awaitable, Callable

import pytest

from bot.sandbox import cases
from bot.sandbox.server import Sandbox
from bot.views.ids import CommandName
from tests.front import Workplace

Act = Callable[[Sandbox], Awaitable[object]]


async def a_single_channel_guest(sandbox: Sandbox) -> None:
    await sandbox.make_guest(cases.DANA, [cases.REQUESTS])


async def a_multi_channel_guest(sandbox: Sandbox) -> None:
    await sandbox.make_guest(cases.DANA, [cases.REQUESTS, cases.COMMANDERS])


async def nobody(sandbox: Sandbox) -> None:
    await sandbox.deactivate(cases.DANA)


async def a_stranger(sandbox: Sandbox) -> None:
    await sandbox.invite_stranger(cases.REQUESTS, sandbox.workspace.users[cases.DANA])


@pytest.mark.parametrize(
    "become", [a_single_channel_guest, a_multi_channel_guest, nobody, a_stranger]
)
async def test_whoever_is_no_full_member_any_more_gets_no_form(
    workplace: Workplace, become: Act
) -> None:
    dana = workplace.person(cases.DANA)
    await dana.command(cases.REQUESTS, CommandName.FIS_REQUEST)
    await workplace.settle()
    assert dana.modal is not None
    await dana.close_modal()

    await become(workplace.sandbox)
    await dana.command(cases.REQUESTS, CommandName.FIS_REQUEST)
    await workplace.settle()
    assert dana.modal is None
    assert await workplace.refusals() == [("4711", "NOT_A_FULL_MEMBER")]


async def test_a_full_member_again_asks_again(workplace: Workplace) -> None:
    await workplace.sandbox.make_guest(cases.DANA, [cases.REQUESTS])
    await workplace.sandbox.make_full_member(cases.DANA)
    dana = workplace.person(cases.DANA)
    await dana.command(cases.REQUESTS, CommandName.FIS_REQUEST)
    await workplace.settle()
    assert dana.modal is not None


@pytest.mark.parametrize("act", ["offer_outside", "make_public"])
async def test_a_channel_that_is_not_safe_any_more_gives_no_form(
    workplace: Workplace, act: str
) -> None:
    """Slack reports neither: the bot asks again after a few seconds at the latest."""
    if (done := getattr(workplace.sandbox, act)(cases.REQUESTS)) is not None:
        await done
    workplace.bot.workspace.forget()
    dana = workplace.person(cases.DANA)
    await dana.command(cases.REQUESTS, CommandName.FIS_REQUEST)
    await workplace.settle()
    assert dana.modal is None
    assert await workplace.refusals() == [("4711", "UNSAFE_CHANNEL")]
