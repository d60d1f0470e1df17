"""The form in which another repository is asked for."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.actors import OFFICES
from bot.domain.authorizations import TEXT_MAX, TEXT_MIN
from bot.domain.repositories import Repository
from bot.views.authorizations import one_line
from bot.views.blocks import (
    CHOICES_MAX,
    Json,
    context,
    field,
    long_text_input,
    modal,
    options,
    section,
    select,
    text_input,
    users_select_many,
)
from bot.views.ids import BlockId, ViewId

COMMAND_MAX = 100
_DESCRIBED_MAX = 40
_FACT_MAX = 400

_INTRODUCTION = (
    f"Only two offices decide: the {' and the '.join(OFFICES.values())}. A permission is for one "
    "image of one request, one repository and one search, and it expires. It is never a way around "
    "the answer “no possible match”."
)


@dataclass(frozen=True, slots=True)
class AskModal:
    """``case_number`` is empty for an examiner, who does not know the case."""

    number: str
    case_number: str
    repositories: tuple[Repository, ...]
    needs_futile: bool


def ask_modal(view: AskModal) -> Json:
    """The form; without a repository to choose there is nothing to send."""
    can_be_sent = bool(view.repositories)
    return modal(
        ViewId.ASK_AUTHORIZATION,
        "Another repository",
        [
            *_introduction(view),
            *(_fields(view) if can_be_sent else _nothing()),
        ],
        metadata={"request": view.number},
        submit="Ask" if can_be_sent else None,
        close="Cancel" if can_be_sent else "Close",
    )


def _introduction(view: AskModal) -> Iterator[Json]:
    case = f" · case {one_line(view.case_number)}" if view.case_number else ""
    yield section(f"*{one_line(view.number)}*{case}\n{_INTRODUCTION}")


def _nothing() -> Iterator[Json]:
    yield section("No other repository is known here. An administrator adds one.")


def _fields(view: AskModal) -> Iterator[Json]:
    yield from _repository(view.repositories[:CHOICES_MAX])
    yield from _statements()
    yield field(
        BlockId.COMMAND, "Command that asks", text_input(least=1, most=COMMAND_MAX)
    )
    if view.needs_futile:
        yield _statement(
            BlockId.FUTILE,
            "Why the standard search would be futile",
            "The standard repository comes first and has not answered yet.",
        )
    yield _new_facts()
    yield field(
        BlockId.TEAM,
        "Others who work this case",
        users_select_many(),
        hint="They cannot decide.",
        optional=True,
    )


def _repository(repositories: tuple[Repository, ...]) -> Iterator[Json]:
    names = {repository.name: repository.name for repository in repositories}
    yield field(BlockId.REPOSITORY, "Repository", select(options(names), None))
    for repository in repositories[:_DESCRIBED_MAX]:
        yield context(
            f"*{one_line(repository.name)}:* {one_line(repository.legal_basis, _FACT_MAX)}. "
            f"Owner: {one_line(repository.owner, _FACT_MAX)}."
        )


def _statements() -> Iterator[Json]:
    yield _statement(
        BlockId.NEED, "Legitimate need", "What this search is to help with, and how."
    )
    yield _statement(
        BlockId.WHY_NOT_STANDARD, "Why arrest photographs do not suffice", ""
    )
    yield _statement(
        BlockId.WHY_THIS_REPOSITORY,
        "Why this repository",
        "Why the person can be expected in it, and in no nearer one.",
    )
    yield _statement(
        BlockId.LEGAL_BASIS, "Legal basis", "The law or order that allows this search."
    )
    yield _statement(
        BlockId.DATA_SHARING_BASIS,
        "Basis of data sharing",
        "The agreement under which its owner shares it.",
    )


def _new_facts() -> Json:
    """Offered to everybody alike: whether it is needed would tell of other requests."""
    return _statement(
        BlockId.NEW_FACTS,
        "What is new",
        "Needed if this was denied or revoked before.",
        optional=True,
    )


def _statement(id: BlockId, label: str, hint: str, *, optional: bool = False) -> Json:
    element = long_text_input(least=TEXT_MIN, most=TEXT_MAX)
    said = f"{hint} At least {TEXT_MIN} characters.".strip()
    return field(id, label, element, hint=said, optional=optional)
