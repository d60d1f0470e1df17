"""What one person can see: channels joined, own ephemerals, direct messages, files shared there."""

from dataclasses import dataclass

from bot.sandbox.errors import NotVisible
from bot.sandbox.modals import view_json
from bot.sandbox.records import Channel, Json, Message, StoredFile, View
from bot.sandbox.shapes import message_json
from bot.sandbox.visibility import may_see_file
from bot.sandbox.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Sight:
    id: str
    workspace: Workspace
    base_url: str

    @property
    def modal(self) -> Json | None:
        """The view on top, as Slack would send it, or None."""
        view = self.workspace.modals.top(self.id)
        return None if view is None else view_json(view)

    def channels(self) -> list[Channel]:
        return [c for c in self.workspace.channels.values() if self.id in c.members]

    def messages(self, channel: str) -> list[Json]:
        self._channel(channel)
        return self._json(self.workspace.in_channel(channel))

    def thread(self, channel: str, ts: str) -> list[Json]:
        """Return the replies, oldest first, without the message they answer."""
        self._message(channel, ts)
        return self._json(self.workspace.in_thread(channel, ts))

    def ephemerals(self, channel: str) -> list[Json]:
        mine = (m for m in self.workspace.ephemerals if m.only_for == self.id)
        return self._json([m for m in mine if m.channel == channel])

    def dm_messages(self) -> list[Json]:
        """Return the direct messages with the bot; ``dm`` is their channel."""
        return self.messages(self.dm)

    @property
    def dm(self) -> str:
        return self.workspace.direct(self.id).id

    def read_file(self, id: str) -> bytes:
        file = self.workspace.files.get(id)
        if (
            file is None
            or file.data is None
            or not may_see_file(self.workspace, self.id, file)
        ):
            raise PermissionError(f"{self.id} cannot see {id}")
        return file.data

    # --- checks

    def _channel(self, id: str) -> Channel:
        if id == f"D-{self.id.removeprefix('U-')}":
            return self.workspace.direct(self.id)
        if not self.workspace.is_member(id, self.id):
            raise NotVisible(f"{self.id} cannot see {id}")
        return self.workspace.channels[id]

    def _open_channel(self, id: str) -> Channel:
        """Return a channel this person may write in: an archived one is for reading."""
        channel = self._channel(id)
        if channel.is_archived:
            raise NotVisible(f"{id} is archived: nobody writes there")
        return channel

    def _message(self, channel: str, ts: str) -> Message:
        self._channel(channel)
        message = self.workspace.find_message(channel, ts)
        if message is None or message.only_for not in (None, self.id):
            raise NotVisible(f"{self.id} cannot see message {ts} in {channel}")
        return message

    def _view(self) -> View:
        view = self.workspace.modals.top(self.id)
        if view is None:
            raise NotVisible(f"{self.id} has no modal open")
        return view

    def _own_file(self, id: str) -> StoredFile:
        file = self.workspace.files.get(id)
        if file is None or file.owner != self.id or file.deleted:
            raise NotVisible(f"{self.id} has no file {id}")
        return file

    def _json(self, messages: list[Message]) -> list[Json]:
        return [message_json(self.workspace, m, self.base_url) for m in messages]
