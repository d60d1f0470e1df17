"""When two probes are the same image, at the edges of the limits."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.galleries import ModelId
from bot.domain.prints import (
    CODE_BITS,
    IMAGE_BITS,
    SAME_FACE_FROM,
    SAME_PERSON_FROM,
    Earlier,
    FacePrint,
    Likeness,
    find_repeats,
    hamming,
    likeness,
    may_be_same,
)
from bot.domain.workflow import State

MODEL = ModelId("SFace", "ab" * 32, 2)
OTHER = ModelId("ArcFace", "cd" * 32, 2)
ALL = (1 << 64) - 1
hashes = st.integers(0, ALL)


def at(cosine: float) -> tuple[float, float]:
    return (cosine, (1 - cosine**2) ** 0.5)


ONE = FacePrint(0, 0, ALL, 0, at(1.0), MODEL)
APART = replace(ONE, image_hash=ALL, face_hash=ALL >> 32, code=0)


def bits(count: int) -> int:
    return (1 << count) - 1


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (replace(APART, template=at(SAME_FACE_FROM + 1e-6)), Likeness.SAME_FACE),
        (replace(APART, template=at(SAME_FACE_FROM - 1e-3)), None),
        (
            replace(
                APART, image_hash=bits(IMAGE_BITS), template=at(SAME_PERSON_FROM + 1e-6)
            ),
            Likeness.SAME_PICTURE,
        ),
        (replace(APART, image_hash=bits(IMAGE_BITS + 1), template=at(0.7)), None),
        (
            replace(APART, face_hash=bits(IMAGE_BITS), template=at(0.7)),
            Likeness.SAME_PICTURE,
        ),
        (
            replace(APART, face_hash=ALL ^ bits(IMAGE_BITS), template=at(0.7)),
            Likeness.SAME_PICTURE,
        ),
    ],
)
def test_two_are_the_same_up_to_the_limits(
    other: FacePrint, why: Likeness | None
) -> None:
    assert likeness(ONE, other) is why


def test_two_people_on_one_picture_are_two_questions() -> None:
    other = replace(ONE, template=at(SAME_PERSON_FROM - 1e-3), face_hash=ALL >> 32)
    assert likeness(ONE, other) is None


def test_templates_of_two_models_are_not_compared() -> None:
    assert likeness(ONE, replace(APART, model=OTHER)) is None
    assert likeness(ONE, replace(ONE, model=OTHER)) is Likeness.SAME_PICTURE


@given(hashes, hashes)
def test_a_hash_kept_as_a_signed_number_differs_by_as_many_bits(a: int, b: int) -> None:
    signed = b - (1 << 64) if b >> 63 else b
    assert hamming(a, signed) == hamming(a, b) == (a ^ b).bit_count()


@pytest.mark.parametrize(
    ("kept", "is_near"),
    [
        ((ALL, ALL >> 32, bits(CODE_BITS)), True),
        ((ALL, ALL >> 32, bits(CODE_BITS + 1)), False),
        ((bits(IMAGE_BITS), ALL >> 32, ALL), True),
        ((ALL, bits(IMAGE_BITS), ALL), True),
        ((ALL, ALL ^ bits(IMAGE_BITS), ALL), True),
    ],
)
def test_a_print_is_opened_only_if_one_of_its_hashes_is_near(
    kept: tuple[int, int, int], is_near: bool
) -> None:
    assert may_be_same(*kept, 0, 0, ALL, 0) is is_near


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("was_searched", [True, False])
def test_what_was_never_searched_and_never_will_be_is_no_earlier_search(
    state: State, was_searched: bool
) -> None:
    earlier = Earlier("R-1", state, was_searched, "ef" * 32, ONE)
    never = state is State.UNSUITABLE
    ended = state in (State.WITHDRAWN, State.REFUSED)
    never |= ended and not was_searched
    assert bool(find_repeats("ef" * 32, ONE, [earlier])) is not never


def test_the_very_same_file_is_said_to_be_that() -> None:
    state = State.NO_POSSIBLE_MATCH
    [same] = find_repeats("ef" * 32, ONE, [Earlier("R-1", state, True, "ef" * 32, ONE)])
    [older] = find_repeats(
        "ef" * 32, ONE, [Earlier("R-1", state, True, "ef" * 32, None)]
    )
    assert same.likeness is older.likeness is Likeness.SAME_FILE
    assert find_repeats("00" * 32, ONE, [Earlier("R-1", state, True, "ef", None)]) == ()
