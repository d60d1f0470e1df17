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


def check(arguments: Arguments, facts: MethodFacts) -> frozenset[str]:
    """Refuse what is missing or of the wrong kind; return the names Slack would silently ignore."""
    missing = [name for name in facts.required if arguments.get(name) in (None, "")]
    messages = [f"[ERROR] missing required field: {name}" for name in missing]
    messages += [
        f"[ERROR] must be {_A[kind]} [json-pointer:/{name}]"
        for name, kind in facts.types.items()
        if arguments.get(name) not in (None, "") and not _is_a(kind, arguments[name])
    ]
    if messages:
        raise SlackError("invalid_arguments", *messages)
    return frozenset(arguments.keys() - facts.arguments)


_A = {
    "integer": "an integer",
    "boolean": "a boolean",
    "string": "a string",
    "array": "an array",
    "object": "an object",
}


def _is_a(kind: str, value: object) -> bool:
    """A form knows text only, so numbers and truth values come as text too."""
    match kind:
        case "integer":
            return str(value).lstrip("-").isdigit()
        case "boolean":
            return str(value).lower() in ("true", "false", "1", "0")
        case "array":
            # Lists of ids may be written with commas.
            return isinstance(value, list | str)
        case "object":
            return isinstance(value, dict)
    return not isinstance(value, list | dict)


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
