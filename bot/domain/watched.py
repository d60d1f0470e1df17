"""Names a request is not to give without those who oversee knowing of it: officers, politicians, journalists
(policy 7, A22). A search is for somebody whose name nobody knows; whoever has a name in mind has another reason.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from bot.errors import FisError

_APOSTROPHE = re.compile("['\u2019]")
_POSSESSIVE = re.compile("['\u2019]s\\b")

NAMED_PERSON = "NAMED_PERSON"
"""The rule by which those who oversee are told."""


class BadNames(FisError):
    """The list of names cannot be used as it is."""


def parse_names(text: str) -> tuple[str, ...]:
    """Read one name a line, given name first or ``Surname, given name``; ``#`` begins a remark.

    Raises BadNames, with the line, where a name has only one word: too many texts would have it.
    """
    names = []
    for number, line in enumerate(text.splitlines(), 1):
        name = line.split("#")[0].strip()
        if not name:
            continue
        surname, comma, given = name.partition(",")
        name = f"{given.strip()} {surname.strip()}" if comma else name
        if len(_words(name)) < 2:
            raise BadNames(
                f"line {number}: a name needs a given name and a surname, since one word alone stands in many texts."
            )
        names.append(name)
    return tuple(dict.fromkeys(names))


def named_in(texts: Iterable[str], names: Sequence[str]) -> tuple[str, ...]:
    """Return the names that stand in one of the texts, in either order of their words, whatever the case,
    accents and punctuation."""
    spoken = [f" {' '.join(_words(text))} " for text in texts]
    return tuple(
        name
        for name in names
        if any(f" {said} " in text for said in _ways_to_say(name) for text in spoken)
    )


def _ways_to_say(name: str) -> Iterator[str]:
    *given, surname = _words(name)
    yield " ".join([*given, surname])
    yield " ".join([surname, *given])


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return re.findall(r"\w+", _APOSTROPHE.sub("", _POSSESSIVE.sub("", plain)))
