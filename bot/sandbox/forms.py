"""Finding what a person presses, and what Slack's own client makes of a form."""

from collections.abc import Iterator

from bot.sandbox.errors import NotVisible
from bot.sandbox.records import Blocks, Json, View
from bot.sandbox.workspace import elements_of


def find_element(
    blocks: Blocks, action_id: str, block_id: str | None, value: str | None = None
) -> tuple[Json, Json]:
    """Return the one element meant, with its block; refuse when there is none, or a choice."""
    fits = [
        (block, element)
        for block, element in _all_elements(blocks)
        if element.get("action_id") == action_id
        and value in (None, element.get("value"))
    ]
    # A message may have been changed since its button was drawn, and Slack names blocks anew then:
    # a press is still a press.
    exact = [(b, e) for b, e in fits if b["block_id"] == block_id]
    found = exact or fits
    if not found:
        raise NotVisible(f"no {action_id} (value {value!r}) here: {_offered(blocks)}")
    if len(found) > 1:
        raise NotVisible(
            f"{len(found)} times {action_id} here: name the value or the block"
        )
    return found[0]


def element_at(blocks: Blocks, block_id: str) -> Json:
    for block in blocks:
        if block["block_id"] == block_id and block["type"] == "input":
            return dict(block["element"])
    known = [block["block_id"] for block in blocks if block["type"] == "input"]
    raise NotVisible(f"no field {block_id!r}: {known}")


def pressed(block: Json, element: Json) -> Json:
    """Return an element as an entry of a payload's ``actions``."""
    names = ("action_id", "type", "text", "value")
    kept: Json = {name: element[name] for name in names if name in element}
    return {**kept, "block_id": block["block_id"]}


def unfinished(view: View) -> dict[str, str]:
    """Return what Slack's client says under the fields before it sends anything, by block."""
    errors = {}
    for block in view.body["blocks"]:
        if block["type"] == "input":
            state = view.values.get(block["block_id"], {}).get(
                block["element"]["action_id"], {}
            )
            if (problem := _problem(block, state)) is not None:
                errors[block["block_id"]] = problem
    return errors


def _problem(block: Json, state: Json) -> str | None:
    content = next((v for k, v in state.items() if k != "type" and v), None)
    if content is None:
        return None if block.get("optional") else "Please complete this required field."
    element = block["element"]
    if element["type"] == "plain_text_input":
        least, most = element.get("min_length", 0), element.get("max_length", 3000)
        if len(content) < least:
            return f"Please enter at least {least} characters."
        if len(content) > most:
            return f"Please enter no more than {most} characters."
    if element["type"] == "multi_users_select":
        most = element.get("max_selected_items", len(content))
        return f"Please select no more than {most}." if len(content) > most else None
    if element["type"] == "file_input":
        return _file_problem(element, content)
    return None


def _file_problem(element: Json, files: list[Json]) -> str | None:
    if len(files) > element.get("max_files", 10):
        return "Too many files."
    if any(file["size"] > 10_000_000 for file in files):
        return "A file may not be larger than 10 MB."
    return None


def _all_elements(blocks: Blocks) -> Iterator[tuple[Json, Json]]:
    return ((block, element) for block in blocks for element in elements_of(block))


def _offered(blocks: Blocks) -> list[str]:
    return [f"{e.get('action_id')}={e.get('value')}" for _, e in _all_elements(blocks)]
