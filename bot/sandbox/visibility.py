"""Who may see what: membership, ownership and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.sandbox.records import IMAGE_TYPES, Json, Message, StoredFile

if TYPE_CHECKING:
    from bot.sandbox.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing a person can see, and where."""

    where: str
    content: str | bytes


def may_see_file(workspace: Workspace, user: str, file: StoredFile) -> bool:
    if file.deleted or file.data is None:
        return False
    shared = any(workspace.is_member(share.channel, user) for share in file.shares)
    return file.owner == user or shared


def visible_messages(workspace: Workspace, user: str) -> Iterator[Message]:
    for message in workspace.messages:
        if workspace.is_member(message.channel, user):
            yield message
    for message in workspace.ephemerals:
        if message.only_for == user:
            yield message


def everything_visible_to(workspace: Workspace, user: str) -> list[Seen]:
    return [
        *_of_messages(workspace, user),
        *_of_files(workspace, user),
        *_of_views(workspace, user),
    ]


def _of_messages(workspace: Workspace, user: str) -> Iterator[Seen]:
    for message in visible_messages(workspace, user):
        where = f"message {message.channel} {message.ts}"
        yield Seen(where, message.text)
        yield from (Seen(where, text) for text in strings(message.blocks))
        # Any member and any app of the workspace can read metadata and button values.
        yield from (
            Seen(f"{where} metadata", text) for text in strings(message.metadata)
        )


def _of_files(workspace: Workspace, user: str) -> Iterator[Seen]:
    for file in workspace.files.values():
        if may_see_file(workspace, user, file):
            where = f"file {file.id}"
            yield from (
                Seen(where, text) for text in (file.name, file.title, file.alt_text)
            )
            yield Seen(where, file.data or b"")


def _of_views(workspace: Workspace, user: str) -> Iterator[Seen]:
    home = workspace.modals.homes.get(user)
    views = [*workspace.modals.stacks.get(user, ()), *([home] if home else ())]
    for view in views:
        yield from (Seen(f"view {view.id}", text) for text in strings(view.body))


def strings(value: object) -> Iterator[str]:
    """Yield every string in a JSON value, keys left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)


def slack_file_problems(
    workspace: Workspace, blocks: list[Json], poster: str
) -> list[str]:
    """Return why Slack would not show these blocks' pictures: absent, unshared, unfinished, not an image."""
    problems = []
    for reference in _references(blocks):
        file = workspace.find_file(reference)
        if (
            file is None
            or file.deleted
            or not workspace.is_processed(file)
            or file.mimetype not in IMAGE_TYPES
            or not any(
                workspace.is_member(share.channel, poster) for share in file.shares
            )
        ):
            problems.append(f"invalid slack file: {reference}")
    return problems


def _references(value: object) -> Iterator[Json]:
    if isinstance(value, dict):
        if isinstance(value.get("slack_file"), dict):
            yield value["slack_file"]
        for one in value.values():
            yield from _references(one)
    elif isinstance(value, list):
        for one in value:
            yield from _references(one)
