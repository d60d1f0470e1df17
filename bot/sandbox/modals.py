"""Each person's stack of modals, and their Home tabs."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.sandbox.elements import options_of
from bot.sandbox.errors import SlackError
from bot.sandbox.records import APP_ID, BOT_ID, TEAM_ID, Json, View

_DEEPEST = 3


@dataclass(slots=True)
class Modals:
    next_id: Callable[[str], str]
    next_ts: Callable[[], str]
    changed: Callable[[], None]
    views: dict[str, View] = field(default_factory=dict)
    stacks: dict[str, list[View]] = field(default_factory=dict)
    homes: dict[str, View] = field(default_factory=dict)

    def top(self, user: str) -> View | None:
        stack = self.stacks.get(user)
        return stack[-1] if stack else None

    def open(self, user: str, body: Json) -> View:
        """Show a modal; one that was open gives way to it."""
        self._refuse_known_external_id(body)
        for old in self.stacks.pop(user, ()):
            del self.views[old.id]
        return self._stack(user, body)

    def push(self, user: str, body: Json) -> View:
        stack = self.stacks.get(user)
        if not stack:
            raise SlackError("not_found")
        if len(stack) >= _DEEPEST:
            raise SlackError("push_limit_reached")
        self._refuse_known_external_id(body)
        return self._stack(user, body)

    def publish(self, user: str, body: Json, hash: str | None) -> View:
        old = self.homes.get(user)
        if old is not None and hash is not None and hash != old.hash:
            raise SlackError("hash_conflict")
        view = self._new(user, body, root_id=None, previous_id=None)
        self.homes[user] = view
        self.changed()
        return view

    def update(self, view: View, body: Json, hash: str | None = None) -> View:
        if hash is not None and hash != view.hash:
            raise SlackError("hash_conflict")
        before = view.values
        view.body, view.hash = self._named(body), self._hash()
        view.values = initial_values(view.body)
        for block, actions in view.values.items():
            for action in actions:
                if action in before.get(block, {}):
                    actions[action] = before[block][action]
        self.changed()
        return view

    def find(self, view_id: str | None, external_id: str | None) -> View:
        for view in self.views.values():
            if view.id == view_id or (
                external_id and view.body.get("external_id") == external_id
            ):
                return view
        raise SlackError("not_found")

    def close(self, view: View) -> None:
        """Take one view away; the one below comes back."""
        if self.views.pop(view.id, None) is not None:
            self.stacks[view.user].remove(view)
            self.changed()

    def clear(self, user: str) -> None:
        for view in self.stacks.pop(user, []):
            del self.views[view.id]
        self.changed()

    def _stack(self, user: str, body: Json) -> View:
        stack = self.stacks.setdefault(user, [])
        root = stack[0].id if stack else None
        view = self._new(user, body, root, stack[-1].id if stack else None)
        stack.append(view)
        self.views[view.id] = view
        self.changed()
        return view

    def _new(
        self, user: str, body: Json, root_id: str | None, previous_id: str | None
    ) -> View:
        id = self.next_id("V-")
        named = self._named(body)
        values = initial_values(named)
        return View(id, user, self._hash(), named, root_id or id, previous_id, values)

    def _hash(self) -> str:
        return f"{self.next_ts()}.{self.next_id('h')}"

    def _named(self, body: Json) -> Json:
        named = copy.deepcopy(body)
        for block in named["blocks"]:
            block.setdefault("block_id", self.next_id("b"))
            inside = [
                block.get("element"),
                block.get("accessory"),
                *block.get("elements", ()),
            ]
            for element in inside:
                if element and element.get("type") not in (
                    None,
                    "image",
                    "mrkdwn",
                    "plain_text",
                ):
                    element.setdefault("action_id", self.next_id("a"))
        return named

    def _refuse_known_external_id(self, body: Json) -> None:
        wanted = body.get("external_id")
        if wanted and any(
            view.body.get("external_id") == wanted for view in self.views.values()
        ):
            raise SlackError("duplicate_external_id")


def view_json(view: View) -> Json:
    """Return a view as Slack sends it: to the bot in payloads, and as the answer of views.*."""
    return {
        "callback_id": "",
        "private_metadata": "",
        "external_id": "",
        "submit": None,
        "close": None,
        "clear_on_close": False,
        "notify_on_close": False,
        **view.body,
        "id": view.id,
        "team_id": TEAM_ID,
        "app_id": APP_ID,
        "bot_id": BOT_ID,
        "hash": view.hash,
        "root_view_id": view.root_id,
        "previous_view_id": view.previous_id,
        "state": {"values": view.values},
    }


def initial_values(body: Json) -> dict[str, dict[str, Json]]:
    """Return the state a view has before anybody touched it."""
    values: dict[str, dict[str, Json]] = {}
    for block in body["blocks"]:
        element = block.get("element") if block.get("type") == "input" else None
        if element is not None:
            values[block["block_id"]] = {element["action_id"]: initial_value(element)}
    return values


def initial_value(element: Json) -> Json:
    kind = str(element["type"])
    match kind:
        case "plain_text_input" | "number_input":
            return {"type": kind, "value": element.get("initial_value")}
        case "datepicker":
            return {"type": kind, "selected_date": element.get("initial_date")}
        case "static_select" | "radio_buttons":
            return {"type": kind, "selected_option": element.get("initial_option")}
        case "checkboxes" | "multi_static_select":
            return {
                "type": kind,
                "selected_options": element.get("initial_options", []),
            }
        case "users_select":
            return {"type": kind, "selected_user": element.get("initial_user")}
        case "file_input":
            return {"type": kind, "files": []}
        case _:
            return {"type": kind}


def filled_value(element: Json, value: object) -> Json:
    """Turn a plain value (text, option value, list of either, file ids) into Slack's shape."""
    kind = str(element["type"])
    match kind:
        case "plain_text_input" | "number_input":
            return {
                "type": kind,
                "value": str(value) if value not in (None, "") else None,
            }
        case "datepicker":
            return {"type": kind, "selected_date": value or None}
        case "static_select" | "radio_buttons" | "overflow":
            chosen = None if value in (None, "") else _option(element, value)
            return {"type": kind, "selected_option": chosen}
        case "checkboxes" | "multi_static_select":
            if not isinstance(value, list | tuple | set | frozenset):
                raise TypeError("a list of option values is wanted here")
            return {
                "type": kind,
                "selected_options": [_option(element, one) for one in value],
            }
        case "users_select":
            return {"type": kind, "selected_user": value}
        case _:
            raise LookupError(f"{kind} cannot be filled in")


def _option(element: Json, value: object) -> Json:
    for option in options_of(element):
        if option["value"] == value:
            return option
    offered = [option["value"] for option in options_of(element)]
    raise LookupError(f"no option {value!r} in {element.get('action_id')}: {offered}")
