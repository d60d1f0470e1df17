"""There is a face to search with only once there is no doubt which one."""

import pytest

from bot.domain.galleries import ModelId
from bot.domain.probes import ProbeFace
from tests.builders import a_face, a_probe

ONE, TWO, THREE = (a_face(index=index) for index in range(3))


@pytest.mark.parametrize(
    ("faces", "chosen", "face"),
    [
        ((), None, None),
        ((ONE,), None, ONE),
        ((ONE, TWO), None, None),
        ((ONE, TWO, THREE), None, None),
        ((ONE,), 0, ONE),
        ((ONE, TWO, THREE), 0, ONE),
        ((ONE, TWO, THREE), 2, THREE),
    ],
)
def test_a16_several_faces_leave_none_to_search_with_until_one_is_chosen(
    faces: tuple[ProbeFace, ...], chosen: int | None, face: ProbeFace | None
) -> None:
    assert a_probe(faces=faces, chosen=chosen).face == face


def test_a_model_is_named_with_the_weights_that_ran() -> None:
    one, other = (ModelId("SFace", weights * 32, 128) for weights in ("0f", "1e"))
    assert (str(one), str(other)) == ("SFace@0f0f0f0f", "SFace@1e1e1e1e")
    assert one != other
