"""What is to be shown in Slack: cards, the pictures on them, and the sendings that bring them there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

Block = Mapping[str, Any]


class SendingKind(StrEnum):
    POST = "post"
    UPDATE = "update"
    UPLOAD = "upload"
    REMOVE_FILE = "remove_file"


@dataclass(frozen=True, slots=True)
class Card:
    """A message the bot keeps up to date; ``digest`` is of what was last handed to the outbox.

    ``channel`` is a Slack channel id, or a user id for a direct message. ``ts`` and ``posted_in``
    (the channel the message really is in) are known once it has been sent.
    """

    key: str
    request_id: str
    channel: str
    digest: str
    ts: str | None = None
    posted_in: str | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture shown in Slack for a while; the original stays in the vault."""

    key: str
    request_id: str
    card: str  # the upload (card key) it belongs to
    vault_sha256: str
    file_name: str
    title: str
    alt_text: str
    slack_file: str | None = None
    shared_at: datetime | None = None
    removed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sending:
    """One call to Slack that has to happen once, in the order of ids within its channel.

    ``key`` is unique and goes along as ``client_msg_id``. ``thread`` names the card in whose thread
    it belongs; ``card`` the card it posts, updates or uploads for; ``pictures`` the keys of pictures.
    ``text`` is of a removal Slack's id of the file. ``damaged``: its words could not be read.
    """

    key: str
    kind: SendingKind
    request_id: str
    card: str
    channel: str
    thread: str | None = None
    text: str = ""
    blocks: tuple[Block, ...] = ()
    pictures: tuple[str, ...] = ()
    created_at: datetime | None = None
    id: int = 0
    attempts: int = 0
    not_before: datetime | None = None
    last_error: str = field(default="", compare=False)
    damaged: bool = False


def removal_key(picture: Picture) -> str:
    return f"remove/{picture.key}/{picture.slack_file}"


def removal(picture: Picture, channel: str, now: datetime) -> Sending:
    """Take one file out of Slack; the same file twice is the same sending."""
    return Sending(
        key=removal_key(picture),
        kind=SendingKind.REMOVE_FILE,
        request_id=picture.request_id,
        card=picture.key,
        channel=channel,
        text=picture.slack_file or "",
        pictures=(picture.key,),
        created_at=now,
    )
