from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from bot.domain.galleries import ModelId
from bot.errors import Refusal
from bot.matching.gallery import Gallery
from bot.matching.search import ListLength, OtherModel, search

MODEL = ModelId("SFace", "ab" * 32, 4)


def a_gallery(rows: int = 60, minors: Collection[int] = ()) -> Gallery:
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
        [row in minors for row in range(rows)],
    )


def test_the_photograph_itself_is_found_first() -> None:
    gallery = a_gallery()
    [first, *_] = search(gallery, gallery.templates[31], MODEL, 20).hits
    assert (first.subject_id, first.photo_id, first.rank) == ("S010", "P031", 1)
    assert first.similarity == pytest.approx(1)


def test_the_list_has_the_length_asked_for_and_each_subject_once() -> None:
    gallery = a_gallery()
    hits = search(gallery, gallery.templates[0], MODEL, 20).hits
    assert len({hit.subject_id for hit in hits}) == 20
    assert [hit.similarity for hit in hits] == sorted(
        (hit.similarity for hit in hits), reverse=True
    )


def test_an_excluded_photograph_is_replaced_by_the_subjects_next_one() -> None:
    gallery = a_gallery()
    out = frozenset({"P031"})
    found = search(gallery, gallery.templates[31], MODEL, 20, excluded_photo_ids=out)
    shown = next(hit for hit in found.hits if hit.subject_id == "S010")
    assert shown.photo_id in {"P030", "P032"}
    assert found.scanned == 59


def test_a_subject_with_every_photograph_excluded_is_gone() -> None:
    gallery = a_gallery()
    sealed = frozenset({"P030", "P031", "P032", "of another gallery"})
    found = search(gallery, gallery.templates[31], MODEL, 50, excluded_photo_ids=sealed)
    assert "S010" not in {hit.subject_id for hit in found.hits}
    assert (len(found.hits), found.scanned) == (19, 57)


def test_what_was_excluded_once_is_back_when_it_no_longer_is() -> None:
    gallery = a_gallery()
    for out in ({"P031"}, {"P030"}, set(), {"P031"}):
        kept = frozenset(out)
        found = search(
            gallery, gallery.templates[31], MODEL, 2, excluded_photo_ids=kept
        )
        assert (found.hits[0].photo_id == "P031") is ("P031" not in out)


def test_a_photograph_of_a_minor_is_found_only_if_minors_are_asked_for() -> None:
    """Policy 1.8: excluded by default."""
    gallery = a_gallery(minors={31, 40})
    probe = gallery.templates[31]
    usual = search(gallery, probe, MODEL, 50)
    assert not {"P031", "P040"} & {hit.photo_id for hit in usual.hits}
    assert usual.scanned == 58
    out = frozenset({"P031"})
    both = search(gallery, probe, MODEL, 50, excluded_photo_ids=out)
    assert both.scanned == 58
    with_them = search(gallery, probe, MODEL, 50, with_minors=True)
    assert with_them.hits[0].photo_id == "P031"
    assert with_them.scanned == 60


def test_a_gallery_of_nobody_gives_an_empty_list() -> None:
    probe = np.ones(4, np.float32)
    assert search(a_gallery(0), probe, MODEL, 20).hits == []


def test_photographs_in_any_order_make_the_same_gallery() -> None:
    gallery = a_gallery()
    order = np.random.default_rng(3).permutation(60)
    mixed = Gallery(
        "v1",
        MODEL,
        [gallery.photo_ids[row] for row in order],
        [gallery.subject_ids[row] for row in order],
        gallery.templates[order],
    )
    assert mixed.digest == gallery.digest
    probe = gallery.templates[4]
    assert search(mixed, probe, MODEL, 20) == search(gallery, probe, MODEL, 20)


def test_searches_at_once_do_not_disturb_each_other() -> None:
    gallery = a_gallery(3000)
    expected = [search(gallery, row, MODEL, 20) for row in gallery.templates[:200]]
    with ThreadPoolExecutor(8) as threads:
        found = threads.map(
            lambda row: search(gallery, row, MODEL, 20), gallery.templates[:200]
        )
        assert list(found) == expected


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
    assert len(search(gallery, gallery.templates[0], MODEL, 2).hits) == 2
    assert len(search(gallery, gallery.templates[0], MODEL, 50).hits) == 50


def test_both_refusals_are_refusals() -> None:
    assert issubclass(OtherModel, Refusal)
    assert issubclass(ListLength, Refusal)
