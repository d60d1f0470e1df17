"""Block Kit's limits: what Slack would refuse, said before it is sent."""

import ipaddress
import json
from collections.abc import Iterator
from typing import Any, Literal
from urllib.parse import urlsplit

from bot.sandbox.elements import check_element, check_text

Surface = Literal["message", "modal", "home"]
Json = dict[str, Any]

_MOST_BLOCKS = {"message": 50, "modal": 100, "home": 100}
_IN_ACTIONS = frozenset(
    {
        "button",
        "static_select",
        "users_select",
        "multi_static_select",
        "overflow",
        "datepicker",
        "radio_buttons",
        "checkboxes",
    }
)
INPUTS = frozenset(
    {
        "plain_text_input",
        "static_select",
        "multi_static_select",
        "users_select",
        "multi_users_select",
        "radio_buttons",
        "checkboxes",
        "datepicker",
        "file_input",
        "number_input",
    }
)
_IN_SECTION = _IN_ACTIONS | {"image"}


def lint(blocks: object, surface: Surface) -> list[str]:
    """Return what Slack would refuse in these blocks, each with its place; empty when nothing."""
    if not isinstance(blocks, list):
        return ["blocks: must be a list"]
    problems = []
    if len(blocks) > _MOST_BLOCKS[surface]:
        problems.append(f"blocks: no more than {_MOST_BLOCKS[surface]} in a {surface}")
    for number, block in enumerate(blocks):
        where = f"blocks/{number}"
        if isinstance(block, dict):
            problems += _block(block, where, surface)
        else:
            problems.append(f"{where}: must be an object")
    return problems + _repeated(blocks)


def lint_view(view: object) -> list[str]:
    """Return what Slack would refuse in a modal or Home view, its blocks included."""
    if not isinstance(view, dict):
        return ["view: must be an object"]
    kind = view.get("type")
    if kind not in ("modal", "home"):
        return ["view/type: must be modal or home"]
    problems = lint(view.get("blocks"), "modal" if kind == "modal" else "home")
    problems += _limits(view)
    if kind == "modal":
        problems += _modal(view)
    return problems


def view_size(view: Json) -> int:
    return len(json.dumps(view, ensure_ascii=False).encode())


def _limits(view: Json) -> Iterator[str]:
    for name, most in (
        ("callback_id", 255),
        ("external_id", 255),
        ("private_metadata", 3000),
    ):
        if len(str(view.get(name) or "")) > most:
            yield f"view/{name}: no more than {most} characters"


def _modal(view: Json) -> Iterator[str]:
    yield from check_text(view.get("title"), "view/title", 24, plain=True)
    for name in ("submit", "close"):
        if name in view:
            yield from check_text(view[name], f"view/{name}", 24, plain=True)
    blocks = view.get("blocks")
    has_input = isinstance(blocks, list) and any(
        isinstance(b, dict) and b.get("type") == "input" for b in blocks
    )
    if has_input and "submit" not in view:
        yield "view/submit: required when there is an input block"


def _block(block: Json, where: str, surface: Surface) -> Iterator[str]:
    kind = block.get("type")
    if len(str(block.get("block_id") or "")) > 255:
        yield f"{where}/block_id: no more than 255 characters"
    if kind == "header":
        yield from check_text(block.get("text"), f"{where}/text", 150, plain=True)
    elif kind == "section":
        yield from _section(block, where, surface)
    elif kind == "context":
        yield from _context(block, where)
    elif kind == "actions":
        yield from _elements(block, where, surface)
    elif kind == "image":
        yield from check_image(block, where)
    elif kind == "input":
        yield from _input(block, where, surface)
    elif kind != "divider":
        yield f"{where}: unsupported block type {kind!r}"


def _section(block: Json, where: str, surface: Surface) -> Iterator[str]:
    fields = block.get("fields")
    if "text" not in block and not fields:
        yield f"{where}: a section needs text or fields"
    if "text" in block:
        yield from check_text(block["text"], f"{where}/text", 3000)
    if fields is not None:
        if not 1 <= len(fields) <= 10:
            yield f"{where}/fields: between 1 and 10"
        for number, one in enumerate(fields):
            yield from check_text(one, f"{where}/fields/{number}", 2000)
    if "accessory" in block:
        yield from _placed(
            block["accessory"], f"{where}/accessory", _IN_SECTION, surface
        )


def _context(block: Json, where: str) -> Iterator[str]:
    elements = block.get("elements") or []
    if not 1 <= len(elements) <= 10:
        yield f"{where}/elements: between 1 and 10"
    for number, element in enumerate(elements):
        at = f"{where}/elements/{number}"
        if element.get("type") == "image":
            yield from check_image(element, at)
        else:
            yield from check_text(element, at, 3000)


def _elements(block: Json, where: str, surface: Surface) -> Iterator[str]:
    elements = block.get("elements") or []
    if not 1 <= len(elements) <= 25:
        yield f"{where}/elements: between 1 and 25"
    for number, element in enumerate(elements):
        yield from _placed(element, f"{where}/elements/{number}", _IN_ACTIONS, surface)
    names = [
        e.get("action_id")
        for e in elements
        if isinstance(e, dict) and e.get("action_id")
    ]
    if len(names) != len(set(names)):
        yield f"{where}/elements: action_id occurs twice"


def _input(block: Json, where: str, surface: Surface) -> Iterator[str]:
    yield from check_text(block.get("label"), f"{where}/label", 2000, plain=True)
    if "hint" in block:
        yield from check_text(block["hint"], f"{where}/hint", 2000, plain=True)
    yield from _placed(block.get("element"), f"{where}/element", INPUTS, surface)


def _placed(
    element: object, where: str, allowed: frozenset[str], surface: Surface
) -> Iterator[str]:
    if not isinstance(element, dict):
        yield f"{where}: missing or not an object"
        return
    kind = element.get("type")
    if kind not in allowed:
        yield f"{where}: {kind!r} cannot stand here"
    elif kind == "image":
        yield from check_image(element, where)
    else:
        if kind == "file_input" and surface != "modal":
            yield f"{where}: file_input only in a modal"
        yield from check_element(element, where)


def check_image(image: Json, where: str) -> Iterator[str]:
    if not 1 <= len(str(image.get("alt_text") or "")) <= 2000:
        yield f"{where}/alt_text: between 1 and 2000 characters"
    if "title" in image and image.get("type") == "image":
        yield from check_text(image["title"], f"{where}/title", 2000, plain=True)
    sources = [name for name in ("image_url", "slack_file") if image.get(name)]
    if len(sources) != 1:
        yield f"{where}: exactly one of image_url and slack_file"
    elif sources == ["slack_file"]:
        file = image["slack_file"]
        if not isinstance(file, dict) or len({"id", "url"} & file.keys()) != 1:
            yield f"{where}/slack_file: exactly one of id and url"
    elif not _is_public(str(image["image_url"])):
        yield f"{where}/image_url: must be publicly reachable"


def _is_public(url: str) -> bool:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or len(url) > 3000 or "." not in host:
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return not host.endswith((".local", ".internal", ".localhost"))


def _repeated(blocks: list[Any]) -> list[str]:
    ids = [b["block_id"] for b in blocks if isinstance(b, dict) and b.get("block_id")]
    return [
        f"block_id occurs twice: {i!r}"
        for i in sorted({i for i in ids if ids.count(i) > 1})
    ]
