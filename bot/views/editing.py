"""The private modals about edits of a still: making one, reading the chain, searching on one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as field_of
from datetime import datetime

from bot.domain.edits import TOOLS, WHY_MIN, Derivative, Operation, Parameter
from bot.views.blocks import (
    Json,
    actions,
    button,
    context,
    divider,
    field,
    image,
    modal,
    option,
    options,
    reason_field,
    section,
    select,
    text_input,
)
from bot.views.ids import ActionId, BlockId, ViewId, detailed, ref
from bot.views.text import ZONE, fitted, moment, quoted

ORIGINAL = "original"
"""What stands for the original where one picture of a chain is chosen."""
_WHY_SHOWN_MAX = 300
_PARAMETER_MAX = 12

_ALLOWED = (
    "The original is never changed: each edit is a new picture, kept with its numbers and reason. Nothing "
    "that makes up what the camera did not see is done: no mirrored half, no pose correction, no filling "
    "in, no features of anybody else, no generative enlargement."
)


@dataclass(frozen=True, slots=True)
class Link:
    """One edit of the chain, in words; ``of`` is the number of the edit before, 0 for the original.

    ``why``, ``who`` and ``at`` are left out for whoever must not know of another examiner's work.
    """

    id: str
    number: int
    of: int
    words: str
    sha256: str
    width: int
    height: int
    tool: str
    has_face: bool
    searched: bool = False
    why: str = ""
    who: str = ""
    at: datetime | None = None
    searched_why: str = ""


@dataclass(frozen=True, slots=True)
class EditModal:
    """A form to edit with, or, without ``may_edit``, the chain to read.

    ``chosen`` is the id of the link an edit starts from, or ``ORIGINAL``. ``picture`` is Slack's file
    of the preview, ``draft`` the id of what it is a picture of; ``complaints`` are in words.
    """

    number: str
    examination: str
    version: int
    original_sha256: str
    links: tuple[Link, ...]
    may_edit: bool = False
    may_search: bool = False
    chosen: str = ORIGINAL
    operation: Operation = Operation.CROP
    typed: Mapping[str, str] = field_of(default_factory=dict)
    complaints: tuple[str, ...] = ()
    is_making: bool = False
    picture: str | None = None
    draft: str = ""

    @property
    def seen(self) -> str:
        """The draft whose picture stands in the form; empty if none does."""
        return self.draft if self.picture and not self.complaints else ""


@dataclass(frozen=True, slots=True)
class SearchEditedModal:
    number: str
    examination: str
    links: tuple[Link, ...]
    list_length: int


def links_of(
    derivatives: Sequence[Derivative], *, reader: str | None
) -> tuple[Link, ...]:
    """Numbered in the order they were made; ``reader`` is the examiner who reads them, None a supervisor.

    An examiner reads the reasons of their own edits: whoever sat there before is told of to nobody.
    """
    numbers = {one.sha256: n for n, one in enumerate(derivatives, 1)}
    return tuple(
        _link(one, numbers, reader in (None, one.made_by)) for one in derivatives
    )


def _link(one: Derivative, numbers: Mapping[str, int], with_who: bool) -> Link:
    return Link(
        id=one.id,
        number=numbers[one.sha256],
        of=numbers.get(one.parent_sha256, 0),
        words=one.edit.words,
        sha256=one.sha256,
        width=one.width,
        height=one.height,
        tool=f"{one.tool} {one.tool_version}",
        has_face=one.face is not None,
        searched=one.searched_round is not None,
        why=one.why if with_who else "",
        who=one.made_by if with_who else "",
        at=one.at if with_who else None,
        searched_why=one.searched_why if with_who else "",
    )


def parameter_block(operation: Operation, name: str) -> str:
    return detailed(BlockId.EDIT_PARAMETER, f"{operation}.{name}")


def edit_modal(view: EditModal, zone: str = ZONE) -> Json:
    return modal(
        ViewId.EDIT_STILL,
        "Edits of the still",
        [
            *_chain(view.number, view.original_sha256, view.links, zone),
            *(_form(view) if view.may_edit else ()),
        ],
        metadata={"examination": view.examination, "seen": view.seen},
        submit="Keep" if view.may_edit else None,
        close="Cancel" if view.may_edit else "Close",
    )


def _chain(
    number: str, original_sha256: str, links: Sequence[Link], zone: str
) -> Iterator[Json]:
    yield section(f"*{fitted(number, 50)}*\nOriginal: SHA-256 `{original_sha256}`")
    if not links:
        yield context("The still has not been edited.")
    for link in links:
        yield section(link_words(link, zone))


def link_words(link: Link, zone: str = ZONE) -> str:
    """One edit as it stands on a screen."""
    parent = f"edit {link.of}" if link.of else "the original"
    lines = [
        f"*Edit {link.number}*, of {parent}: {fitted(link.words, 300)}",
        f"SHA-256 `{link.sha256}`, {link.width} x {link.height} px, {fitted(link.tool, 100)}",
    ]
    if not link.has_face:
        lines.append("The face is not found on it: it cannot be searched.")
    if link.searched:
        lines.append("*The search was made on this edit.*")
    if link.at is not None:
        lines.append(f"By {fitted(link.who, 100)}, {moment(link.at, zone)}:")
        lines.append(quoted(link.why, _WHY_SHOWN_MAX))
    if link.searched_why:
        lines.append("Searched because:\n" + quoted(link.searched_why, _WHY_SHOWN_MAX))
    return "\n".join(lines)


def _form(view: EditModal) -> Iterator[Json]:
    if view.may_search:
        value = ref(view.examination, view.version)
        yield actions(
            button("Search on an edit…", ActionId.SEARCH_EDITED, value),
        )
    yield divider()
    yield context(_ALLOWED)
    yield field(
        BlockId.EDITED,
        "Start from",
        select(_pictures(view.links, with_original=True), view.chosen),
    )
    offered = options({operation: tool.words for operation, tool in TOOLS.items()})
    yield field(
        BlockId.OPERATION,
        "Edit",
        select(offered, view.operation, ActionId.EDIT_OPERATION),
        dispatch=True,
    )
    for parameter in TOOLS[view.operation].parameters:
        yield field(
            parameter_block(view.operation, parameter.name),
            parameter.label,
            text_input(initial=_initial(view, parameter), most=_PARAMETER_MAX),
            hint=parameter.bounds,
        )
    yield actions(
        button("Preview", ActionId.PREVIEW_EDIT, ref(view.examination, view.version))
    )
    yield from _preview(view)
    yield reason_field(
        "Why",
        f"Kept with the edit. At least {WHY_MIN} characters.",
        least=WHY_MIN,
    )


def _initial(view: EditModal, parameter: Parameter) -> str:
    usual = parameter.least if parameter.neutral is None else parameter.neutral
    return view.typed.get(parameter.name, f"{usual:g}")


def _preview(view: EditModal) -> Iterator[Json]:
    if view.complaints:
        said = "\n".join(f"• {fitted(one, 400)}" for one in view.complaints[:6])
        yield section(f"*This edit cannot be made.*\n{said}")
    elif view.picture is not None:
        yield image(view.picture, "The still as this edit would make it")
        yield context(
            "Preview of the edit above, made smaller if need be. Keep it, or change the numbers "
            "and press Preview again."
        )
    elif view.is_making:
        yield context("The preview is being made. It appears here in a moment.")
    else:
        yield context("Press Preview: only what you have looked at can be kept.")


def _pictures(links: Sequence[Link], *, with_original: bool) -> list[Json]:
    original = [option(ORIGINAL, "The original")] if with_original else []
    return original + [
        option(link.id, f"Edit {link.number}: {link.words}"[:140]) for link in links
    ]


def search_edited_modal(view: SearchEditedModal) -> Json:
    """Only edits on which the face was found are offered."""
    found = [link for link in view.links if link.has_face]
    return modal(
        ViewId.SEARCH_EDITED,
        "Search on an edit",
        [
            section(
                f"*{fitted(view.number, 50)}*\nOne new search is made, on the edit you choose, with the same "
                f"{view.list_length} places on its list. Nobody compares the candidates found before: they "
                "stay on record, unopened. A new examination begins, which you may take."
            ),
            field(
                BlockId.EDIT_SEARCHED,
                "Edit to search on",
                select(_pictures(found, with_original=False), found[-1].id),
            ),
            reason_field(
                "Why",
                f"Recorded with your name. At least {WHY_MIN} characters.",
                least=WHY_MIN,
            ),
        ],
        metadata={"examination": view.examination},
        submit="Search",
        close="Cancel",
    )
