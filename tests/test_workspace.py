"""What Slack says of people and channels: every flag counts, an outage is no refusal."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import NotPermitted, Refusal, Unavailable
from bot.sandbox import cases
from bot.sandbox.faults import Fault
from bot.sandbox.records import BOT_USER, Channel, User
from bot.sandbox.server import Sandbox
from bot.workspace import REMEMBERED_S, UnsafeChannel, Workspace


class Seconds:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(cases.seed(), cases.MANIFEST, retry_delays=()) as running:
        yield running


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def workspace(sandbox: Sandbox, seconds: Seconds) -> Workspace:
    client = AsyncWebClient(
        token=sandbox.bot_token, base_url=sandbox.api_url, retry_handlers=[]
    )
    return Workspace(client, "T-FIS", seconds=seconds)


async def passes(check: Awaitable[None]) -> bool:
    try:
        await check
    except Refusal:
        return False
    return True


# --- people


async def test_a_full_member_passes(workspace: Workspace) -> None:
    assert await passes(workspace.check_person(cases.DANA))


@pytest.mark.parametrize(
    ("flag", "value", "words"),
    [
        ("deleted", True, "deactivated"),
        ("is_bot", True, "bot"),
        ("is_restricted", True, "guests"),
        ("is_ultra_restricted", True, "guests"),
        ("is_stranger", True, "other organizations"),
        ("team_id", "T-ELSEWHERE", "other workspaces"),
    ],
)
async def test_whoever_is_not_a_full_member_is_refused(
    sandbox: Sandbox, workspace: Workspace, flag: str, value: object, words: str
) -> None:
    dana = sandbox.workspace.users[cases.DANA]
    changed: User = replace(dana, **{flag: value})  # type: ignore[arg-type]
    sandbox.workspace.users[cases.DANA] = changed
    with pytest.raises(NotPermitted, match=words) as refused:
        await workspace.check_person(cases.DANA)
    assert refused.value.rule == "NOT_A_FULL_MEMBER"


async def test_an_account_slack_does_not_know_is_refused(workspace: Workspace) -> None:
    with pytest.raises(NotPermitted, match="does not know"):
        await workspace.check_person("U-NOBODY")


# --- channels


async def test_a_private_channel_of_our_own_passes(workspace: Workspace) -> None:
    assert await passes(workspace.check_channel(cases.EXAMINERS))


@pytest.mark.parametrize(
    ("flag", "value", "words"),
    [
        ("is_private", False, "not private"),
        ("is_ext_shared", True, "shared outside"),
        ("is_pending_ext_shared", True, "shared outside"),
        ("is_org_shared", True, "shared outside"),
        ("is_archived", True, "archived"),
    ],
)
async def test_a_channel_that_is_not_safe_is_refused(
    sandbox: Sandbox, workspace: Workspace, flag: str, value: bool, words: str
) -> None:
    setattr(sandbox.workspace.channels[cases.EXAMINERS], flag, value)
    with pytest.raises(UnsafeChannel, match=words):
        await workspace.check_channel(cases.EXAMINERS)


async def test_a_channel_without_the_bot_is_refused(
    sandbox: Sandbox, workspace: Workspace
) -> None:
    sandbox.workspace.channels[cases.EXAMINERS].members.discard(BOT_USER)
    with pytest.raises(UnsafeChannel, match="not a member"):
        await workspace.check_channel(cases.EXAMINERS)


# --- memberships


async def test_whoever_is_not_in_the_channel_is_refused(workspace: Workspace) -> None:
    await workspace.check_member(cases.ERIK, cases.EXAMINERS)
    with pytest.raises(NotPermitted) as refused:
        await workspace.check_member(cases.DANA, cases.EXAMINERS)
    assert refused.value.rule == "NOT_IN_CHANNEL"


async def test_members_are_read_to_the_last_page(
    sandbox: Sandbox, workspace: Workspace
) -> None:
    everybody = {f"U-{number:04d}" for number in range(450)}
    sandbox.workspace.channels["C-LARGE"] = Channel(
        "C-LARGE", "large", everybody | {BOT_USER}
    )
    for user in everybody:
        await workspace.check_member(user, "C-LARGE")
    pages = [m for m, _ in sandbox.web_api.calls if m == "conversations.members"]
    assert len(pages) == 3


# --- remembering


async def test_slack_is_asked_once_in_a_while_about_the_same(
    sandbox: Sandbox, workspace: Workspace, seconds: Seconds
) -> None:
    for later in (0, REMEMBERED_S - 1, 1):
        seconds.now += later
        await workspace.check_person(cases.DANA)
    assert [m for m, _ in sandbox.web_api.calls] == ["users.info"] * 2


async def test_a_change_is_seen_within_seconds_or_when_slack_reports_it(
    sandbox: Sandbox, workspace: Workspace, seconds: Seconds
) -> None:
    await workspace.check_channel(cases.EXAMINERS)
    sandbox.workspace.channels[cases.EXAMINERS].is_ext_shared = True
    await workspace.check_channel(cases.EXAMINERS)
    workspace.forget()
    with pytest.raises(UnsafeChannel):
        await workspace.check_channel(cases.EXAMINERS)
    sandbox.workspace.channels[cases.EXAMINERS].is_ext_shared = False
    seconds.now += REMEMBERED_S
    assert await passes(workspace.check_channel(cases.EXAMINERS))


def test_a_right_that_is_gone_is_gone_before_a_second_click() -> None:
    assert REMEMBERED_S <= 5


class Overtaken(AsyncWebClient):
    """A client whose answer is overtaken by a report that the very thing has changed."""

    meanwhile: Callable[[], None]

    async def users_info(self, **given: Any) -> AsyncSlackResponse:
        answer = await super().users_info(**given)
        self.meanwhile()
        return answer


async def test_an_answer_overtaken_by_a_change_is_not_remembered(
    sandbox: Sandbox,
) -> None:
    client = Overtaken(token=sandbox.bot_token, base_url=sandbox.api_url)
    workspace = Workspace(client, "T-FIS")

    def deactivated() -> None:
        users = sandbox.workspace.users
        users[cases.DANA] = replace(users[cases.DANA], deleted=True)
        workspace.forget()

    client.meanwhile = deactivated
    assert await passes(workspace.check_person(cases.DANA))
    assert not await passes(workspace.check_person(cases.DANA))


async def test_a_refusal_of_one_person_says_nothing_of_another(
    sandbox: Sandbox, workspace: Workspace
) -> None:
    with pytest.raises(NotPermitted):
        await workspace.check_person(cases.VIC)
    assert await passes(workspace.check_person(cases.DANA))


# --- outages


@pytest.mark.parametrize("fault", [Fault.RATE_LIMITED, Fault.FAILS_BEFORE])
@pytest.mark.parametrize(
    ("method", "ask"),
    [
        ("users.info", lambda w: w.check_person(cases.DANA)),
        ("conversations.info", lambda w: w.check_channel(cases.EXAMINERS)),
        ("conversations.members", lambda w: w.check_member(cases.ERIK, "C-EXAMINERS")),
    ],
)
async def test_an_outage_is_no_refusal_and_is_not_remembered(
    sandbox: Sandbox, workspace: Workspace, fault: Fault, method: str, ask: object
) -> None:
    assert callable(ask)
    sandbox.workspace.faults.plan(method, fault)
    with pytest.raises(Unavailable):
        await ask(workspace)
    assert await passes(ask(workspace))


async def test_a_slack_that_cannot_be_reached_is_an_outage() -> None:
    client = AsyncWebClient(
        token="xoxb-1", base_url="http://127.0.0.1:9/api/", retry_handlers=[]
    )
    with pytest.raises(Unavailable, match="cannot be reached"):
        await Workspace(client, "T-FIS").check_person(cases.DANA)


async def test_a_token_that_is_no_longer_valid_is_an_outage_not_a_refusal(
    sandbox: Sandbox,
) -> None:
    client = AsyncWebClient(token="xoxb-revoked", base_url=sandbox.api_url)
    with pytest.raises(Unavailable, match="invalid_auth"):
        await Workspace(client, "T-FIS").check_person(cases.DANA)
