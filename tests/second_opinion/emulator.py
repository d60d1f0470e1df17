"""``emulate`` as a process of its own, with a team, its people and private channels."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import yaml
from slack_sdk.web.async_client import AsyncWebClient

from bot.assembly import free_port
from bot.sandbox import cases
from bot.sandbox.facts import read_manifest
from tests.second_opinion.install import ENTRY
from tests.second_opinion.shim import Shim, standing_before

FOLDER = Path(os.environ.get("FIS_SECOND_OPINION", "var/second-opinion")).resolve()
SIGNING_SECRET = "another-secret"  # noqa: S105  simulated
BOT, SETUP, SCANTY = "xoxb-the-bot", "xoxb-the-setup", "xoxb-without-files"
BOT_NAME = "fisbot"
PATIENCE_S = 30
ROOMS = {
    cases.REQUESTS: "fis-requests",
    cases.EXAMINERS: "fis-examiners",
    cases.SUPERVISORS: "fis-supervisors",
    cases.COMMANDERS: "fis-commanders",
}


def token_of(account: str) -> str:
    return f"xoxp-{account.lower()}"


def seed() -> dict[str, Any]:
    granted = sorted(read_manifest(cases.MANIFEST).scopes)
    everything = [*granted, "groups:write", "groups:history"]
    people = [{"name": p.account, "real_name": p.name} for p in cases.CAST]
    tokens = [
        {"token": BOT, "user": BOT_NAME, "scopes": granted},
        {"token": SETUP, "user": BOT_NAME, "scopes": everything},
        {
            "token": SCANTY,
            "user": BOT_NAME,
            "scopes": sorted(set(granted) - {"files:write"}),
        },
        *(
            {"token": token_of(p.account), "user": p.account, "scopes": everything}
            for p in cases.CAST
        ),
    ]
    return {
        "slack": {
            "team": {"name": "FIS Test", "domain": "fis-test"},
            "users": [{"name": BOT_NAME, "real_name": "FIS Bot"}, *people],
            "channels": [{"name": "general"}],
            "tokens": tokens,
            "signing_secret": SIGNING_SECRET,
            "strict_scopes": True,
        }
    }


@contextmanager
def running(home: Path) -> Iterator[str]:
    """Start it on a free port; return its address."""
    config, port = home / "seed.yaml", free_port()
    config.write_text(yaml.safe_dump(seed()))
    command = ("node", str(FOLDER / ENTRY), "start", "--service", "slack")
    with (home / "emulate.log").open("w") as log:
        process = subprocess.Popen(
            (*command, "--port", str(port), "--seed", str(config)),
            stdout=log,
            stderr=log,
        )
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@dataclass
class Emulated:
    """The other Slack, furnished: our names for people and channels, and its ids for them."""

    shim: Shim
    team: str = ""
    ids: dict[str, str] = field(default_factory=dict)

    def client(self, token: str = BOT) -> AsyncWebClient:
        return AsyncWebClient(
            token=token, base_url=self.shim.api_url, retry_handlers=[]
        )

    async def furnish(self) -> None:
        setup = self.client(SETUP)
        self.team = str((await setup.auth_test())["team_id"])
        for user in (await setup.users_list())["members"]:
            self.ids[user["name"]] = user["id"]
        # Its own seed would put everybody into every channel.
        for room, name in ROOMS.items():
            private = {"name": name, "is_private": "true"}
            opened = await setup.api_call("conversations.create", params=private)
            self.ids[room] = opened["channel"]["id"]
            inside = [self.ids[p.account] for p in cases.CAST if room in p.channels]
            await setup.conversations_invite(channel=self.ids[room], users=inside)

    async def thread(self, room: str, ts: str) -> list[dict[str, Any]]:
        setup = self.client(SETUP)
        found = await setup.conversations_replies(channel=self.ids[room], ts=ts)
        return list(found["messages"])

    async def messages(self, room: str) -> list[dict[str, Any]]:
        """What stands in a channel, oldest first, replies left out."""
        found = await self.client(SETUP).conversations_history(channel=self.ids[room])
        return list(reversed(found["messages"]))

    async def trigger(self, account: str) -> tuple[str, float]:
        """A trigger as a click of this person would bring it, and when it will be too late."""
        made = await self.client().api_call(
            "views.generateTriggerId", params={"user_id": self.ids[account]}
        )
        return str(made["trigger_id"]), float(made["expires_at"])

    async def download(self, url: str, token: str | None) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with (
            aiohttp.ClientSession() as session,
            session.get(url, headers=headers) as answer,
        ):
            return answer.status, await answer.read()


@asynccontextmanager
async def emulated(upstream: str) -> AsyncIterator[Emulated]:
    # Once it has its port: what stands before it might be given the very same one otherwise.
    await _answers(upstream)
    async with standing_before(upstream) as shim:
        slack = Emulated(shim)
        await slack.furnish()
        yield slack


async def _answers(upstream: str) -> None:
    async with asyncio.timeout(PATIENCE_S), aiohttp.ClientSession() as session:
        while True:
            with suppress(aiohttp.ClientError):
                async with session.post(f"{upstream}/api/auth.test") as answer:
                    await answer.read()
                    return
            await asyncio.sleep(0.05)
