"""The file of repositories: which collections can be searched, and on what footing each is held."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import yaml

from bot.domain.repositories import NAME_MAX, STANDARD, Repositories, Repository
from bot.errors import FisError

FACT_MAX = 300
EXCEPTIONAL_MAX = 20  # as many as one form in Slack can explain
_FACTS = tuple(field.name for field in fields(Repository) if field.name != "name")


class BadRepositories(FisError):
    """The file says something that cannot be; the message says which entry and what would cure it."""


def read_repositories(path: Path | None, standard_name: str) -> Repositories:
    """Read the file; without one there is the standard repository alone."""
    standard = replace(STANDARD, name=standard_name)
    if path is None:
        return Repositories(standard, {})
    try:
        whole = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as bad:
        raise BadRepositories(f"{path} cannot be read: {bad}") from bad
    return _parse({} if whole is None else whole, standard)


def _parse(whole: object, standard: Repository) -> Repositories:
    given = _mapping(whole, "The file", ("standard", "exceptional"))
    overridden = _mapping(given.get("standard") or {}, "standard", _FACTS)
    standard = replace(standard, **_texts(overridden, "standard", overridden))
    entries = given.get("exceptional") or []
    if not isinstance(entries, list):
        raise BadRepositories(
            "exceptional must be a list: begin each entry with '- name:'."
        )
    if len(entries) > EXCEPTIONAL_MAX:
        raise BadRepositories(
            f"exceptional has {len(entries)} entries. At most {EXCEPTIONAL_MAX} are possible."
        )
    exceptional = [_entry(number, entry) for number, entry in enumerate(entries, 1)]
    _check_unique([standard.name, *(each.name for each in exceptional)])
    return Repositories(standard, {each.name: each for each in exceptional})


def _entry(number: int, entry: object) -> Repository:
    place = f"Entry {number} of exceptional"
    given = _mapping(entry, place, ("name", *_FACTS))
    name = _text(given, "name", place, NAME_MAX)
    return Repository(name=name, **_texts(given, f"{place} ({name})", _FACTS))


def _mapping(value: object, place: str, known: Iterable[str]) -> Mapping[str, Any]:
    names = ", ".join(known)
    if not isinstance(value, dict):
        raise BadRepositories(f"{place} must have the keys {names}, each with a text.")
    if unknown := [str(key) for key in value if key not in known]:
        raise BadRepositories(
            f"{place} has the unknown key {', '.join(unknown)}. Take it out; known are {names}."
        )
    return value


def _texts(
    given: Mapping[str, Any], place: str, names: Iterable[str]
) -> dict[str, str]:
    return {name: _text(given, name, place, FACT_MAX) for name in names}


def _text(given: Mapping[str, Any], name: str, place: str, most: int) -> str:
    value = given.get(name)
    if value is None or value == "":
        raise BadRepositories(f"{place} needs {name}: add it, with a text.")
    if not isinstance(value, str):
        raise BadRepositories(
            f"{name} of {place} is {value!r} and no text. Put it in quotation marks."
        )
    if value != value.strip() or not value.isprintable():
        raise BadRepositories(
            f"{name} of {place} must be one line without a space at its beginning or end."
        )
    if len(value) > most:
        raise BadRepositories(
            f"{name} of {place} has {len(value)} characters. Shorten it to {most}."
        )
    return value


def _check_unique(names: Iterable[str]) -> None:
    """Two names that differ only in their capitals would be taken for each other."""
    seen: dict[str, str] = {}
    for name in names:
        if (first := seen.setdefault(name.casefold(), name)) is not name:
            raise BadRepositories(
                f"Two repositories are called {first!r} and {name!r}. Give each a name of its own, "
                "other than the standard repository's."
            )
