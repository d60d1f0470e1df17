"""What administrators do: people, guests, user groups, channels, the bot's token; and bad days on demand."""

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import replace

from bot.sandbox.delivery import Delivery
from bot.sandbox.errors import NotAllowed
from bot.sandbox.facts import methods
from bot.sandbox.faults import ANY_CALL, ANY_DELIVERY, OF_DELIVERIES, Fault
from bot.sandbox.records import BOT_USER, Channel, Json, User, UserGroup
from bot.sandbox.shapes import user_json
from bot.sandbox.workspace import Workspace

ELSEWHERE = "T-ELSEWHERE"


class Administration(ABC):
    """Each act changes what Slack's methods say, and reports it to a bot that has subscribed to that."""

    workspace: Workspace

    @abstractmethod
    async def tell(self, user: str, event: Json) -> Delivery: ...

    # --- who is in a channel

    async def join(self, channel: str, user: str) -> Delivery:
        person, place = self._person(user), self._channel(channel)
        if person.is_ultra_restricted and self._rooms(user) - {channel}:
            raise NotAllowed("a single-channel guest is in one channel only")
        place.members.add(user)
        return await self._tell_membership("member_joined_channel", channel, user)

    async def leave(self, channel: str, user: str) -> Delivery:
        self._channel(channel).members.discard(user)
        return await self._tell_membership("member_left_channel", channel, user)

    # --- what kind of member somebody is

    async def deactivate(self, user: str) -> Delivery:
        """Take somebody's account away; what they wrote, and where they were, stays."""
        return await self._change(replace(self._person(user), deleted=True))

    async def reactivate(self, user: str) -> Delivery:
        return await self._change(replace(self._person(user), deleted=False))

    async def make_guest(self, user: str, channels: Collection[str]) -> Delivery:
        """A guest of one channel, or of several; out of every other one."""
        if not channels:
            raise NotAllowed("a guest is in one channel at least")
        for channel in self._rooms(user) - set(channels):
            await self.leave(channel, user)
        single = len(channels) == 1
        guest = replace(
            self._person(user), is_restricted=True, is_ultra_restricted=single
        )
        told = await self._change(guest)
        for channel in set(channels) - self._rooms(user):
            await self.join(channel, user)
        return told

    async def make_full_member(self, user: str) -> Delivery:
        member = replace(
            self._person(user), is_restricted=False, is_ultra_restricted=False
        )
        return await self._change(member)

    async def invite_stranger(self, channel: str, stranger: User) -> Delivery:
        """Let somebody of another organization in, which makes it a channel of Slack Connect."""
        elsewhere = replace(stranger, team_id=ELSEWHERE)
        self.workspace.users[stranger.id] = elsewhere
        if not self._channel(channel).is_ext_shared:
            await self.share_outside(channel)
        return await self.join(channel, stranger.id)

    # --- user groups

    async def set_group(self, group: str, users: Collection[str]) -> Delivery:
        """Say who is in a user group; the event tells the difference only."""
        before = self.workspace.groups[group]
        self.workspace.groups[group] = UserGroup(
            group, before.handle, before.name, tuple(users)
        )
        self.workspace.changed()
        added = [user for user in users if user not in before.users]
        removed = [user for user in before.users if user not in users]
        event: Json = {
            "type": "subteam_members_changed",
            "subteam_id": group,
            "added_users": added,
            "added_users_count": len(added),
            "removed_users": removed,
            "removed_users_count": len(removed),
        }
        return await self.tell("", event)

    # --- what kind of channel it is

    async def offer_outside(self, channel: str) -> None:
        """Offer a channel to another organization, which has not accepted yet: nobody is told."""
        self._channel(channel).is_pending_ext_shared = True
        self.workspace.changed()

    async def share_outside(self, channel: str) -> Delivery:
        """Share a channel with another organization."""
        place = self._channel(channel)
        place.is_pending_ext_shared, place.is_ext_shared = False, True
        self.workspace.changed()
        event = {
            "type": "channel_shared",
            "connected_team_id": ELSEWHERE,
            "channel": channel,
        }
        return await self.tell("", event)

    async def stop_sharing(self, channel: str) -> Delivery:
        """End it; whoever came through it goes with it."""
        place = self._channel(channel)
        place.is_pending_ext_shared = place.is_ext_shared = False
        place.members -= {
            user
            for user in place.members
            if self.workspace.users[user].team_id == ELSEWHERE
        }
        self.workspace.changed()
        event = {
            "type": "channel_unshared",
            "previously_connected_team_id": ELSEWHERE,
            "channel": channel,
            "is_ext_shared": False,
        }
        return await self.tell("", event)

    def make_public(self, channel: str) -> None:
        """The bot's manifest can subscribe to no event that says so: it has to ask."""
        self._channel(channel).is_private = False
        self.workspace.changed()

    def make_private(self, channel: str) -> None:
        self._channel(channel).is_private = True
        self.workspace.changed()

    def archive(self, channel: str) -> None:
        """The same is true of this."""
        self._channel(channel).is_archived = True
        self.workspace.changed()

    def unarchive(self, channel: str) -> None:
        self._channel(channel).is_archived = False
        self.workspace.changed()

    # --- the bot's token

    async def revoke_token(self) -> Delivery:
        self.workspace.faults.token_revoked = True
        event = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [BOT_USER]}}
        return await self.tell("", event)

    def give_token_back(self) -> None:
        """Let the same token count again: an administrator has installed the app anew."""
        self.workspace.faults.token_revoked = False
        self.workspace.changed()

    # --- bad days on demand

    async def cause(
        self,
        fault: Fault,
        at: str = "",
        *,
        times: int = 1,
        seconds: float = 1.0,
        code: str = "",
    ) -> None:
        """Let something go wrong: next time, or from now on until it is cured.

        ``at`` is a method, a kind of delivery, or the channel; left out, whichever comes next.
        """
        match fault:
            case Fault.TOKEN_REVOKED:
                await self.revoke_token()
            case Fault.CHANNEL_SHARED:
                await self.share_outside(at)
            case Fault.FILE_STUCK:
                where = at or "files.completeUploadExternal"
                self.workspace.faults.plan(where, fault, times=times, seconds=seconds)
            case Fault.REFUSED:
                _check_code(at, code)
                self.workspace.faults.plan(at, fault, times=times, code=code)
            case _:
                where = at or (ANY_DELIVERY if fault in OF_DELIVERIES else ANY_CALL)
                self.workspace.faults.plan(where, fault, times=times, seconds=seconds)
        self.workspace.changed()

    async def cure(self, fault: Fault, at: str = "") -> None:
        """End what lasts, and forget what was planned and has not happened yet."""
        self.workspace.faults.forget(fault)
        match fault:
            case Fault.TOKEN_REVOKED:
                self.give_token_back()
            case Fault.CHANNEL_SHARED:
                await self.stop_sharing(at)
            case Fault.FILE_STUCK:
                self.workspace.release_files()
        self.workspace.changed()

    # --- what all of them need

    async def _change(self, changed: User) -> Delivery:
        self.workspace.users[changed.id] = changed
        self.workspace.changed()
        event = {"type": "user_change", "user": user_json(self.workspace, changed)}
        return await self.tell(changed.id, event)

    async def _tell_membership(self, kind: str, channel: str, user: str) -> Delivery:
        self.workspace.changed()
        event = {
            "type": kind,
            "user": user,
            "channel": channel,
            "channel_type": "G" if self._channel(channel).is_private else "C",
            "team": self.workspace.users[user].team_id,
        }
        return await self.tell(user, event)

    def _person(self, user: str) -> User:
        if (found := self.workspace.users.get(user)) is None:
            raise LookupError(f"nobody is called {user}")
        return found

    def _channel(self, id: str) -> Channel:
        if (found := self.workspace.channels.get(id)) is None or found.is_im:
            raise LookupError(f"no channel is called {id}")
        return found

    def _rooms(self, user: str) -> set[str]:
        channels = self.workspace.channels.values()
        return {c.id for c in channels if user in c.members and not c.is_im}


def _check_code(method: str, code: str) -> None:
    facts = methods().get(method)
    if facts is None or code not in facts.errors:
        raise ValueError(f"{method or 'no method'} never answers {code!r}")
