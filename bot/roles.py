"""The role map: which Slack account is which person, and what that person may be."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

from bot.domain.actors import Actor, Office, Role
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

    def commanders(self) -> tuple[Actor, ...]:
        """Every account that may decide on another repository; none while the file cannot be read."""
        return self.holding(Role.COMMANDER)

    def auditors(self) -> tuple[Actor, ...]:
        """Every account of an auditor; none while the file cannot be read."""
        return self.holding(Role.AUDITOR)

    def person_of(self, slack_user: str) -> str:
        """Whose account it is, as far as was last known; of a stranger the account itself."""
        self.refresh()
        actor = self._actors.get(slack_user)
        return f"account {slack_user}" if actor is None else actor.person

    def find_person(self, badge: str) -> Actor | None:
        """Somebody by badge, whichever account; refuse while the file cannot be read."""
        self._reload()
        return next((a for a in self._actors.values() if a.person == badge), None)

    def holding(self, role: Role) -> tuple[Actor, ...]:
        """Every account of a role; none while the file cannot be read."""
        try:
            self._reload()
        except (BadRoleMap, OSError):
            self._seen = None
            return ()
        return tuple(actor for actor in self._actors.values() if actor.holds(role))

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
    entry: dict[str, object] = {
        "person": actor.person,
        "roles": sorted(actor.roles),
        "certified_until": until.isoformat() if until else None,
    }
    if actor.office is None:
        # As it was recorded before there were offices: nobody's rights have changed by that.
        return entry
    return entry | {"office": actor.office, "delegate": actor.is_delegate}


def _parse(text: str) -> Mapping[str, Actor]:
    try:
        entries = yaml.load(text, Loader=yaml.CSafeLoader)["people"]
        actors = [actor for entry in entries for actor in _accounts(entry)]
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as bad:
        raise BadRoleMap(
            "Each entry of 'people' in the role map needs person, slack_users and roles "
            f"({', '.join(Role)}); certified_until is a date. The problem: {bad}"
        ) from bad
    _check_unique(actors)
    _check_offices(actors)
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
    office, is_delegate = _office(entry, roles)
    return [
        Actor(str(entry["person"]), str(user), roles, until, office, is_delegate)
        for user in entry["slack_users"]
    ]


def _office(
    entry: Mapping[str, Any], roles: frozenset[Role]
) -> tuple[Office | None, bool]:
    """Commanders hold one of the two offices, or act for it by name; nobody else does (policy 6.4)."""
    person, office = entry["person"], entry.get("office")
    is_delegate = entry.get("delegate", False)
    if not isinstance(is_delegate, bool):
        raise BadRoleMap(
            f"delegate of {person} is {is_delegate!r}: write true or false."
        )
    if Role.COMMANDER not in roles:
        if office is not None or is_delegate:
            raise BadRoleMap(
                f"{person} has an office, or acts for one, without the role commander. Add the role, "
                "or take office and delegate out."
            )
        return None, False
    if office not in list(Office):
        has = f"has the unknown office {office!r}" if office else "has no office"
        raise BadRoleMap(
            f"{person} is a commander and {has}. Add office: {' or office: '.join(Office)}."
        )
    return Office(office), is_delegate


def _check_unique(actors: list[Actor]) -> None:
    owners: dict[str, str] = {}
    for actor in actors:
        if owners.setdefault(actor.slack_user, actor.person) != actor.person:
            raise BadRoleMap(
                f"The Slack account {actor.slack_user} belongs to two people."
            )


def _check_offices(actors: list[Actor]) -> None:
    holders: dict[Office, str] = {}
    for actor in actors:
        if actor.office is None or actor.is_delegate:
            continue
        if (first := holders.setdefault(actor.office, actor.person)) != actor.person:
            raise BadRoleMap(
                f"{first} and {actor.person} both hold the office {actor.office}. One person holds it; "
                "whoever acts for that person needs delegate: true."
            )


def render(people: list[dict[str, Any]]) -> str:
    """The text of a role map file, for the demo and for tests."""
    return str(yaml.dump({"people": people}, Dumper=yaml.CSafeDumper))
