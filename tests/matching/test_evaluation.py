import csv
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.matching.evaluation import evaluate, rank_rates, read_labels
from bot.matching.pool import EnginePool
from bot.matching.scan import Hit
from bot.matching.weights import ModelFiles

from .conftest import PORTRAITS


def a_list(*subjects: str) -> list[Hit]:
    return [
        Hit(subject, f"P-{subject}", 1 - rank / 100, rank)
        for rank, subject in enumerate(subjects, start=1)
    ]


def test_ranks_are_shares_of_all_searches() -> None:
    strangers = [f"X{n}" for n in range(30)]
    searches = [
        ("A", a_list("A", "B")),
        ("B", a_list(*strangers[:4], "B")),
        ("C", a_list(*strangers[:19], "C")),
        ("D", a_list(*strangers[:20], "D")),
        ("E", []),
    ]
    assert rank_rates(searches) == {1: 0.2, 5: 0.4, 20: 0.6}


def test_a_search_without_a_face_is_a_miss() -> None:
    assert rank_rates([("A", a_list("A")), ("B", [])])[20] == pytest.approx(0.5)


def test_no_searches_give_no_success() -> None:
    assert rank_rates([]) == {1: 0.0, 5: 0.0, 20: 0.0}


def test_probes_are_mated_unless_they_say_otherwise(tmp_path: Path) -> None:
    table = tmp_path / "probes.csv"
    table.write_text("subject_id,image,kind\nA,a.jpg,mated\nB,b/c.jpg,nonmated\n")
    rows = read_labels(tmp_path, table)
    assert [row.mated for row in rows] == [True, False]
    assert rows[1].path == tmp_path / "b" / "c.jpg"
    table.write_text("subject_id,image\nA,a.jpg\n")
    assert read_labels(tmp_path, table)[0].mated


def test_the_demonstrations_mates_are_found_by_the_products_own_code(
    files: ModelFiles, tmp_path: Path
) -> None:
    images = PORTRAITS
    with (images / "people.csv").open(newline="") as people:
        gallery = [(row["subject_id"], row["file"]) for row in csv.DictReader(people)]
    with (images / "probes.csv").open(newline="") as listed:
        rows = list(csv.DictReader(listed))
    mated = [
        (r["subject_id"], r["file"], "mated") for r in rows if r["kind"] == "mated"
    ]
    others = [("", r["file"], "nonmated") for r in rows if r["kind"] == "stranger"]
    missed = [("D0000", "probes/no-face-1.jpg", "mated")]
    _table(tmp_path / "g.csv", ("subject_id", "image"), gallery[:99])
    _table(tmp_path / "p.csv", ("subject_id", "image", "kind"), mated + others + missed)
    told: list[tuple[str, int, int]] = []
    with EnginePool(files.home, 2) as pool:
        report = evaluate(
            images,
            tmp_path / "g.csv",
            tmp_path / "p.csv",
            pool,
            lambda *step: told.append(step),
        )
    found = len(mated) / (len(mated) + 1)
    assert (report.mated_probes, report.nonmated_probes) == (
        len(mated) + 1,
        len(others),
    )
    assert report.rank1 == pytest.approx(found)
    assert report.rank20 == pytest.approx(found)
    assert (report.failures_to_enrol, report.failures_to_detect) == (0, 1)
    assert told[0] == ("enrol", 1, 99)
    assert told[-1] == ("search", len(rows) - 3 + 1, len(rows) - 3 + 1)
    assert set(report.as_dict()) >= {
        "rank1",
        "rank5",
        "rank20",
        "failures_to_enrol",
        "seconds",
    }


def _table(path: Path, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([head, *rows])
