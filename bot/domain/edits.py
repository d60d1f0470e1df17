"""Edits of a still: a closed list of operations within bounds, each a new link of a chain (policy 1.7).

The original is never touched. What is not on the list is refused with its rule: nothing is drawn into
a face, nothing is taken from another one.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from bot.domain.actors import Actor
from bot.domain.audit import fingerprint
from bot.domain.examinations import Examination, Seat, check_may_work
from bot.domain.probes import ProbeFace
from bot.errors import NotPermitted, Refusal

WHY_MIN = 10
DERIVATIVES_MAX = 20
"""Of one request: nobody needs more, and each is kept with the case."""
_NUMBER = re.compile(r"[+-]?[0-9]{1,4}(?:\.[0-9]{1,3})?")
_CUT_MAX = 90
_ROUNDING = 1e-9


class Operation(StrEnum):
    """Everything that may be done to a still."""

    CROP = "crop"
    ROTATE = "rotate"
    RESIZE = "resize"
    EXPOSURE = "exposure"
    CONTRAST = "contrast"
    GAMMA = "gamma"
    WHITE_BALANCE = "white_balance"
    DENOISE = "denoise"
    DEINTERLACE = "deinterlace"
    ASPECT = "aspect"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number an operation takes, from ``least`` to ``most``; ``neutral`` changes nothing."""

    name: str
    label: str
    least: float
    most: float
    neutral: float | None
    whole: bool = False

    @property
    def bounds(self) -> str:
        kind = "A whole number" if self.whole else "A number"
        return f"{kind} from {self.least:g} to {self.most:g}."


@dataclass(frozen=True, slots=True)
class Tool:
    """An operation as it is offered."""

    words: str
    parameters: tuple[Parameter, ...]


def _cut(side: str) -> Parameter:
    return Parameter(
        f"{side}_percent", f"Cut off {side}, in percent", 0, _CUT_MAX, 0, True
    )


TOOLS: Mapping[Operation, Tool] = {
    Operation.CROP: Tool("Crop", tuple(map(_cut, ("left", "top", "right", "bottom")))),
    Operation.ROTATE: Tool(
        "Rotate",
        (Parameter("degrees", "Degrees, clockwise", -180, 180, 0),),
    ),
    Operation.RESIZE: Tool(
        "Resize", (Parameter("factor", "Factor of width and height", 0.25, 4, 1),)
    ),
    Operation.EXPOSURE: Tool(
        "Exposure", (Parameter("stops", "Stops, brighter or darker", -3, 3, 0),)
    ),
    Operation.CONTRAST: Tool(
        "Contrast", (Parameter("factor", "Factor around middle grey", 0.5, 2, 1),)
    ),
    Operation.GAMMA: Tool(
        "Gamma", (Parameter("gamma", "Gamma, above 1 lifts the shadows", 0.4, 2.5, 1),)
    ),
    Operation.WHITE_BALANCE: Tool(
        "White balance",
        (
            Parameter("red", "Factor of red", 0.5, 2, 1),
            Parameter("blue", "Factor of blue", 0.5, 2, 1),
        ),
    ),
    Operation.DENOISE: Tool(
        "Mild denoise (median)",
        (Parameter("radius", "Radius in pixels", 1, 2, None, True),),
    ),
    Operation.DEINTERLACE: Tool(
        "Deinterlace",
        (Parameter("field", "Field kept: 0 upper, 1 lower", 0, 1, None, True),),
    ),
    Operation.ASPECT: Tool(
        "Aspect ratio", (Parameter("factor", "Factor of the width", 0.5, 2, 1),)
    ),
}

RESTRICTED: Mapping[str, str] = {
    "mirror_half": "mirroring one half to fill the other",
    "pose_correction": "pose correction",
    "occlusion_fill": "filling what is covered",
    "open_eyes": "opening eyes",
    "close_mouth": "closing a mouth",
    "remove_beard": "removing a beard",
    "remove_headgear": "removing headgear",
}
"""What some units allow under conditions; here it does not exist."""
REFUSED: Mapping[str, str] = {
    "paste_features": "pasting features of another face",
    "blend": "blending two persons",
    "generative_upscale": "generative enlargement",
}


class BadParameters(Refusal):
    """A number is missing, unreadable or out of its bounds; ``errors`` says which, by parameter."""

    rule = "EDIT_BOUNDS"

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)


class ChainBroken(Refusal):
    """What lies in the record does not come of the original by the edits that stand beside it."""

    rule = "EDIT_CHAIN_BROKEN"


