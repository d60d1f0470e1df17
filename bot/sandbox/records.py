"""What a workspace holds: people, channels, messages, files, views, triggers."""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
Blocks = list[Json]

TEAM_ID = "T-FIS"
APP_ID = "A-FIS"
BOT_ID = "B-FIS"
BOT_USER = "U-FISBOT"
BOT_NAME = "FIS Bot"
IMAGE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif"})


@dataclass(frozen=True, slots=True)
class User:
    id: str
    name: str
    real_name: str
    title: str = ""
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    deleted: bool = False
    is_bot: bool = False
    team_id: str = TEAM_ID


@dataclass(slots=True)
class Channel:
    id: str
    name: str
    members: set[str] = field(default_factory=set)
    is_private: bool = True
    is_ext_shared: bool = False
    is_pending_ext_shared: bool = False
    is_org_shared: bool = False
    is_archived: bool = False
    topic: str = ""
    im_with: str | None = None

    @property
    def is_im(self) -> bool:
        return self.im_with is not None


@dataclass(frozen=True, slots=True)
class UserGroup:
    id: str
    handle: str
    name: str
    users: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkspaceSeed:
    """What a workspace starts with; the bot joins every channel that lists ``BOT_USER``."""

    users: tuple[User, ...]
    channels: tuple[Channel, ...]
    groups: tuple[UserGroup, ...] = ()
    name: str = "Simulated city police"


@dataclass(slots=True)
class Message:
    ts: str
    channel: str
    user: str
    text: str
    blocks: Blocks = field(default_factory=list)
    thread_ts: str | None = None
    metadata: Json | None = None
    files: list[str] = field(default_factory=list)
    client_msg_id: str | None = None
    edited: str | None = None
    only_for: str | None = None
    """The one person who sees an ephemeral message."""

    @property
    def is_reply(self) -> bool:
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass(frozen=True, slots=True)
class Share:
    channel: str
    ts: str
    thread_ts: str | None


@dataclass(slots=True)
class StoredFile:
    id: str
    name: str
    owner: str
    size: int
    created: float
    title: str = ""
    alt_text: str = ""
    mimetype: str = ""
    data: bytes | None = None
    shares: list[Share] = field(default_factory=list)
    completed_at: float | None = None
    stuck_until: float = 0.0
    shown_to_bot: bool = False
    """A file handed over in a modal: the app may read it, no channel can."""
    deleted: bool = False


@dataclass(slots=True)
class View:
    id: str
    user: str
    hash: str
    body: Json
    root_id: str
    previous_id: str | None = None
    values: dict[str, dict[str, Json]] = field(default_factory=dict)

    @property
    def callback_id(self) -> str:
        return str(self.body.get("callback_id", ""))


@dataclass(slots=True)
class Trigger:
    id: str
    user: str
    issued: float
    used: bool = False


@dataclass(slots=True)
class ResponseUrl:
    """A place to answer one interaction: five times, within thirty minutes."""

    user: str
    channel: str
    issued: float
    message_ts: str | None = None
    thread_ts: str | None = None
    uses: int = 0
