"""Block Kit's pieces as plain dictionaries, each within its limits by construction."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.purposes import OffenseCategory, words
from bot.views.ids import ActionId, BlockId, ViewId
from bot.views.text import SECTION_MAX, clipped, fitted, sentence

Json = dict[str, Any]

OPTION_MAX = 75
CHOICES_MAX = 100
TITLE_MAX = 24
_ALT_MAX = 2000


def plain(text: str, most: int = SECTION_MAX) -> Json:
    return {"type": "plain_text", "text": clipped(text, most), "emoji": False}


def mrkdwn(text: str) -> Json:
    """``verbatim``: Slack must not turn a word of ours, or of a user, into a mention or a link."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def header(text: str) -> Json:
    return {"type": "header", "text": plain(text, 150)}


def section(text: str) -> Json:
    """``text`` is ours or escaped already."""
    return {"type": "section", "text": mrkdwn(text)}


def fields(pairs: Sequence[tuple[str, str]], most: int = 1800) -> Json:
    """Facts in two columns, at most ten; names and values are escaped here."""
    texts = [
        mrkdwn(f"*{fitted(name, 150)}*\n{fitted(value, most)}")
        for name, value in pairs[:10]
    ]
    return {"type": "section", "fields": texts}


def case_fields(case_number: str, category: OffenseCategory) -> Json:
    """Which case a card is about."""
    return fields(
        [("Case number", case_number), ("Category", sentence(words(category)))]
    )


def context(text: str) -> Json:
    return {"type": "context", "elements": [mrkdwn(text)]}


def divider() -> Json:
    return {"type": "divider"}


def image(slack_file: str, alt_text: str) -> Json:
    """A picture by its Slack file, never by an address: an address would have to be public."""
    return {
        "type": "image",
        "slack_file": {"id": slack_file},
        "alt_text": clipped(alt_text, _ALT_MAX),
    }


def actions(*elements: Json, block_id: str | None = None) -> Json:
    block: Json = {"type": "actions", "elements": list(elements)}
    return block if block_id is None else {**block, "block_id": block_id}


def button(
    text: str,
    action_id: str,
    value: str,
    *,
    style: str | None = None,
    confirm: Json | None = None,
) -> Json:
    whole: Json = {
        "type": "button",
        "action_id": action_id,
        "text": plain(text, OPTION_MAX),
        "value": value,
    }
    if style is not None:
        whole["style"] = style
    if confirm is not None:
        whole["confirm"] = confirm
    return whole


def link(text: str, action_id: str, url: str) -> Json:
    """A button that leads somewhere in Slack; its press is told to the bot, too."""
    return {
        "type": "button",
        "action_id": action_id,
        "text": plain(text, OPTION_MAX),
        "url": url,
    }


def confirm(title: str, text: str, yes: str, no: str = "Cancel") -> Json:
    return {
        "title": plain(title, 100),
        "text": plain(text, 300),
        "confirm": plain(yes, 30),
        "deny": plain(no, 30),
    }


def option(value: str, text: str) -> Json:
    """A long text goes on in the line below it."""
    head, tail = _broken(text)
    whole: Json = {"text": plain(head, OPTION_MAX), "value": value}
    if tail:
        whole["description"] = plain(tail, OPTION_MAX)
    return whole


def _broken(text: str) -> tuple[str, str]:
    if len(text) <= OPTION_MAX:
        return text, ""
    space = text.rfind(" ", 0, OPTION_MAX + 1)
    return text[:space], text[space + 1 :]


def options(texts: Mapping[Any, str]) -> list[Json]:
    return [option(str(value), text) for value, text in texts.items()]


def text_input(
    *, initial: str = "", placeholder: str = "", least: int = 0, most: int = 3000
) -> Json:
    element: Json = {
        "type": "plain_text_input",
        "action_id": ActionId.FIELD,
        "max_length": most,
    }
    if initial:
        element["initial_value"] = initial[:most]
    if placeholder:
        element["placeholder"] = plain(placeholder, 150)
    if least:
        element["min_length"] = least
    return element


def long_text_input(
    *, initial: str = "", placeholder: str = "", least: int, most: int = 3000
) -> Json:
    element = text_input(
        initial=initial, placeholder=placeholder, least=least, most=most
    )
    return {**element, "multiline": True}


def select(
    offered: list[Json], chosen: str | None, action_id: str = ActionId.FIELD
) -> Json:
    return _choice("static_select", offered, chosen, action_id)


def radio(offered: list[Json], chosen: str | None = None) -> Json:
    return _choice("radio_buttons", offered, chosen, ActionId.FIELD)


def _choice(kind: str, offered: list[Json], chosen: str | None, action_id: str) -> Json:
    element: Json = {"type": kind, "action_id": action_id, "options": offered}
    initial = next((one for one in offered if one["value"] == chosen), None)
    return element if initial is None else {**element, "initial_option": initial}


def checkboxes(offered: list[Json]) -> Json:
    return {"type": "checkboxes", "action_id": ActionId.FIELD, "options": offered}


def date_input() -> Json:
    return {"type": "datepicker", "action_id": ActionId.FIELD}


def select_many(offered: list[Json]) -> Json:
    return {
        "type": "multi_static_select",
        "action_id": ActionId.FIELD,
        "options": offered,
    }


def users_select_many() -> Json:
    return {"type": "multi_users_select", "action_id": ActionId.FIELD}


def field(
    block_id: str,
    label: str,
    element: Json,
    *,
    hint: str = "",
    optional: bool = False,
    dispatch: bool = False,
) -> Json:
    block: Json = {
        "type": "input",
        "block_id": str(block_id),
        "label": plain(label),
        "element": element,
        "optional": optional,
    }
    if hint:
        block["hint"] = plain(hint)
    if dispatch:
        block["dispatch_action"] = True
    return block


def reason_field(label: str, hint: str, *, least: int, initial: str = "") -> Json:
    element = long_text_input(initial=initial, least=least)
    return field(BlockId.REASON, label, element, hint=hint)


def modal(
    callback_id: ViewId,
    title: str,
    blocks: Sequence[Json],
    *,
    metadata: Mapping[str, str | int | None],
    submit: str | None = None,
    close: str = "Close",
) -> Json:
    """A modal; ``metadata`` comes back with the submission and holds ids only."""
    view: Json = {
        "type": "modal",
        "callback_id": str(callback_id),
        "title": plain(title, TITLE_MAX),
        "close": plain(close, TITLE_MAX),
        "private_metadata": json.dumps(metadata, separators=(",", ":")),
        "blocks": list(blocks),
    }
    return view if submit is None else {**view, "submit": plain(submit, TITLE_MAX)}
