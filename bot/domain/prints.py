"""By what a probe is known again: two perceptual hashes and a template, and when two are the same image.

A print is no gallery: probes are not enrolled (policy 1.7). It is compared with the prints of other requests,
and says only that an image was searched before; it names nobody and no search reads it.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import mul

from bot.domain.galleries import ModelId
from bot.domain.workflow import State


class Likeness(StrEnum):
    """Why a probe is taken for one that was sent before, the surest reason first."""

    SAME_FILE = "same_file"
    SAME_PICTURE = "same_picture"
    SAME_FACE = "same_face"
    TRIED_AGAIN = "tried_again"


_64 = (1 << 64) - 1
IMAGE_BITS = 10
"""Of 64: two hashes of a whole picture, or of a face, that differ in no more show the same picture."""
CODE_BITS = 20
"""Of 64: two templates whose codes differ in more are not opened at all; see ``SAME_FACE_FROM``."""
SAME_PERSON_FROM = 0.6
"""Cosine of two templates: below it, two faces on one picture are two people."""
SAME_FACE_FROM = 0.88
"""Cosine of two templates: from it on they are taken to be of one picture, however it was edited. Two
pictures of one person stay below it, but for one pair in fifty. All of these limits come from
docs/measurements/repeats.md."""
TRIED_AGAIN_FROM = 0.55
"""The same, of whoever's image was held before, or of that case: somebody who edits an image until it is
searched. Most other pictures of the same person reach it as well, and hardly any of other people."""
TRIED_AGAIN_DAYS = 30


@dataclass(frozen=True, slots=True)
class FacePrint:
    """One face of a probe: 64-bit hashes of the whole picture, of the upright face and of its mirror
    image, and the template by which it was searched with a 64-bit code of it (the sides of 64 planes
    it lies on), by which those that may be near are found among many."""

    image_hash: int
    face_hash: int
    mirror_hash: int
    code: int
    template: tuple[float, ...]
    model: ModelId


@dataclass(frozen=True, slots=True)
class Earlier:
    """Another request whose image may be the same; ``made`` is None for one older than prints, which
    can be known by its very file only."""

    request_id: str
    state: State
    was_searched: bool
    sha256: str
    made: FacePrint | None

    @property
    def counts(self) -> bool:
        """Whether a search was made with it, or may be yet: answered (with a lead, without, held or
        recalled) or open. Nothing was searched with what was unsuitable, or refused or withdrawn before
        any search: it is asked again as if for the first time. What an examiner refused was searched."""
        if self.state in (State.WITHDRAWN, State.REFUSED):
            return self.was_searched
        return self.state is not State.UNSUITABLE


@dataclass(frozen=True, slots=True)
class Held:
    """An image that was held as a repetition of ``earlier_id``: the prints of both, as far as they are kept."""

    earlier_id: str
    made: tuple[FacePrint, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A request that another one was taken to repeat."""

    earlier_id: str
    likeness: Likeness


def alike(sha256: str, made: FacePrint, others: Iterable[Earlier]) -> frozenset[str]:
    """Which of the other requests had the same face on the same picture, whether or not they count."""
    return frozenset(one.request_id for one in others if _same(sha256, made, one))


def find_repeats(
    sha256: str, made: FacePrint, others: Iterable[Earlier]
) -> tuple[Repeat, ...]:
    """Which of the other requests had the same face on the same picture, in their order."""
    found = ((other, _same(sha256, made, other)) for other in others if other.counts)
    return tuple(Repeat(other.request_id, why) for other, why in found if why)


def find_tries(made: FacePrint, held: Iterable[Held]) -> tuple[Repeat, ...]:
    """What a probe is taken to repeat once more, after an image was held, in their order."""
    near = (
        one.earlier_id
        for one in held
        if any(_is_tried_again(made, other) for other in one.made)
    )
    return tuple(Repeat(id, Likeness.TRIED_AGAIN) for id in dict.fromkeys(near))


def _is_tried_again(one: FacePrint, other: FacePrint) -> bool:
    is_comparable = one.model == other.model
    return is_comparable and _cosine(one.template, other.template) >= TRIED_AGAIN_FROM


def _same(sha256: str, made: FacePrint, other: Earlier) -> Likeness | None:
    if other.made is None:
        return Likeness.SAME_FILE if other.sha256 == sha256 else None
    why = likeness(made, other.made)
    return Likeness.SAME_FILE if why and other.sha256 == sha256 else why


def hamming(a: int, b: int) -> int:
    """In how many of their 64 bits two hashes differ; negative numbers are how a database keeps them."""
    return ((a ^ b) & _64).bit_count()


def may_be_same(
    image: int,
    face: int,
    code: int,
    own: int,
    own_face: int,
    mirror: int,
    own_code: int,
) -> bool:
    """Whether a print's hashes come so near to those of another that it is worth to be opened. The
    database calls it for every print it has: no values of our own, and nothing is computed twice."""
    return (
        ((code ^ own_code) & _64).bit_count() <= CODE_BITS
        or ((image ^ own) & _64).bit_count() <= IMAGE_BITS
        or ((face ^ own_face) & _64).bit_count() <= IMAGE_BITS
        or ((face ^ mirror) & _64).bit_count() <= IMAGE_BITS
    )


def likeness(one: FacePrint, other: FacePrint) -> Likeness | None:
    """Say why ``one`` is taken for ``other`` sent again; None if it is not.

    Templates of two models cannot be compared: then the hash of the face decides alone. One picture may
    show two people: another face of it is another question.
    """
    face_bits = min(
        hamming(one.face_hash, other.face_hash),
        hamming(one.mirror_hash, other.face_hash),
    )
    bits = min(face_bits, hamming(one.image_hash, other.image_hash))
    if one.model != other.model:
        return Likeness.SAME_PICTURE if face_bits <= IMAGE_BITS else None
    cosine = _cosine(one.template, other.template)
    if bits <= IMAGE_BITS and cosine >= SAME_PERSON_FROM:
        return Likeness.SAME_PICTURE
    return Likeness.SAME_FACE if cosine >= SAME_FACE_FROM else None


def _cosine(a: Sequence[float], b: Sequence[float]) -> float:
    lengths = math.sqrt(_product(a, a) * _product(b, b))
    return _product(a, b) / max(lengths, 1e-12)


def _product(a: Sequence[float], b: Sequence[float]) -> float:
    return math.fsum(map(mul, a, b))
