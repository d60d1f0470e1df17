"""The demonstration's faces: complete, licensed, adult on paper, and made again exactly."""

import csv
import hashlib
import re
from datetime import date
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bot.matching.deepface_engine import DeepFaceEngine
from bot.matching.engine import Template
from bot.matching.images import decode
from bot.matching.weights import prepare
from bot.sandbox import cases
from bot.sandbox.portraits import again, degrade
from bot.sandbox.portraits.again import FURTHER, Again
from bot.sandbox.portraits.stills import STILLS, Still

PORTRAITS = Path(degrade.__file__).parent


def rows(name: str) -> list[dict[str, str]]:
    with (PORTRAITS / name).open(newline="") as source:
        return list(csv.DictReader(source))


EVERYBODY = rows("people.csv") + rows("dmv.csv")


FURTHER_PHOTOGRAPHS = rows("further.csv")


def years_between(birth: str, later: str) -> float:
    return (date.fromisoformat(later) - date.fromisoformat(birth)).days / 365.25


def test_the_gallery_is_one_hundred_people_and_each_has_a_portrait() -> None:
    listed = {person["file"] for person in rows("people.csv")}
    present = {f"gallery/{path.name}" for path in (PORTRAITS / "gallery").iterdir()}
    assert listed == present
    assert len(listed) == 100


def test_every_stranger_holds_a_licence_and_has_a_portrait() -> None:
    listed = {person["file"] for person in rows("dmv.csv")}
    present = {f"strangers/{path.name}" for path in (PORTRAITS / "strangers").iterdir()}
    assert listed == present
    assert len(listed) >= 25


def test_no_portrait_occurs_twice() -> None:
    files = [*(PORTRAITS / "gallery").iterdir(), *(PORTRAITS / "strangers").iterdir()]
    assert len({hashlib.sha256(file.read_bytes()).digest() for file in files}) == len(
        files
    )


@pytest.mark.parametrize("column", ["subject_id", "photo_id", "arrest_number"])
def test_no_number_is_given_twice(column: str) -> None:
    everything = EVERYBODY + FURTHER_PHOTOGRAPHS
    given = [p[column] for p in (EVERYBODY if column == "subject_id" else everything)]
    assert len(set(given)) == len(given)


def test_everyone_on_file_was_an_adult_when_photographed() -> None:
    everything = EVERYBODY + FURTHER_PHOTOGRAPHS
    ages = [years_between(row["birth_date"], row["capture_date"]) for row in everything]
    assert min(ages) >= 21


def test_an_arrest_number_carries_the_year_of_its_photograph() -> None:
    for person in rows("people.csv") + FURTHER_PHOTOGRAPHS:
        year = person["capture_date"][2:4]
        assert re.fullmatch(rf"[BKMQS]{year}\d{{6}}", person["arrest_number"])


def test_a_licence_number_is_no_arrest_number() -> None:
    for person in rows("dmv.csv"):
        assert re.fullmatch(r"DL-\d{3}-\d{3}-\d{3}", person["arrest_number"])


@pytest.mark.parametrize("manifest", ["people.csv", "dmv.csv"])
def test_both_sexes_are_well_represented(manifest: str) -> None:
    sexes = [person["sex"] for person in rows(manifest)]
    assert min(sexes.count("F"), sexes.count("M")) >= 0.4 * len(sexes)


def test_a_portrait_is_a_square_of_256_pixels() -> None:
    for person in EVERYBODY:
        with Image.open(PORTRAITS / person["file"]) as portrait:
            assert portrait.size == (256, 256)


def test_the_licence_and_its_notice_lie_beside_the_portraits() -> None:
    assert "Leandro Facchinetti" in (PORTRAITS / "LICENSE").read_text()
    assert "do not exist" in (PORTRAITS / "NOTICE").read_text()


def test_all_of_it_stays_below_three_megabytes() -> None:
    files = [
        path
        for path in PORTRAITS.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    ]
    assert sum(path.stat().st_size for path in files) < 3_000_000


def test_the_list_of_stills_says_what_was_rendered() -> None:
    rendered = [
        {
            "file": f"probes/{still.file}",
            "kind": still.kind,
            "subject_id": still.subject_id,
            "dmv_subject_id": still.dmv_subject_id,
        }
        for still in STILLS
    ]
    assert rows("probes.csv") == rendered


def test_there_are_stills_of_every_kind() -> None:
    kinds = [still.kind for still in STILLS]
    expected = {"mated": 6, "stranger": 3}
    expected |= dict.fromkeys(("several", "too_small", "no_face", "dark"), 1)
    assert {kind: kinds.count(kind) for kind in kinds} == expected


def test_the_truth_about_a_still_is_the_portrait_it_was_made_from() -> None:
    portrait_of = {row["subject_id"]: row["file"] for row in EVERYBODY}
    for still in STILLS:
        if subject := still.subject_id or still.dmv_subject_id:
            sources = [f"{placed.portrait}.webp" for placed in still.faces]
            assert portrait_of[subject] in sources


def test_a_stranger_on_a_still_is_on_file_in_the_dmv_alone() -> None:
    standard = {row["subject_id"] for row in rows("people.csv")}
    dmv = {row["subject_id"] for row in rows("dmv.csv")}
    strangers = cases.stills("stranger")
    assert {still.subject for still in strangers} == {None}
    assert {still.dmv_subject for still in strangers} <= dmv - standard


def test_a_stranger_is_found_first_among_the_dmv_photographs(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    engine = DeepFaceEngine(prepare(tmp_path_factory.mktemp("weights")))

    def template(file: Path) -> Template:
        return engine.faces(decode(file.read_bytes()).image)[0].template

    drivers = rows("dmv.csv")
    gallery = np.stack([template(PORTRAITS / driver["file"]) for driver in drivers])
    found = {
        still.path.name: drivers[int((gallery @ template(still.path)).argmax())]
        for still in cases.stills("stranger")
    }
    assert {name: driver["subject_id"] for name, driver in found.items()} == {
        still.path.name: still.dmv_subject for still in cases.stills("stranger")
    }


@pytest.mark.parametrize("still", STILLS, ids=lambda still: still.file)
def test_a_still_is_rendered_again_as_it_was_committed(still: Still) -> None:
    committed = PORTRAITS / "probes" / still.file
    with (
        Image.open(committed) as before,
        Image.open(BytesIO(degrade.render(still))) as anew,
    ):
        gap = np.abs(np.asarray(before, np.int16) - np.asarray(anew, np.int16))
    # Another build of the JPEG library may round differently; the picture stays the same.
    assert gap.mean() < 1.0


def test_a_further_photograph_shows_somebody_on_file_as_that_person_is_described() -> (
    None
):
    on_file = {row["subject_id"]: row for row in rows("people.csv")}
    for row in FURTHER_PHOTOGRAPHS:
        for column in ("sex", "birth_date"):
            assert row[column] == on_file[row["subject_id"]][column]
        [made] = [one for one in FURTHER if f"again/{one.file}" == row["file"]]
        assert f"{made.portrait}.webp" == on_file[row["subject_id"]]["file"]
    assert len(FURTHER) == len(FURTHER_PHOTOGRAPHS)


@pytest.mark.parametrize("made", FURTHER, ids=lambda made: made.file)
def test_a_further_photograph_is_rendered_again_as_it_was_committed(
    made: Again,
) -> None:
    with (
        Image.open(PORTRAITS / "again" / made.file) as before,
        Image.open(BytesIO(again.render(made))) as anew,
    ):
        gap = np.abs(np.asarray(before, np.int16) - np.asarray(anew, np.int16))
    assert gap.mean() < 1.0