@dataclass(frozen=True, slots=True)
class Edit:
    """One operation with its numbers, checked; the names are those of its tool, in its order."""

    operation: Operation
    parameters: Mapping[str, float]

    @property
    def words(self) -> str:
        """For a person: ``Rotate (degrees -12.5)``."""
        told = ", ".join(
            f"{name.replace('_', ' ')} {value:g}"
            for name, value in self.parameters.items()
        )
        return f"{TOOLS[self.operation].words} ({told})"


def operation_named(name: str) -> Operation:
    """Return an allowed operation; refuse every other with its rule (policy 1.7)."""
    if name in RESTRICTED:
        raise Refusal(
            f"No {RESTRICTED[name]}: it makes up what the camera did not see (rule EDIT_RESTRICTED).",
            rule="EDIT_RESTRICTED",
        )
    if name in REFUSED:
        raise Refusal(
            f"No {REFUSED[name]}: the result would be nobody's face (rule EDIT_REFUSED).",
            rule="EDIT_REFUSED",
        )
    if name not in set(Operation):
        raise Refusal(
            "This edit is not on the list of allowed ones (rule EDIT_REFUSED).",
            rule="EDIT_REFUSED",
        )
    return Operation(name)


def edit_of(operation: Operation, given: Mapping[str, str]) -> Edit:
    """Read the numbers as they were typed; refuse with the bounds of each that is wrong."""
    numbers, errors = dict[str, float](), dict[str, str]()
    for parameter in TOOLS[operation].parameters:
        number = _number(given.get(parameter.name, ""), parameter)
        if number is None:
            errors[parameter.name] = f"{parameter.label}: {parameter.bounds}"
        else:
            numbers[parameter.name] = number
    if not errors:
        errors = dict(_wrong_together(operation, numbers))
    if errors:
        raise BadParameters(errors)
    return Edit(operation, numbers)


def _number(text: str, parameter: Parameter) -> float | None:
    text = text.strip()
    # Not everything Python takes for a number: no "nan", no "1e9", no digits of other scripts.
    if _NUMBER.fullmatch(text) is None:
        return None
    number = float(text) + 0.0  # of "-0" becomes 0
    if parameter.whole and not number.is_integer():
        return None
    return number if parameter.least <= number <= parameter.most else None


def _wrong_together(
    operation: Operation, numbers: Mapping[str, float]
) -> Iterator[tuple[str, str]]:
    parameters = TOOLS[operation].parameters
    if all(numbers[p.name] == p.neutral for p in parameters):
        yield parameters[0].name, "This would change nothing."
    if operation is Operation.CROP:
        for one, other in (("left", "right"), ("top", "bottom")):
            if numbers[f"{one}_percent"] + numbers[f"{other}_percent"] > _CUT_MAX:
                yield (
                    f"{one}_percent",
                    f"Together {one} and {other} may cut off at most {_CUT_MAX} percent.",
                )


_ONCE: Mapping[Operation, int] = {Operation.DENOISE: 2, Operation.DEINTERLACE: 1}
"""How often at most these are done to one picture: what they cannot be is added up."""


def check_total(chain: Sequence[Edit], edit: Edit) -> None:
    """Refuse an edit that leaves the bounds of its tool together with the same ones before it: two
    enlargements of 4 would be one of 16. Turns are free: they only move pixels."""
    before = [one for one in chain if one.operation is edit.operation]
    if errors := dict(_beyond([*before, edit])):
        raise BadParameters(errors)


def _beyond(same: Sequence[Edit]) -> Iterator[tuple[str, str]]:
    operation = same[-1].operation
    first, *_ = TOOLS[operation].parameters
    if len(same) > _ONCE.get(operation, len(same)):
        yield (
            first.name,
            f"{TOOLS[operation].words}: at most {_times(_ONCE[operation])} to one picture.",
        )
    elif operation is Operation.CROP:
        for one, other in (("left", "right"), ("top", "bottom")):
            names = f"{one}_percent", f"{other}_percent"
            cut = 100 - 100 * math.prod(
                1 - sum(edit.parameters[name] for name in names) / 100 for edit in same
            )
            if cut > _CUT_MAX + _ROUNDING:
                yield (
                    names[0],
                    f"With the edits before, {one} and {other} would be cut by {cut:.3g} percent; at most "
                    f"{_CUT_MAX}.",
                )
    elif operation not in (Operation.ROTATE, *_ONCE):
        for parameter in TOOLS[operation].parameters:
            numbers = [edit.parameters[parameter.name] for edit in same]
            added = operation is Operation.EXPOSURE
            total = sum(numbers) if added else math.prod(numbers)
            if not (parameter.least - _ROUNDING <= total <= parameter.most + _ROUNDING):
                yield (
                    parameter.name,
                    f"{parameter.label}: with the edits before {total:.4g} in all. {parameter.bounds}",
                )


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}[count]


