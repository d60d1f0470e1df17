"""The comparison sheet: probe and candidate upright, the eyes of both at the same places, part by part (policy 3.2, 3.6)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bot.matching import alignment
from bot.matching.engine import Points
from bot.matching.images import Image, encode_png
from bot.matching.lettering import beside, blank, under, widened, written

MAX_ENLARGEMENT = 4.0
"""Beyond this an examiner would look at what the interpolation made up."""

PANEL = (3.3, 4.1)
"""Width and height of a face's panel, in distances between the eyes."""
EYES_AT = 0.42
"""How far down a panel the eyes are, as a part of its height."""
GAP = 6

EYES_APART = 150.0
_NARROWEST = 400
SURROUND = 120
_STRIP_ENLARGED = 1.25
_HALVES = 0.5

_AID = "Aid only: compare on the originals. Faces are turned, moved and scaled, otherwise unchanged; nothing is mirrored."


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One face of the sheet: ``notes`` are printed under the title, such as the date of the photograph.

    ``origin`` takes a point of the original to where it is in ``image``, if that is an edit of it.
    """

    image: Image
    points: Points
    title: str
    notes: tuple[str, ...] = ()
    origin: alignment.Affine | None = None

    @property
    def eyes_px(self) -> float:
        return max(float(np.linalg.norm(self.points[1] - self.points[0])), 1.0)

    @property
    def original_eyes_px(self) -> float:
        """Between the eyes on the original: so much the camera saw, whatever was enlarged since."""
        if self.origin is None:
            return self.eyes_px
        first, second = alignment.apply(
            alignment.invert(self.origin), self.points[:2].astype(np.float64)
        )
        return max(float(np.linalg.norm(second - first)), 1.0)

    def shown_by(self, affine: alignment.Affine) -> alignment.Affine:
        """What becomes of the original where ``image`` is drawn through ``affine``."""
        return affine if self.origin is None else alignment.after(self.origin, affine)

    def nearest(self, apart: float) -> float:
        """The most that its eyes may be apart where ``apart`` is wanted: the original, and nothing made
        of it, is enlarged by ``MAX_ENLARGEMENT``."""
        enlarged = 1.0 if self.origin is None else alignment.most_enlarged(self.origin)
        return min(apart, MAX_ENLARGEMENT * self.eyes_px / enlarged)


@dataclass(frozen=True, slots=True)
class Component:
    """A part of the face: left, top, right, bottom in distances between the eyes, from the middle of them."""

    name: str
    left: float
    top: float
    right: float
    bottom: float


COMPONENTS = (
    Component("Eyes and eyebrows", -1.05, -0.55, 1.05, 0.4),
    Component("Nose", -0.6, -0.1, 0.6, 0.95),
    Component("Mouth", -0.75, 0.8, 0.75, 1.5),
    Component("Right ear", -1.6, -0.4, -0.65, 1.05),
    Component("Left ear", 0.65, -0.4, 1.6, 1.05),
    Component("Chin and jawline", -1.3, 1.05, 1.3, 2.15),
)
_SECOND_ROW = "Right ear"


def comparison_sheet(probe: Side, candidate: Side, edited: Side | None = None) -> bytes:
    """Draw both faces as PNG, then each component enlarged, then halves of both put together.

    Both faces have their eyes level, at the same places and the same distance apart: as large as the
    smaller of the two allows, which is enlarged by ``MAX_ENLARGEMENT`` at most. The same input gives the
    same bytes.

    ``edited`` is the edit of the probe that was searched for, if it was not the probe itself: it is
    shown beside the original, and never compared.
    """
    apart = _apart(probe, candidate, EYES_APART)
    beside_it = () if edited is None else (edited,)
    panels = _panels((*beside_it, probe, candidate), apart)
    width = panels.shape[1]
    parts = [
        panels,
        *_strips(probe, candidate, apart, width),
        _halves(probe, candidate, apart),
    ]
    parts.append(written([_AID], width))
    widest = max(part.shape[1] for part in parts)
    return encode_png(under([widened(part, widest) for part in parts]))


def eye_places(apart: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Where the right and the left eye are in a panel: (2, 2) x and y in pixels."""
    width, height = panel_size(apart)
    level, half = round(height * EYES_AT), apart / 2
    return np.array([[width / 2 - half, level], [width / 2 + half, level]])


def _apart(probe: Side, candidate: Side, wanted: float) -> float:
    return min(probe.nearest(wanted), candidate.nearest(wanted))


def panel_size(apart: float) -> tuple[int, int]:
    width = max(round(apart * PANEL[0]), _NARROWEST)
    return width, round(max(apart * PANEL[1], width * PANEL[1] / PANEL[0]))


