"""What leaves the section for a prosecutor or a court: by whose hand, and what stays behind (CPL art. 245; decision
0027)."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Set
from enum import StrEnum
from typing import Any

from bot.domain.actors import Actor, Part, Role, check_holds, check_plays_no_part
from bot.domain.audit import AuditEvent, Verb
from bot.domain.examinations import Seat
from bot.domain.requests import FaceRequest
from bot.domain.workflow import State
from bot.errors import Refusal

SCHEMA = "fis-bot/discovery/1"
"""Of ``bundle.json``; the number goes up when something in it is renamed, moved or left out."""
REASON_MIN, REASON_MAX = 20, 1000

OF_EXPORTS = frozenset({Verb.DISCOVERY_EXPORTED, Verb.DISCOVERY_REFUSED})
"""They stay in the log and are no part of a bundle: the next one would differ by the one before."""


class Withheld(StrEnum):
    """Why something that is on record is not in the bundle."""

    SEALED = "sealed"
    DESTROYED = "destroyed"
    UNDER_EXAMINATION = "under_examination"
    GROUNDS = "grounds"


def check_may_export(actor: Actor, parts: Iterable[tuple[str, Part]]) -> None:
    """Only an auditor reads and exports everything (policy 6.1, 6.5); not one who played a part."""
    check_holds(actor, Role.AUDITOR, "exports a discovery bundle")
    check_plays_no_part(actor, frozenset(parts), "export it")


def check_reason(reason: str) -> None:
    if not REASON_MIN <= len(reason.strip()) <= REASON_MAX:
        raise Refusal(
            f"Say in {REASON_MIN} to {REASON_MAX} characters for whom this is, and by which demand or order.",
            rule="REASON_LENGTH",
        )


_NOBODY_COMPARED_YET = frozenset(
    {
        *(State.RECEIVED, State.CHECKING, State.FACE_CHOICE),
        *(State.REPEAT_REVIEW, State.SIGN_OFF, State.READY),
        *(State.SEARCHING, State.SEARCH_FAILED),
    }
)

_MAY_BE_RETURNED = frozenset({State.CONTEXT_CHECK, State.SUPERVISOR_REVIEW})
"""To a new round of blind comparisons; an auditor who is an examiner, too, would have read the one before."""


def is_under_examination(request: FaceRequest) -> bool:
    """Whether somebody may yet compare blind: then nothing of what was found or decided leaves."""
    blind = {seat.open_in for seat in Seat} | _NOBODY_COMPARED_YET | _MAY_BE_RETURNED
    return request.state in blind


_UNSAFE = re.compile(r"[^A-Za-z0-9-]+")
_NAME_MAX = 60


def folder_name(text: str) -> str:
    """A name of a folder for any number, however it is written; two numbers never share one."""
    plain = _UNSAFE.sub("_", text)[:_NAME_MAX]
    if plain == text:
        return plain
    return f"{plain}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


_ALWAYS = frozenset(
    {
        *("account", "roles", "from", "to", "request", "round", "seat", "rule"),
        *("deed", "authorization", "sealing", "text_sha256", "disclaimer_version"),
    }
)
"""Facts of an event that name nobody who was found, and say nothing about them."""
_WORDS = frozenset({"reason", "override", "explanation", "marks", "text", "why"})
"""What somebody wrote freely: it may describe whom nobody may know of any more."""
_NEVER = frozenset({"grounds", "repository_facts", "told", "seal", "arrest", "message"})
"""What a commander was told, who was told, and what only this program has a use for."""


def facts_told(
    event: AuditEvent, secrets: Set[str], *, bare: bool
) -> tuple[dict[str, Any], list[str]]:
    """The facts of an event that may leave, and the names of those that stay.

    ``secrets`` are ids of what is sealed: of an event that has one of them, and of every event if ``bare``,
    only what names nobody leaves; and where there is any, nothing that was written freely.
    """
    is_bare = bare or any(_mentions(each, secrets) for each in event.facts.values())
    is_bare = is_bare or _mentions(event.subject, secrets)
    told, kept = dict[str, Any](), list[str]()
    for name, value in event.facts.items():
        stays = name in _NEVER or (is_bare and name not in _ALWAYS)
        stays = stays or bool(secrets and name in _WORDS)
        if stays or _mentions(value, secrets):
            kept.append(name)
        else:
            told[name] = value
    return told, sorted(kept)


def _mentions(value: object, secrets: Set[str]) -> bool:
    if isinstance(value, str):
        return any(secret in value.split("/") for secret in secrets)
    if isinstance(value, Mapping):
        return any(_mentions(one, secrets) for pair in value.items() for one in pair)
    if isinstance(value, list | tuple):
        return any(_mentions(one, secrets) for one in value)
    return False
