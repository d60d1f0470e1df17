"""The whole bot in front of the other Slack, and people who act through its door as Slack would for them."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bot.assembly import Bot
from bot.config import Settings, read_settings
from bot.jobs.worker import Worker
from bot.roles import render
from bot.sandbox import cases
from bot.sandbox.delivery import signature
from bot.sandbox.forms import element_at, find_element, pressed
from bot.sandbox.values import filled_value, initial_values
from storage.database import Database
from tests.front import KEY, LIST_LENGTH, Enrolled, Hands, _listening, parts
from tests.second_opinion.emulator import (
    BOT,
    PATIENCE_S,
    SIGNING_SECRET,
    Emulated,
    token_of,
)

Json = dict[str, Any]
_FORM = "application/x-www-form-urlencoded"


@dataclass
class Door:
    slack: Emulated
    bot: Bot
    worker: Worker
    url: str
    db: Database

    async def command(self, account: str, room: str, text: str, trigger: str) -> None:
        form = {
            "command": "/fis-request",
            "text": text,
            "user_id": self.slack.ids[account],
            "user_name": account,
            "channel_id": self.slack.ids[room],
            "channel_name": "fis",
            "team_id": self.slack.team,
            "trigger_id": trigger,
            "response_url": f"{self.slack.shim.url}/respond",
        }
        await self._deliver(form)

    async def interaction(self, payload: Json) -> Json:
        """Deliver it; return what the bot said with its acknowledgement."""
        return await self._deliver({"payload": json.dumps(payload)})

    async def _deliver(self, form: dict[str, str]) -> Json:
        data = urlencode(form).encode()
        headers = signature(SIGNING_SECRET, data, time.time()) | {"Content-Type": _FORM}
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.url, data=data, headers=headers) as answer,
        ):
            assert answer.status == 200, await answer.text()
            said = await answer.text()
        await self.bot.reception.drain()
        return dict(json.loads(said)) if said else {}

    async def settle(self) -> None:
        """Let everything happen that follows from what was done; fail where it never ends.

        The clock stands still: what Slack refused for now would wait for its next try for ever.
        """
        async with asyncio.timeout(PATIENCE_S):
            while await self._turn():
                continue

    async def _turn(self) -> bool:
        """Whether anything is left to be done after one turn of everything."""
        await self.bot.turn()
        await self.bot.outbox.drain()
        worked = await self.worker.step()
        async with self.db.snapshot() as snapshot:
            waiting = await snapshot.requests.stale()
            pending = await snapshot.outbox.pending()
        return bool(worked or waiting or pending)

    async def click(self, account: str, room: str, message: Json, action: str) -> None:
        """Press a button of a message as it stands."""
        trigger, _ = await self.slack.trigger(account)
        button = pressed(*find_element(_named(message)["blocks"], action, None))
        place = {"message_ts": message["ts"], "channel_id": self.slack.ids[room]}
        await self.interaction(
            {
                "type": "block_actions",
                "team": {"id": self.slack.team},
                "user": {"id": self.slack.ids[account], "team_id": self.slack.team},
                "trigger_id": trigger,
                "container": {"type": "message", **place},
                "actions": [button],
            }
        )

    async def open_on(
        self, account: str, room: str, message: Json, action: str
    ) -> "Form":
        """Press a button that opens a form."""
        await self.click(account, room, message, action)
        view = _named(self.slack.shim.answers("views.open")[-1]["view"])
        return Form(self, account, view, initial_values(view))

    async def open_form(self, account: str, case_number: str) -> "Form":
        trigger, _ = await self.slack.trigger(account)
        await self.command(account, cases.REQUESTS, case_number, trigger)
        view = _named(self.slack.shim.answers("views.open")[-1]["view"])
        return Form(self, account, view, initial_values(view))


@dataclass
class Form:
    """A modal that the other Slack holds; what is typed into it is kept here, as a browser would."""

    door: Door
    account: str
    view: Json
    values: dict[str, dict[str, Json]] = field(default_factory=dict)

    async def pick(self, action_id: str, option: str) -> None:
        """Choose in an element that tells the bot at once, which then redraws the form."""
        block, element = find_element(self.view["blocks"], action_id, None)
        chosen = filled_value(element, option)
        self.values.setdefault(block["block_id"], {})[action_id] = chosen
        action = pressed(block, element) | chosen
        payload = await self._payload("block_actions", actions=[action])
        await self.door.interaction(payload)
        self.view = _named(self.door.slack.shim.answers("views.update")[-1]["view"])
        self.values = initial_values(self.view) | {
            id: state
            for id, state in self.values.items()
            if id in {block.get("block_id") for block in self.view["blocks"]}
        }

    def fill(self, values: dict[str, object]) -> None:
        for block_id, value in values.items():
            element = element_at(self.view["blocks"], block_id)
            self.values[block_id] = {element["action_id"]: filled_value(element, value)}

    async def attach(self, block_id: str, name: str, data: bytes) -> str:
        """Upload a file where the bot may read it, and hand it over; return its id."""
        own = self.door.slack.client(token_of(self.account))
        channel = self.door.slack.ids[cases.REQUESTS]
        done = await own.files_upload_v2(filename=name, content=data, channel=channel)
        file = (await own.files_info(file=done["file"]["id"]))["file"]
        element = element_at(self.view["blocks"], block_id)
        state = {"type": "file_input", "files": [file]}
        self.values[block_id] = {element["action_id"]: state}
        return str(file["id"])

    async def submit(self) -> Json:
        return await self.door.interaction(await self._payload("view_submission"))

    async def _payload(self, kind: str, **more: Any) -> Json:
        trigger, _ = await self.door.slack.trigger(self.account)
        team = self.door.slack.team
        return {
            "type": kind,
            "team": {"id": team},
            "user": {"id": self.door.slack.ids[self.account], "team_id": team},
            "trigger_id": trigger,
            "container": {"type": "view", "view_id": self.view["id"]},
            "view": {**self.view, "state": {"values": self.values}},
            **more,
        }


def _named(view: Json) -> Json:
    """Give every block an id, as Slack does and the other one does not."""
    for number, block in enumerate(view["blocks"]):
        block.setdefault("block_id", f"b{number}")
    return view


@asynccontextmanager
async def opened(
    slack: Emulated, home: Path, enrolled: Enrolled
) -> AsyncIterator[Door]:
    clock = Hands()
    settings = _settings(slack, home)
    db, bot, worker = parts(home, enrolled, settings, clock)
    try:
        async with _listening(bot) as url:
            await bot.check()
            yield Door(slack, bot, worker, url, db)
    finally:
        # The thread of an open database would keep the whole run from ending.
        await bot.outbox.drain()
        await db.close()


def _settings(slack: Emulated, home: Path) -> Settings:
    roles = home / "roles.yaml"
    people = [
        person | {"slack_users": [slack.ids[u] for u in person["slack_users"]]}
        for person in cases.people()
    ]
    roles.write_text(render(people))
    given: dict[str, Any] = {
        "_env_file": None,
        "data_dir": home,
        "encryption_key": base64.urlsafe_b64encode(KEY).decode(),
        "role_map": roles,
        "slack_bot_token": BOT,
        "slack_signing_secret": SIGNING_SECRET,
        "slack_base_url": slack.shim.api_url,
        "slack_team": slack.team,
        "request_channel": slack.ids[cases.REQUESTS],
        "examiner_channel": slack.ids[cases.EXAMINERS],
        "supervisor_channel": slack.ids[cases.SUPERVISORS],
        "list_length": LIST_LENGTH,
        "blind_check_share": 0.0,
    }
    return read_settings(**given)
