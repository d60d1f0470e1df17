"""The arguments of a Web API call: from the query string, a form or JSON, as Slack takes them."""

import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.sandbox.errors import SlackError
from bot.sandbox.facts import MethodFacts
from bot.sandbox.records import Json
from bot.sandbox.workspace import Workspace

Arguments = dict[str, Any]
_STRUCTURED = frozenset({"blocks", "view", "metadata", "files", "attachments"})


@dataclass(frozen=True, slots=True)
class Call:
    """One admitted call: the method's arguments, and where this server can be reached."""

    workspace: Workspace
    arguments: Arguments
    base_url: str

    def text(self, name: str) -> str:
        return str(self.arguments.get(name) or "")

    def find(self, name: str) -> str | None:
        return self.text(name) or None


async def read(request: web.Request) -> tuple[str, Arguments]:
    """Return the bearer token (empty when there is none) and the arguments."""
    arguments: Arguments = dict(request.query)
    if request.content_type == "application/json":
        arguments |= _json(await request.text())
    elif request.method == "POST":
        arguments |= {
            k: v for k, v in (await request.post()).items() if isinstance(v, str)
        }
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    token = str(arguments.pop("token", "") or bearer)
    present = {name: value for name, value in arguments.items() if value is not None}
    return token, {name: _decoded(name, value) for name, value in present.items()}


def check(arguments: Arguments, facts: MethodFacts) -> None:
    """Refuse names the method does not know and required ones that are missing."""
    unknown = sorted(arguments.keys() - facts.arguments)
    missing = [name for name in facts.required if arguments.get(name) in (None, "")]
    messages = [f"[ERROR] unknown argument: {name}" for name in unknown]
    messages += [f"[ERROR] missing required field: {name}" for name in missing]
    if messages:
        raise SlackError("invalid_arguments", *messages)


def _json(text: str) -> Json:
    try:
        body = json.loads(text or "{}")
    except ValueError:
        raise SlackError("invalid_arguments", "[ERROR] the body is not JSON") from None
    if not isinstance(body, dict):
        raise SlackError("invalid_arguments", "[ERROR] the body is not a JSON object")
    return body


def _decoded(name: str, value: object) -> object:
    if name not in _STRUCTURED or not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        code = "invalid_blocks_format" if name == "blocks" else "invalid_arguments"
        raise SlackError(code, f"[ERROR] {name} is not JSON") from None
