"""A small workspace, a clock with hands, and short ways to write Block Kit."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.sandbox.records import BOT_USER, Channel, User, UserGroup, WorkspaceSeed

MANIFEST = Path(__file__).with_name("manifest.yml")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)

REQUESTS = "C-REQUESTS"
EXAMINERS = "C-EXAMINERS"
ELSEWHERE = "C-ELSEWHERE"

SEED = WorkspaceSeed(
    users=(
        User("U-DANA", "dana", "Det. Dana Ruiz"),
        User("U-ERIK", "erik", "Examiner Erik Lund"),
        User("U-GUEST", "gus", "Gus Guest", is_ultra_restricted=True),
    ),
    channels=(
        Channel(REQUESTS, "fis-requests", {"U-DANA", "U-GUEST", BOT_USER}),
        Channel(EXAMINERS, "fis-examiners", {"U-ERIK", BOT_USER}),
        Channel(ELSEWHERE, "elsewhere", {"U-DANA", "U-ERIK"}),
        Channel("C-TOWN", "town", {"U-DANA"}, is_private=False),
    ),
    groups=(UserGroup("S-1", "examiners", "Examiners", ("U-ERIK",)),),
)


@dataclass
class Hands:
    """A clock whose hands the test moves."""

    seconds: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.seconds


@asynccontextmanager
async def listening(
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
) -> AsyncIterator[str]:
    """Serve one handler at the returned address."""
    application = web.Application()
    application.router.add_post("/slack/events", handler)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    finally:
        await runner.cleanup()


def section(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def button(action_id: str, value: str = "7") -> dict[str, Any]:
    text = {"type": "plain_text", "text": action_id}
    return {"type": "button", "action_id": action_id, "text": text, "value": value}


def actions(*elements: dict[str, Any], block_id: str = "buttons") -> dict[str, Any]:
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def field(block_id: str, element: dict[str, Any], **more: Any) -> dict[str, Any]:
    label = {"type": "plain_text", "text": block_id}
    inside = {"action_id": block_id, **element}
    return {
        "type": "input",
        "block_id": block_id,
        "label": label,
        "element": inside,
        **more,
    }


def modal(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": "form",
        "title": {"type": "plain_text", "text": "A form"},
        "submit": {"type": "plain_text", "text": "Send"},
        "blocks": list(blocks),
        **more,
    }


def options(*values: str) -> list[dict[str, Any]]:
    return [{"text": {"type": "plain_text", "text": v}, "value": v} for v in values]


PEOPLE = {"type": "multi_users_select"}
TEXT = {"type": "plain_text_input"}
