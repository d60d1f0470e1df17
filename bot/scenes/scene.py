"""One request with everything its cards need, and what it takes to draw them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.casework.standing import standing_of
from bot.domain.authorizations import Authorization
from bot.domain.corroborations import CORROBORATE_DAYS
from bot.domain.pictures import Standing, is_over
from bot.domain.probes import Probe
from bot.domain.queue import DEFAULT, Timers
from bot.domain.repositories import Repositories
from bot.domain.requests import FaceRequest
from bot.domain.searches import Search
from bot.domain.sendings import Picture
from bot.views.text import Message
from storage.database import Transaction

PICTURES_PER_MESSAGE = 10


@dataclass(frozen=True, slots=True)
class Wanted:
    """A message as it should stand, or (with ``pictures``) one that carries files."""

    key: str
    channel: str
    message: Message | None = None
    thread: str | None = None
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rooms:
    """The channels of the section; ``commanders`` only where other repositories can be opened."""

    examiners: str
    supervisors: str
    commanders: str | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What every scene is drawn with. Accounts come from the role map, by person."""

    rooms: Rooms
    account_of: Callable[[str], str | None]
    zone: str
    repositories: Repositories
    sign_off_hours: int
    corroborate_days: tuple[int, ...] = CORROBORATE_DAYS
    timers: Timers = DEFAULT

    def account(self, person: str | None) -> str | None:
        return None if person is None else self.account_of(person)

    @property
    def can_ask(self) -> bool:
        """Whether there is any other repository, and anybody who decides about it."""
        return bool(self.repositories.exceptional) and self.rooms.commanders is not None


@dataclass(frozen=True, slots=True)
class Scene:
    """One request with everything its cards need; read once, in the transaction that redraws it."""

    tx: Transaction
    request: FaceRequest
    standing: Standing
    probe: Probe | None
    authorizations: Sequence[Authorization]
    searches: Sequence[Search]
    pictures: Mapping[str, Picture]
    now: datetime
    keep_pictures: timedelta

    def gone(self, picture: Picture) -> bool:
        """Whether a picture is, or has to be, out of Slack: after the case or after its hours."""
        if picture.removed_at is not None:
            return True
        if is_over(picture.key, self.standing):
            return True
        return (
            picture.shared_at is not None
            and picture.shared_at <= self.now - self.keep_pictures
        )

    def shown(self, key: str) -> str | None:
        """Slack's id of a picture that can be referred to now."""
        picture = self.pictures.get(key)
        if picture is None or picture.shared_at is None or self.gone(picture):
            return None
        return picture.slack_file

    def showing(self, key: str) -> str:
        """Which showing of a picture this is: nothing the first time, then #2, #3 ..."""
        return self.pictures[key].card.removeprefix(key)

    def removed(self, key: str) -> bool:
        """Whether a picture was shown and is not any more."""
        picture = self.pictures.get(key)
        return (
            picture is not None and picture.shared_at is not None and self.gone(picture)
        )

    def not_gone(self, keys: Sequence[str]) -> tuple[str, ...]:
        """These pictures, if all of them have been drawn and may be shown."""
        pictures = [self.pictures.get(key) for key in keys]
        if any(p is None or self.gone(p) for p in pictures):
            return ()
        return tuple(keys)

    @property
    def is_asked(self) -> bool:
        """Whether another repository has been asked for and something may still come of it."""
        return any(one.state.is_open for one in self.authorizations)

    def was_searched(self, asked: Authorization) -> bool:
        """Whether the search it allowed was made, whatever became of what that found."""
        return any(search.authorization_id == asked.id for search in self.searches)

    def is_sealed(self, search_id: str) -> bool:
        """Whether what a search found was destroyed because one of its photographs was sealed."""
        return any(s.id == search_id and s.sealing_id for s in self.searches)

    def authorization_of(self, search_id: str) -> Authorization | None:
        """What allowed a search of another repository; None for the standard one."""
        search = next((s for s in self.searches if s.id == search_id), None)
        id = search.authorization_id if search else None
        return next((a for a in self.authorizations if a.id == id), None)


async def read_scene(
    tx: Transaction, id: str, now: datetime, keep_pictures: timedelta
) -> Scene:
    request = await tx.requests.get(id)
    authorizations = await tx.authorizations.of(id)
    return Scene(
        tx=tx,
        request=request,
        standing=await standing_of(tx, request, authorizations),
        probe=await tx.probes.find(id),
        authorizations=authorizations,
        searches=await tx.searches.of(id),
        pictures=await tx.pictures.of(id),
        now=now,
        keep_pictures=keep_pictures,
    )