def _panels(sides: Sequence[Side], apart: float) -> Image:
    """The faces, level with each other, under captions that may be of different heights."""
    size = panel_size(apart)
    affines = [alignment.similarity(s.points[:2], _eyes_of(s, apart)) for s in sides]
    captions = [
        written(caption(side, affine), size[0], titled=True)
        for side, affine in zip(sides, affines, strict=True)
    ]
    faces = [
        alignment.warp(side.image, affine, size, surround=SURROUND)
        for side, affine in zip(sides, affines, strict=True)
    ]
    return under([beside(captions, GAP), beside(faces, GAP)])


def _eyes_of(
    side: Side, apart: float
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Nearer to each other where a face would be enlarged too much: that of a smaller edit, or of one
    that is enlarged already."""
    places = eye_places(apart)
    nearer = side.nearest(apart) / apart
    middle = places.mean(axis=0)
    return np.asarray(middle + (places - middle) * nearer, np.float64)


def caption(side: Side, affine: alignment.Affine) -> list[str]:
    height, width = side.image.shape[:2]
    shown = side.shown_by(affine)
    turned = f"turned by {_turned(shown):+.0f} degrees"
    if side.origin is None:
        return [
            side.title,
            f"source {width} x {height} px, {side.eyes_px:.0f} px between the eyes",
            f"shown at {alignment.scale_of(shown):.2f} times its size, {turned}",
            *side.notes,
        ]
    return [
        side.title,
        f"edited {width} x {height} px; on the original {side.original_eyes_px:.0f} px between the eyes",
        f"the original is shown at {alignment.most_enlarged(shown):.2f} times its size, {turned}",
        *side.notes,
    ]


def scales(probe: Side, candidate: Side, apart: float) -> str:
    """How large both are where their eyes are so far ``apart``, in words."""
    times = [f"{apart / side.eyes_px:.2f}" for side in (probe, candidate)]
    return f"the probe at {times[0]}, the candidate at {times[1]} times its size"


def _turned(affine: alignment.Affine) -> float:
    # Adding zero makes of "minus nothing" plain nothing.
    return round(float(np.degrees(np.arctan2(affine[1, 0], affine[0, 0])))) + 0.0


def _strips(probe: Side, candidate: Side, apart: float, width: int) -> Iterator[Image]:
    """The components in pairs, the probe above; as many pairs in a row as fit, both ears in one."""
    larger = _apart(probe, candidate, apart * _STRIP_ENLARGED)
    yield written([f"Part by part: {scales(probe, candidate, larger)}"], width)
    row: list[Image] = []
    for component in COMPONENTS:
        pair = _pair(probe, candidate, component, larger)
        is_full = sum(one.shape[1] + GAP for one in row) + pair.shape[1] > width
        if row and (is_full or component.name == _SECOND_ROW):
            yield beside(row, GAP)
            row = []
        row.append(pair)
    yield beside(row, GAP)


def _pair(probe: Side, candidate: Side, component: Component, apart: float) -> Image:
    cuts = [_cut(side, component, apart) for side in (probe, candidate)]
    line = blank(cuts[0].shape[1], GAP // 2)
    return under([written([component.name], line.shape[1]), cuts[0], line, cuts[1]])


def _cut(side: Side, component: Component, apart: float) -> Image:
    size = (
        round((component.right - component.left) * apart),
        round((component.bottom - component.top) * apart),
    )
    left, top = -component.left * apart, -component.top * apart
    eyes = np.array([[left - apart / 2, top], [left + apart / 2, top]])
    affine = alignment.similarity(side.points[:2], eyes)
    return alignment.warp(side.image, affine, size, surround=SURROUND)


def _halves(probe: Side, candidate: Side, apart: float) -> Image:
    """Each half of one face beside the other half of the other, cut between the eyes."""
    smaller = apart * _HALVES
    size = (round(smaller * PANEL[0]), round(smaller * PANEL[1]))
    middle, level = size[0] / 2, size[1] * EYES_AT
    eyes = np.array([[middle - smaller / 2, level], [middle + smaller / 2, level]])
    one, other = (
        alignment.warp(
            side.image,
            alignment.similarity(side.points[:2], eyes),
            size,
            surround=SURROUND,
        )
        for side in (probe, candidate)
    )
    cut = size[0] // 2
    mixed = [
        np.hstack([one[:, :cut], other[:, cut:]]),
        np.hstack([other[:, :cut], one[:, cut:]]),
    ]
    faces = beside([one, *mixed, other], GAP)
    words = (
        f"Halves, aid only, {scales(probe, candidate, smaller)}: {probe.title} / left half of it with the right half of the candidate "
        f"/ the other way round / {candidate.title}"
    )
    return under([written([words], faces.shape[1]), faces])
