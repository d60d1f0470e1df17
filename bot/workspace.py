"""What Slack says about people and channels: asked at the click, remembered for a short while."""

from collections.abc import Callable
from time import monotonic
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import NotPermitted, Refusal, Unavailable

# One click asks the same several times; and Slack reports not every change, nor reports it at once.
REMEMBERED_S = 5.0


class UnsafeChannel(Refusal):
    """A channel in which nothing about a case may be said or done (policy 7, A5)."""

    rule = "UNSAFE_CHANNEL"

    def __init__(self, message: str, *, about: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.about = about  # the accounts that are the reason


class Workspace:
    """Users, channels and memberships of one Slack team, by its Web API.

    Answers are kept for seconds only, so that a right that was taken away is gone at the next click,
    and forgotten at once when Slack reports a change.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        team: str,
        *,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self._client = client
        self._team = team
        self._seconds = seconds
        self._known: dict[tuple[str, str], tuple[float, Any]] = {}
        self._changes = 0

    async def check_person(self, user: str) -> None:
        """Refuse guests, strangers, bots and people who left (policy 7, A5)."""
        person = await self._ask("user", user)
        unfit = {
            "deleted": "this account is deactivated",
            "is_bot": "this account is a bot",
            "is_restricted": "guests cannot take part",
            "is_ultra_restricted": "guests cannot take part",
            "is_stranger": "people of other organizations cannot take part",
        }
        for flag, why in unfit.items():
            if person.get(flag):
                raise NotPermitted(f"Not possible: {why}.", rule="NOT_A_FULL_MEMBER")
        if person.get("team_id", self._team) != self._team:
            raise NotPermitted(
                "Not possible: people of other workspaces cannot take part.",
                rule="NOT_A_FULL_MEMBER",
            )

    async def check_channel(self, channel: str) -> None:
        """Refuse a channel that is not private, is shared outside or is archived."""
        found = await self._ask("channel", channel)
        shared = (
            "is_shared",
            "is_ext_shared",
            "is_org_shared",
            "is_pending_ext_shared",
        )
        if any(found.get(flag) for flag in shared):
            raise UnsafeChannel(
                "This channel is shared outside the department. Nothing is posted or accepted here "
                "until that has ended."
            )
        if not found.get("is_private"):
            raise UnsafeChannel(
                "This channel is not private. FIS requests are handled in private channels only."
            )
        if found.get("is_archived"):
            raise UnsafeChannel("This channel is archived.")

    async def check_member(self, user: str, channel: str) -> None:
        """Refuse whoever is no longer in the channel (policy 7, A3 and A4)."""
        if user not in await self.members(channel):
            raise NotPermitted(
                "You are not a member of the channel this belongs to.",
                rule="NOT_IN_CHANNEL",
            )

    async def members(self, channel: str) -> frozenset[str]:
        """Everybody in a channel, the bot included."""
        found: frozenset[str] = await self._ask("members", channel)
        return found

    async def own_account(self) -> str:
        """The bot's own account."""
        account: str = await self._ask("own", "account")
        return account

    def forget(self) -> None:
        """Ask again: something about people or channels has changed."""
        self._known.clear()
        self._changes += 1

    async def _ask(self, kind: str, id: str) -> Any:
        at, answer = self._known.get((kind, id), (-REMEMBERED_S, None))
        if answer is not None and self._seconds() - at < REMEMBERED_S:
            return answer
        asked_at, changes = self._seconds(), self._changes
        answer = await self._fetch(kind, id)
        # What was asked before a change may be the answer of before it.
        if changes == self._changes:
            self._known[kind, id] = (asked_at, answer)
        return answer

    async def _fetch(self, kind: str, id: str) -> Any:
        try:
            if kind == "own":
                return (await self._client.auth_test())["user_id"]
            if kind == "user":
                return (await self._client.users_info(user=id))["user"]
            if kind == "channel":
                return (await self._client.conversations_info(channel=id))["channel"]
            return await self._members(id)
        except SlackApiError as error:
            raise _meaning(error, kind) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable("Slack cannot be reached.") from error

    async def _members(self, channel: str) -> frozenset[str]:
        members: set[str] = set()
        cursor = ""
        while True:
            page = await self._client.conversations_members(
                channel=channel, limit=200, cursor=cursor
            )
            members.update(page["members"])
            following: dict[str, str] = page.get("response_metadata") or {}
            if not (cursor := following.get("next_cursor", "")):
                return frozenset(members)


def _meaning(error: SlackApiError, kind: str) -> Exception:
    """A person or channel Slack does not show us is a refusal; anything else is an outage."""
    code = error.response.get("error", "")
    if code in {"user_not_found", "user_not_visible"}:
        return NotPermitted(
            "Slack does not know this account.", rule="NOT_A_FULL_MEMBER"
        )
    if code == "channel_not_found":
        return UnsafeChannel("The bot is not a member of this channel.")
    return Unavailable(f"Slack answered {code} when asked about a {kind}.")
