"""The role map: which Slack account is which person, and what that person may be."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

from bot.domain.actors import Actor, Role
from bot.errors import FisError, NotPermitted


class BadRoleMap(FisError):
    """The file says something that cannot be; the message says where."""


@dataclass(frozen=True, slots=True)
class RoleMapVersion:
    """A role map that was in force: the digest of its file, and who was what, by account."""

    digest: str
    entries: Mapping[str, Mapping[str, object]]


class RoleMap:
    """Read from a YAML file, and again whenever the file has changed, so that a right that is
    taken away is gone at the next click (policy 6.1; 7, A4). A file that cannot be read gives
    nobody anything.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._actors: Mapping[str, Actor] = {}
        self._versions: list[RoleMapVersion] = []
        self._reload()

    def actor(self, slack_user: str) -> Actor:
        """Return who this account is; refuse an account nobody has entered."""
        try:
            self._reload()
        except (BadRoleMap, OSError):
            self._seen = None
            raise NotPermitted(
                "The role map cannot be read, so nobody can act. Tell the administrator.",
                rule="ROLE_MAP_UNREADABLE",
            ) from None
        if (actor := self._actors.get(slack_user)) is None:
            raise NotPermitted(
                "You are not entered in the role map of this unit. Ask its administrator.",
                rule="NOT_IN_ROLE_MAP",
            )
        return actor

    def refresh(self) -> None:
        """Read the file if it has changed; a file that cannot be read is the next act's problem."""
        try:
            self._reload()
        except (BadRoleMap, OSError):
            self._seen = None

    def versions(self) -> tuple[RoleMapVersion, ...]:
        """The versions read so far that have not been recorded, oldest first."""
        return tuple(self._versions)

    def recorded(self, count: int) -> None:
        """The oldest ``count`` versions are in the audit log."""
        del self._versions[:count]

    def account_of(self, person: str) -> str | None:
        """The first Slack account of a person, to mention them by."""
        return next(
            (a.slack_user for a in self._actors.values() if a.person == person), None
        )

    def _reload(self) -> None:
        stat = self._path.stat()
        stamp = (stat.st_mtime_ns, stat.st_size)
        if stamp != self._seen:
            text = self._path.read_text()
            self._actors = _parse(text)
            self._seen = stamp
            self._versions.append(_version(text, self._actors))


def _version(text: str, actors: Mapping[str, Actor]) -> RoleMapVersion:
    digest = hashlib.sha256(text.encode()).hexdigest()
    return RoleMapVersion(digest, {a: _entry(actor) for a, actor in actors.items()})


def _entry(actor: Actor) -> Mapping[str, object]:
    until = actor.certified_until
    return {
        "person": actor.person,
        "roles": sorted(actor.roles),
        "certified_until": until.isoformat() if until else None,
    }


def _parse(text: str) -> Mapping[str, Actor]:
    try:
        entries = yaml.safe_load(text)["people"]
        actors = [actor for entry in entries for actor in _accounts(entry)]
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as bad:
        raise BadRoleMap(
            "Each entry of 'people' in the role map needs person, slack_users and roles "
            f"({', '.join(Role)}); certified_until is a date. The problem: {bad}"
        ) from bad
    _check_unique(actors)
    return {actor.slack_user: actor for actor in actors}


def _accounts(entry: Mapping[str, Any]) -> list[Actor]:
    until = entry.get("certified_until")
    # A moment is a date to Python, but cannot be compared with one.
    if until is not None and (
        isinstance(until, datetime) or not isinstance(until, date)
    ):
        raise ValueError(
            f"certified_until of {entry['person']} is not a plain date such as 2027-06-30"
        )
    roles = frozenset(Role(role) for role in entry["roles"])
    return [
        Actor(str(entry["person"]), str(user), roles, until)
        for user in entry["slack_users"]
    ]


def _check_unique(actors: list[Actor]) -> None:
    owners: dict[str, str] = {}
    for actor in actors:
        if owners.setdefault(actor.slack_user, actor.person) != actor.person:
            raise BadRoleMap(
                f"The Slack account {actor.slack_user} belongs to two people."
            )


def render(people: list[dict[str, Any]]) -> str:
    """The text of a role map file, for the demo and for tests."""
    return yaml.safe_dump({"people": people})
