"""What Slack sends, as typed values; the only place where its JSON is taken apart."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.errors import Refusal
from bot.views.ids import Ref, parse_ref

Body = Mapping[str, Any]


class BadPayload(Refusal):
    """Slack, or somebody who pretends to be Slack, sent something this program cannot read."""

    rule = "BAD_PAYLOAD"

    def __init__(self, missing: str) -> None:
        super().__init__("This could not be read. Please try again from the start.")
        self.missing = missing


@dataclass(frozen=True, slots=True)
class Values:
    """The state of a modal, by block; every block of ours has exactly one input."""

    blocks: Mapping[str, Body]

    def __contains__(self, block_id: str) -> bool:
        return block_id in self.blocks

    def text(self, block_id: str) -> str:
        return str(self.blocks.get(block_id, {}).get("value") or "")

    def choice(self, block_id: str) -> str | None:
        chosen = self.blocks.get(block_id, {}).get("selected_option")
        return None if chosen is None else _text(_object(chosen), "value")

    def choices(self, block_id: str) -> tuple[str, ...]:
        chosen = self.blocks.get(block_id, {}).get("selected_options")
        return tuple(_text(one, "value") for one in _objects(chosen))

    def day(self, block_id: str) -> date | None:
        chosen = self.blocks.get(block_id, {}).get("selected_date")
        try:
            return None if chosen is None else date.fromisoformat(chosen)
        except (TypeError, ValueError) as unreadable:
            raise BadPayload(block_id) from unreadable

    def users(self, block_id: str) -> tuple[str, ...]:
        chosen = self.blocks.get(block_id, {}).get("selected_users") or ()
        if not isinstance(chosen, list | tuple):
            raise BadPayload(block_id)
        return tuple(str(account) for account in chosen)

    def files(self, block_id: str) -> tuple[str, ...]:
        files = self.blocks.get(block_id, {}).get("files")
        return tuple(_text(one, "id") for one in _objects(files))


@dataclass(frozen=True, slots=True)
class Click:
    """A button, or an entry of an overflow menu, pressed in a message or in a view.

    ``detail`` is what stands behind the full stop of the action id (a letter, an index).
    """

    action: str
    detail: str
    ref: Ref
    user: str
    team: str
    trigger_id: str
    channel: str | None
    ts: str | None

    @classmethod
    def parse(cls, body: Body) -> "Click":
        actions = _objects(body.get("actions"))
        if not actions:
            raise BadPayload("actions")
        action = actions[0]
        name, _, detail = _text(action, "action_id").partition(".")
        message = _within(body, "container")
        return cls(
            action=name,
            detail=detail,
            ref=parse_ref(_pressed_value(action)),
            user=_text(_within(body, "user"), "id"),
            team=_team(body),
            trigger_id=_text(body, "trigger_id"),
            channel=message.get("channel_id"),
            ts=message.get("message_ts"),
        )


def _pressed_value(action: Body) -> str:
    if "selected_option" in action:
        return _text(_within(action, "selected_option"), "value")
    return _text(action, "value")


@dataclass(frozen=True, slots=True)
class Submission:
    """A modal as its person filled it: submitted, or changed in a field that redraws it."""

    view_id: str
    view_hash: str
    callback_id: str
    metadata: Body
    values: Values
    user: str
    team: str

    @classmethod
    def parse(cls, body: Body) -> "Submission":
        view = _within(body, "view")
        return cls(
            view_id=_text(view, "id"),
            view_hash=str(view.get("hash") or ""),
            callback_id=_text(view, "callback_id"),
            metadata=_metadata(view),
            values=_values(view),
            user=_text(_within(body, "user"), "id"),
            team=_team(body),
        )

    def id(self, name: str) -> str:
        """Return an id the modal was opened with."""
        return _text(self.metadata, name)

    def find_id(self, name: str) -> str | None:
        return self.id(name) if self.metadata.get(name) is not None else None

    @property
    def version(self) -> int:
        version = self.metadata.get("version")
        if not isinstance(version, int):
            raise BadPayload("version")
        return version


def _metadata(view: Body) -> Body:
    try:
        return _object(json.loads(view.get("private_metadata") or "{}"))
    except (TypeError, ValueError) as unreadable:
        raise BadPayload("private_metadata") from unreadable


def _values(view: Body) -> Values:
    blocks = _within(_within(view, "state"), "values")
    return Values({id: _only(_object(inputs)) for id, inputs in blocks.items()})


def _only(inputs: Body) -> Body:
    if len(inputs) != 1:
        raise BadPayload("state")
    return _object(next(iter(inputs.values())))


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command; Slack sends it as a form, not as JSON."""

    user: str
    team: str
    channel: str
    text: str
    trigger_id: str

    @classmethod
    def parse(cls, body: Body) -> "Command":
        return cls(
            user=_text(body, "user_id"),
            team=_text(body, "team_id"),
            channel=_text(body, "channel_id"),
            text=str(body.get("text") or "").strip(),
            trigger_id=_text(body, "trigger_id"),
        )


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A message shortcut; ``files`` are the ids of what is attached to the message."""

    user: str
    team: str
    channel: str
    ts: str
    files: tuple[str, ...]
    trigger_id: str

    @classmethod
    def parse(cls, body: Body) -> "Shortcut":
        message = _within(body, "message")
        return cls(
            user=_text(_within(body, "user"), "id"),
            team=_team(body),
            channel=_text(_within(body, "channel"), "id"),
            ts=_text(message, "ts"),
            files=tuple(_text(file, "id") for file in _objects(message.get("files"))),
            trigger_id=_text(body, "trigger_id"),
        )


def sender(body: Body) -> str | None:
    """The account of whoever sent something, as far as anything of it can be read."""
    user = body.get("user")
    id = user.get("id") if isinstance(user, Mapping) else body.get("user_id")
    return id if isinstance(id, str) and id else None


def _team(body: Body) -> str:
    """An installation for a whole organisation has no team at the top, only the person's."""
    team = body.get("team") or {}
    return str(_object(team).get("id") or _text(_within(body, "user"), "team_id"))


def _objects(value: object) -> list[Body]:
    """Return a list of objects; nothing counts as an empty list."""
    if not isinstance(value, list | None):
        raise BadPayload(type(value).__name__)
    return [_object(one) for one in value or ()]


def _within(body: Body, name: str) -> Body:
    if name not in body:
        raise BadPayload(name)
    return _object(body[name])


def _object(value: object) -> Body:
    if not isinstance(value, Mapping):
        raise BadPayload(type(value).__name__)
    return value


def _text(body: Body, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise BadPayload(name)
    return value