@dataclass(frozen=True, slots=True)
class Draft:
    """An edit somebody is looking at; it becomes a derivative when kept, and is destroyed otherwise.

    ``view_id`` is Slack's of the modal that waits for its picture. ``problem`` says why it could not
    be made.
    """

    id: str
    request_id: str
    examination_id: str
    parent_sha256: str
    edit: Edit
    person: str
    account: str
    view_id: str
    at: datetime
    sha256: str = ""
    width: int = 0
    height: int = 0
    tool: str = ""
    tool_version: str = ""
    face: ProbeFace | None = None
    problem: str = ""
    shown: bool = False
    dropped: bool = False

    @property
    def is_ready(self) -> bool:
        return bool(self.sha256 or self.problem)

    def is_of(self, parent_sha256: str, edit: Edit) -> bool:
        """Whether this is what was looked at."""
        return self.parent_sha256 == parent_sha256 and self.edit == edit


@dataclass(frozen=True, slots=True)
class Derivative:
    """One link of a chain: which bytes, out of which, by what, who, when and why; it never changes.

    ``face`` is where the face that is searched for is found on it; None where it is not.
    ``searched_round`` is the round in which it, not the original, is searched for.
    """

    id: str
    request_id: str
    examination_id: str
    parent_sha256: str
    sha256: str
    edit: Edit
    tool: str
    tool_version: str
    width: int
    height: int
    made_by: str
    why: str
    at: datetime
    face: ProbeFace | None = None
    searched_round: int | None = None
    searched_why: str = ""
    replayed_at: datetime | None = None
    replay_error: str = field(default="", compare=False)

    def facts(self) -> dict[str, object]:
        """What the audit log says of it: enough to make it again."""
        return {
            "derivative": self.id,
            "parent_sha256": self.parent_sha256,
            "sha256": self.sha256,
            "operation": self.edit.operation,
            "parameters": dict(self.edit.parameters),
            "tool": self.tool,
            "tool_version": self.tool_version,
            "width": self.width,
            "height": self.height,
        }

    @property
    def fingerprint(self) -> str:
        """As it stands in the audit log: a row altered since does not have it."""
        made = {
            "request": self.request_id,
            "examination": self.examination_id,
            "made_by": self.made_by,
            "why": self.why,
            "at": self.at.astimezone(UTC).isoformat(),
            "face": None if self.face is None else asdict(self.face),
        }
        return fingerprint(self.facts() | made)

    def is_recorded(self, told: Mapping[str, object]) -> bool:
        """Whether it is what the audit log told when it was made; what was kept by an earlier version
        of this program was told without who, when and why in the fingerprint."""
        version = told.get("fingerprint_version", 1)
        own = self.fingerprint if version != 1 else fingerprint(self.facts())
        return told.get("fingerprint") == own


def chain_to(
    sha256: str, derivatives: Sequence[Derivative], original_sha256: str
) -> tuple[Derivative, ...]:
    """The links from the original to these bytes, first edit first; nothing for the original itself."""
    by_hash = {one.sha256: one for one in derivatives}
    links: list[Derivative] = []
    while sha256 != original_sha256:
        link = by_hash.pop(sha256, None)
        if link is None:
            raise ChainBroken(
                "The edits of this still do not lead back to its original (rule EDIT_CHAIN_BROKEN)."
            )
        links.append(link)
        sha256 = link.parent_sha256
    return tuple(reversed(links))


def check_may_edit(examination: Examination, actor: Actor, now: datetime) -> None:
    """Only the first examiner, at work on it (policy 6.5: E1 makes derivatives, others read)."""
    check_may_work(examination, actor, now)
    if examination.seat is not Seat.FIRST:
        raise NotPermitted(
            "Edits of the still are made by its first examiner only; you can read them.",
            rule="EDIT_FIRST_ONLY",
        )


def check_why(why: str) -> None:
    if len(why.strip()) < WHY_MIN:
        raise Refusal(
            f"Say why in at least {WHY_MIN} characters.", rule="EDIT_WITHOUT_REASON"
        )


def check_replayed(derivatives: Sequence[Derivative], *, is_under_way: bool) -> None:
    """Refuse a release unless every derivative was made again with the same result (policy 6.3, 18)."""
    for one in derivatives:
        if one.replay_error:
            raise ChainBroken(
                f"The edits of the still cannot be repeated with the same result: {one.replay_error} "
                "(rule EDIT_CHAIN_BROKEN)."
            )
    if is_under_way or any(one.replayed_at is None for one in derivatives):
        raise Refusal(
            "The edits of the still are being repeated to check them. Try again in a moment.",
            rule="EDIT_CHAIN_UNCHECKED",
        )
