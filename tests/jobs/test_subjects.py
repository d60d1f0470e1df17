"""What is said on the sheet of one subject: which photographs, how many of how many, and no arrest too early."""

from dataclasses import replace
from datetime import date

import pytest

from bot.domain.photographs import Photograph
from bot.jobs.bench import Held
from bot.jobs.subjects import SubjectScene, chosen, notes, said
from bot.matching.subject_sheet import SHOWN_MAX
from tests.builders import a_photograph, a_template, an_examination, candidates

NOW, BEFORE, LATER = date(2020, 1, 1), date(2012, 1, 1), date(2025, 1, 1)
STATE = "dismissed"


def held(id: str, taken: date | None = NOW) -> Held:
    photograph = replace(a_photograph(id=id), capture_date=taken, case_state=STATE)
    return photograph, a_template(photo_id=id)


def a_scene(*shown: Held, unmasked: bool = False, **left_out: int) -> SubjectScene:
    """Of a candidate who was compared by the photograph C."""
    candidate = replace(candidates(1)[0], photo_id="C")
    numbers = {"older": 0, "faceless": 0, **left_out}
    return SubjectScene(
        an_examination(), candidate, shown, unmasked=unmasked, **numbers
    )


def photograph(scene: SubjectScene, place: int) -> Photograph:
    return scene.shown[place][0]


@pytest.mark.parametrize("is_unmasked", [False, True])
def test_the_state_of_an_arrest_is_on_no_sheet_of_the_blind_part(
    is_unmasked: bool,
) -> None:
    scene = a_scene(held("N", LATER), held("C"), unmasked=is_unmasked)
    words = [*said(scene), *(w for p, _ in scene.shown for w in notes(scene, p))]
    assert any(STATE in one for one in words) is is_unmasked
    assert not any(scene.shown[0][0].arrest_number in one for one in words)


def test_a_newer_photograph_is_named_above_and_below() -> None:
    scene = a_scene(held("N", LATER), held("C"), held("B", BEFORE), held("U", None))
    assert "A newer photograph than the compared one exists." in said(scene)
    assert notes(scene, photograph(scene, 0)) == ("newer than the compared photograph",)
    assert notes(scene, photograph(scene, 1)) == ("the compared photograph",)
    assert notes(scene, photograph(scene, 2)) == ()
    assert notes(scene, photograph(scene, 3)) == ()


@pytest.mark.parametrize("other", [BEFORE, NOW, None])
def test_none_is_called_newer_that_is_not_or_may_not_be(other: date | None) -> None:
    assert not any(
        "newer" in line for line in said(a_scene(held("C"), held("B", other)))
    )
    undated = a_scene(held("B", LATER), held("C", None))
    assert not any("newer" in line for line in said(undated))


def test_what_is_not_shown_is_counted_and_the_reason_given() -> None:
    [line] = said(a_scene(*[held(f"P{n}") for n in range(8)], older=2, faceless=1))
    assert line.startswith(
        "8 of 11 photographs shown, newest first. Not shown: 2 older or without a date, "
        "1 on which the software finds no face."
    )


def test_the_compared_photograph_is_shown_however_old_it_is() -> None:
    many = [held(f"P{n}") for n in range(SHOWN_MAX + 3)]
    assert [p.id for p, _ in chosen([*many, held("C", BEFORE)], "C")] == [
        *(f"P{n}" for n in range(SHOWN_MAX - 1)),
        "C",
    ]
    assert chosen(many, "P0") == many[:SHOWN_MAX]
