import numpy as np
import pytest

from bot.domain.galleries import ModelId
from bot.errors import Refusal
from bot.matching.gallery import Gallery
from bot.matching.search import ListLength, OtherModel, search

MODEL = ModelId("SFace", "ab" * 32, 4)


def a_gallery(rows: int = 60) -> Gallery:
    """Three photographs a subject."""
    random = np.random.default_rng(7)
    templates = random.normal(size=(rows, MODEL.dim))
    templates /= np.linalg.norm(templates, axis=1, keepdims=True)
    return Gallery(
        "v1",
        MODEL,
        tuple(f"P{n:03}" for n in range(rows)),
        tuple(f"S{n // 3:03}" for n in range(rows)),
        templates.astype(np.float32),
    )


def test_the_photograph_itself_is_found_first() -> None:
    gallery = a_gallery()
    [first, *_] = search(gallery, gallery.templates[31], MODEL, 20)
    assert (first.subject_id, first.photo_id, first.rank) == ("S010", "P031", 1)
    assert first.similarity == pytest.approx(1)


def test_the_list_has_the_length_asked_for_and_each_subject_once() -> None:
    gallery = a_gallery()
    hits = search(gallery, gallery.templates[0], MODEL, 20)
    assert len({hit.subject_id for hit in hits}) == 20
    assert [hit.similarity for hit in hits] == sorted(
        (hit.similarity for hit in hits), reverse=True
    )


def test_an_excluded_photograph_is_replaced_by_the_subjects_next_one() -> None:
    gallery = a_gallery()
    hits = search(gallery, gallery.templates[31], MODEL, 20, frozenset({"P031"}))
    shown = next(hit for hit in hits if hit.subject_id == "S010")
    assert shown.photo_id in {"P030", "P032"}


def test_a_subject_with_every_photograph_excluded_is_gone() -> None:
    gallery = a_gallery()
    sealed = frozenset({"P030", "P031", "P032"})
    hits = search(gallery, gallery.templates[31], MODEL, 50, sealed)
    assert "S010" not in {hit.subject_id for hit in hits}
    assert len(hits) == 19


def test_a_probe_of_another_model_is_refused() -> None:
    gallery = a_gallery()
    for other in (ModelId("ArcFace", "ab" * 32, 4), ModelId("SFace", "cd" * 32, 4)):
        with pytest.raises(OtherModel) as caught:
            search(gallery, gallery.templates[0], other, 20)
        assert caught.value.rule == "OTHER_MODEL"


@pytest.mark.parametrize("n", [-1, 0, 1, 51])
def test_a_list_is_neither_one_candidate_nor_more_than_fifty(n: int) -> None:
    gallery = a_gallery()
    with pytest.raises(ListLength):
        search(gallery, gallery.templates[0], MODEL, n)


def test_the_ends_of_the_range_are_allowed() -> None:
    gallery = a_gallery(180)
    assert len(search(gallery, gallery.templates[0], MODEL, 2)) == 2
    assert len(search(gallery, gallery.templates[0], MODEL, 50)) == 50


def test_both_refusals_are_refusals() -> None:
    assert issubclass(OtherModel, Refusal)
    assert issubclass(ListLength, Refusal)
