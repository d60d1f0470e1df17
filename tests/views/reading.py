"""Reading what a view shows, as a person and as Slack would, and filling a modal in."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.sandbox.blockkit import lint, lint_view
from bot.sandbox.values import filled_value, initial_values
from bot.views.text import Message

HOSTILE = "<!channel> & <@U1> <http://evil.example|click> *bold* \u202eesrever"
LONG = (HOSTILE + " ") * 60  # longer than any field of ours
LONG_LINES = "& <line>\n" * 400


def strings(value: object) -> Iterator[str]:
    """Return every text in a view that a person reads; ids, values and types are left out."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key in ("text", "alt_text") and isinstance(inner, str):
                yield inner
            else:
                yield from strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from strings(inner)


def shown(value: Message | Mapping[str, Any]) -> str:
    return "\n".join(strings(value.blocks if isinstance(value, Message) else value))


def problems(value: Message | Mapping[str, Any]) -> list[str]:
    """Return what Slack would refuse."""
    if isinstance(value, Message):
        return lint([dict(block) for block in value.blocks], "message")
    return lint_view(value)


def buttons(value: Message) -> list[str]:
    """Return the action ids of everything that can be pressed."""
    return [
        element["action_id"]
        for block in value.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    ]


def field_ids(view: Mapping[str, Any]) -> list[str]:
    return [block["block_id"] for block in view["blocks"] if block["type"] == "input"]


def filled(
    view: Mapping[str, Any],
    answers: Mapping[str, object],
    *,
    kind: str = "view_submission",
) -> dict[str, Any]:
    """Return the payload Slack sends when somebody enters these answers, by block."""
    values = initial_values(dict(view))
    elements = {
        block["block_id"]: block["element"]
        for block in view["blocks"]
        if block["type"] == "input"
    }
    for block, answer in answers.items():
        element = elements[block]
        values[block] = {element["action_id"]: _answer(element, answer)}
    return {
        "type": kind,
        "user": {"id": "U-1", "team_id": "T-1"},
        "team": {"id": "T-1"},
        "trigger_id": "1.2.3",
        "view": {**view, "id": "V-1", "hash": "h1", "state": {"values": values}},
    }


def _answer(element: Mapping[str, Any], answer: object) -> dict[str, Any]:
    if element["type"] == "file_input" and isinstance(answer, list):
        return {"type": "file_input", "files": [{"id": id} for id in answer]}
    return filled_value(dict(element), answer)
