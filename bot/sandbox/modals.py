"""Each person's stack of modals, and their Home tabs."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.sandbox.errors import SlackError
from bot.sandbox.records import APP_ID, BOT_ID, TEAM_ID, Json, View
from bot.sandbox.values import initial_values

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
