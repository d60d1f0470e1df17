"""A labelled set through the product's own code: what is read, searched and counted."""

import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.domain.galleries import ModelId
from bot.errors import Refusal, Unavailable
from bot.matching import shared
from bot.matching.deepface_engine import DeepFaceEngine
from bot.matching.degradations import DEGRADATIONS
from bot.matching.evaluation.encoding import Encoders, Task, encode
from bot.matching.evaluation.labels import (
    BadTable,
    grouped,
    read_gallery,
    read_probes,
)
from bot.matching.evaluation.running import Plan, chosen_degradations, evaluate
from bot.matching.evaluation.searching import as_stored
from bot.matching.gallery import Gallery
from bot.matching.search import search
from bot.matching.weights import ModelFiles

from .conftest import PORTRAITS


def a_table(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@pytest.fixture
def gallery_table(tmp_path: Path) -> Path:
    return a_table(
        tmp_path / "g.csv", "subject_id,image,sex\nA,a1.jpg,F\nA,a2.jpg,F\nB,b.jpg,M\n"
    )


def kinds(gallery: Path, probes: Path) -> list[bool]:
    folder = gallery.parent
    return [
        row.mated for row in read_probes(folder, probes, read_gallery(folder, gallery))
    ]


def test_a_probe_without_a_kind_is_mated_when_its_subject_is_enrolled(
    gallery_table: Path, tmp_path: Path
) -> None:
    plain = a_table(tmp_path / "p.csv", "subject_id,image\nA,x.jpg\nC,y.jpg\n,z.jpg\n")
    assert kinds(gallery_table, plain) == [True, False, False]
    said = a_table(
        tmp_path / "p.csv",
        "subject_id,image,kind\nA,x.jpg,mated\nC,y.jpg,nonmated\nB,z.jpg,\n",
    )
    assert kinds(gallery_table, said) == [True, False, True]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("A,x.jpg,nonmated", "is in the gallery"),
        ("C,x.jpg,mated", "is not in the gallery"),
        ("A,x.jpg,genuine", "not 'genuine'"),
        ("A,x.jpg", "too few columns"),
        ("A,x.jpg,mated,more", "too many or"),
    ],
)
def test_a_label_that_cannot_be_right_stops_the_evaluation(
    row: str, why: str, gallery_table: Path, tmp_path: Path
) -> None:
    probes = a_table(tmp_path / "p.csv", f"subject_id,image,kind\n{row}\n")
    with pytest.raises(BadTable, match=why):
        kinds(gallery_table, probes)


def test_a_table_without_its_columns_is_refused_by_name(tmp_path: Path) -> None:
    table = a_table(tmp_path / "people.csv", "subject,image\nA,a.jpg\n")
    with pytest.raises(BadTable, match=r"people\.csv has no column subject_id"):
        read_gallery(tmp_path, table)
    table.write_text("subject_id,image\nA,a.jpg\nB,a.jpg\n")
    with pytest.raises(BadTable, match="a photograph twice"):
        read_gallery(tmp_path, table)
    with pytest.raises(BadTable, match=r"nowhere\.csv cannot be read"):
        read_gallery(tmp_path, tmp_path / "nowhere.csv")


def test_a_probe_belongs_to_its_own_group_else_to_its_subjects(
    gallery_table: Path, tmp_path: Path
) -> None:
    rows = read_gallery(tmp_path, gallery_table)
    table = a_table(
        tmp_path / "p.csv", "subject_id,image,sex\nA,x.jpg,\nB,y.jpg,F\nC,z.jpg,\n"
    )
    probes = read_probes(tmp_path, table, rows)
    assert grouped(probes, rows, "sex") == ["F", "F", "not stated"]
    with pytest.raises(BadTable, match="'shoes'"):
        grouped(probes, rows, "shoes")


def test_ages_in_years_become_bands_and_words_stay(tmp_path: Path) -> None:
    def groups(*ages: str) -> list[str]:
        lines = [f"S{at},{at}.jpg,{age}" for at, age in enumerate(ages)]
        table = a_table(
            tmp_path / "p.csv", "\n".join(["subject_id,image,age", *lines, ""])
        )
        return grouped(read_probes(tmp_path, table, []), [], "age")

    assert groups("17", "18", "29.9", "30", "59", "60", "") == [
        "0 to 17",
        "18 to 29",
        "18 to 29",
        "30 to 44",
        "45 to 59",
        "60 and over",
        "not stated",
    ]
    assert groups("young", "31") == ["young", "31"]
    with pytest.raises(BadTable, match="at most 20 groups"):
        groups(*(f"born {year}" for year in range(1950, 1980)))


