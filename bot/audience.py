"""Who would read what is posted: a room is safe only while everybody in it may see a candidate."""

from collections.abc import Callable, Mapping, Set

from bot.domain.actors import Actor, Role, a_role
from bot.domain.addresses import reader_of
from bot.errors import NotPermitted, Refusal
from bot.workspace import UnsafeChannel, Workspace


class NotAddressed(UnsafeChannel):
    """Whoever a direct message was for may get others, but not this one any more."""


class Audience:
    """The rooms of the section and the roles one needs to be in each; any other channel need only
    be private and not shared (policy 7, A4 and A5)."""

    def __init__(
        self,
        workspace: Workspace,
        actor_of: Callable[[str], Actor],
        rooms: Mapping[str, Set[Role]],
        without_faces: Set[str] = frozenset(),
    ) -> None:
        """In the rooms ``without_faces`` no candidate is ever shown: whoever asked may be there."""
        self._workspace = workspace
        self._actor_of = actor_of
        self._rooms = rooms
        self._without_faces = without_faces

    async def check(
        self, channel: str, requester: str | None = None, card: str = ""
    ) -> None:
        """Refuse a channel in which somebody may not see a candidate, or in which the very person
        sits who asked, by whatever account; ``requester`` is the one that asked.

        Of a direct message ``card`` tells whom it is for.
        """
        if channel.startswith(("U", "W")):
            await self._check_recipient(channel, card)
            return
        await self._workspace.check_channel(channel)
        if channel not in self._rooms:
            return
        members = await self._workspace.members(channel)
        is_shown_faces = channel not in self._without_faces
        asking = requester if is_shown_faces else None
        own = [one for one in sorted(members) if asking and self._is_of(asking, one)]
        if own:
            raise UnsafeChannel(
                "Whoever asked for this search is in the channel. Take them out of it, or nothing "
                "about their request can be posted there.",
                about=tuple(own),
            )
        for member in sorted(members - {await self._workspace.own_account()}):
            if not self._belongs(member, self._rooms[channel]):
                raise UnsafeChannel(
                    "Somebody is in the channel without a role that belongs there. Take them out of "
                    "it; until then nothing is posted.",
                    about=(member,),
                )

    async def _check_recipient(self, account: str, card: str) -> None:
        """A direct message goes only to somebody who may still ask, compare, decide or audit."""
        try:
            await self._workspace.check_person(account)
        except NotPermitted as unfit:
            raise UnsafeChannel(unfit.message, about=(account,)) from unfit
        if not self._belongs(account, RECIPIENTS):
            raise UnsafeChannel(
                "This person is no longer a requester, examiner, commander or auditor.",
                about=(account,),
            )
        if card and not self._belongs(account, {role := reader_of(card, account)}):
            raise NotAddressed(
                f"This person is no longer {a_role(role)}, and is told nothing more as one.",
                about=(account,),
            )

    def _is_of(self, account: str, other: str) -> bool:
        """Whether two accounts are one person's (policy 7, A2)."""
        if account == other:
            return True
        try:
            return self._actor_of(account).person == self._actor_of(other).person
        except Refusal:
            return False

    def _belongs(self, member: str, wanted: Set[Role]) -> bool:
        try:
            return bool(self._actor_of(member).roles & wanted)
        except Refusal:
            return False


RECIPIENTS = frozenset({Role.REQUESTER, Role.EXAMINER, Role.COMMANDER, Role.AUDITOR})
DECIDERS = frozenset({Role.COMMANDER, Role.AUDITOR})
INSIDERS = frozenset({Role.EXAMINER, Role.SUPERVISOR, Role.AUDITOR})
OVERSEERS = frozenset({Role.SUPERVISOR, Role.AUDITOR})