def test_degradations_are_chosen_by_name_or_all() -> None:
    assert chosen_degradations("") == ()
    assert chosen_degradations("all") == tuple(DEGRADATIONS)
    assert chosen_degradations("blur, mask,blur") == ("blur", "mask")
    with pytest.raises(Refusal, match="known are all, ") as refused:
        chosen_degradations("fog")
    assert refused.value.rule == "EVALUATION_DEGRADATION"


def test_the_demonstrations_mates_are_found_by_the_products_own_code(
    files: ModelFiles, tmp_path: Path
) -> None:
    with (PORTRAITS / "people.csv").open(newline="") as people:
        everybody = [
            (row["subject_id"], row["file"], row["sex"])
            for row in csv.DictReader(people)
        ]
    with (PORTRAITS / "probes.csv").open(newline="") as listed:
        rows = list(csv.DictReader(listed))
    mated = [
        (r["subject_id"], r["file"], "mated") for r in rows if r["kind"] == "mated"
    ]
    others = [("", r["file"], "nonmated") for r in rows if r["kind"] == "stranger"]
    missed = [("D0000", "probes/no-face-1.jpg", "mated")]
    sought = {subject for subject, _, _ in mated}
    gallery = [row for row in everybody if row[0] in sought] + everybody[:30]
    gallery = list(dict.fromkeys(gallery))
    g, p = tmp_path / "g.csv", tmp_path / "p.csv"
    _table(g, ("subject_id", "image", "sex"), gallery)
    _table(p, ("subject_id", "image", "kind"), mated + others + missed)
    told: list[tuple[str, int, int]] = []
    plan = Plan(PORTRAITS, g, p, by=("sex",), degraded=("grayscale",), bootstrap=100)
    with Encoders(files, 2) as encoders:
        found = evaluate(plan, encoders, lambda *step: told.append(step))
    share = len(mated) / (len(mated) + 1)
    assert (found.mated.trials, found.nonmated.trials) == (len(mated) + 1, len(others))
    assert [hit.rate.value for hit in found.hits] == [pytest.approx(share)] * 4
    [gray] = found.degraded
    assert (gray.name, gray.detected.events) == ("grayscale", len(mated))
    assert gray.hits[2].rate.events == len(mated)
    assert {group.name for one in found.by for group in one.groups} >= {"F", "M"}
    plain = found.as_dict()
    assert plain["rank1"] == plain["rank50"] == pytest.approx(share)
    assert (plain["failures_to_enrol"], plain["failures_to_detect"]) == (0, 1)
    assert plain["gallery_size"] == plain["gallery_subjects"] == len(gallery)
    assert (plain["mated_probes"], plain["seconds"] > 0) == (len(mated) + 1, True)
    assert str(tmp_path) not in str(plain)
    assert told[0] == ("enrol", 1, len(gallery))
    assert told[-1] == (
        "search",
        len(mated) + len(others) + 1,
        len(mated) + len(others) + 1,
    )


def test_a_gallery_that_was_shared_in_memory_leaves_nothing_there(
    tmp_path: Path,
) -> None:
    rows = 2**20 // 128 + 1
    templates = np.random.default_rng(1).normal(size=(rows, 128)).astype(np.float32)
    templates /= np.linalg.norm(templates, axis=1, keepdims=True)
    ids = [f"P{row}" for row in range(rows)]
    model = ModelId("painted", "0" * 64, 128)
    gallery = Gallery("evaluation", model, ids, ids, templates)
    with as_stored(gallery, tmp_path) as stored:
        [root] = tmp_path.iterdir()
        place = shared.place(root)
        assert place.is_dir() == shared.MEMORY.is_dir()
        assert search(stored, templates[7], model, 2).hits[0].photo_id == "P7"
    assert not place.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_photograph_that_is_not_there_stops_the_evaluation(
    engine: DeepFaceEngine, tmp_path: Path
) -> None:
    with pytest.raises(Unavailable, match=r"lost\.jpg cannot be read"):
        encode(engine, Task(tmp_path / "lost.jpg", "lost.jpg"))


def test_a_file_that_is_no_picture_is_a_face_not_found_however_it_is_spoilt(
    engine: DeepFaceEngine, tmp_path: Path
) -> None:
    (tmp_path / "torn.jpg").write_bytes(b"no picture")
    task = Task(tmp_path / "torn.jpg", "torn.jpg", ("blur", "dark"))
    assert encode(engine, task) == [None, None, None]


def test_a_photograph_is_spoilt_the_same_way_every_time_and_otherwise_by_another_seed(
    engine: DeepFaceEngine, portrait_files: list[Path]
) -> None:
    task = Task(portrait_files[3], "3.webp", ("noise",), seed=1)
    _, first = encode(engine, task)
    _, _, again = encode(engine, replace(task, degradations=("dark", "noise")))
    _, other = encode(engine, replace(task, seed=2))
    assert first is not None
    np.testing.assert_array_equal(first, again)
    assert other is not None
    assert not np.array_equal(first, other)


def _table(path: Path, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([head, *rows])
