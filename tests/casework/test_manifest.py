"""The manifest: a file from outside, checked to its end before anything is done."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot.casework.manifest import (
    MOST_FAULTS,
    BadManifest,
    Manifest,
    ManifestRow,
    Terms,
    open_manifest,
)

ARRESTS, DMV = "arrest photographs", "DMV photographs"
TERMS = Terms(known=(ARRESTS, DMV), repository=ARRESTS, today=date(2026, 11, 23))
Write = Callable[[str | bytes], Path]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "photographs"
    made.mkdir()
    (made / "1.jpg").write_bytes(b"1")
    return made


@pytest.fixture
def manifest(tmp_path: Path) -> Write:
    def write(content: str | bytes) -> Path:
        file = tmp_path / "photos.csv"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    return write


def faults(file: Path, folder: Path, terms: Terms = TERMS) -> list[str]:
    with pytest.raises(BadManifest) as refused:
        open_manifest(file, folder, terms)
    *found, last = str(refused.value).splitlines()
    assert last == "Nothing was enrolled."
    return found


def test_every_column_says_something_of_the_photograph(
    manifest: Write, folder: Path
) -> None:
    file = manifest(
        "Subject ID,photograph id,repository,capture date,arrest number,sex,birth date,case state,path,note\n"
        "S-1,P-1,DMV photographs,2024-05-17,K24612345,F,1990-01-31,dismissed,1.jpg,seen\n"
    )
    found = open_manifest(file, folder, TERMS)
    assert list(found) == [
        ManifestRow(
            "S-1",
            "P-1",
            (folder / "1.jpg").resolve(),
            "K24612345",
            date(2024, 5, 17),
            "F",
            date(1990, 1, 31),
            DMV,
            "dismissed",
        )
    ]
    assert found.unused == ("note",)
    assert found.sizes == {DMV: 1}


@pytest.mark.parametrize("column", ["path", "file", "image"])
def test_without_an_id_the_path_is_the_id(
    manifest: Write, folder: Path, column: str
) -> None:
    file = manifest(f"subject_id,{column}\nS-1,1.jpg\n")
    [row] = open_manifest(file, folder, TERMS)
    assert (row.photo_id, row.repository) == ("1.jpg", ARRESTS)


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffsubject_id,file\r\nS-1,1.jpg\r\n",
        "subject_id,file\n\n\nS-1,1.jpg",
        'subject_id,file\n" S-1 ","1.jpg"\n',
    ],
)
def test_a_byte_order_mark_carriage_returns_and_blank_lines_are_nothing(
    manifest: Write, folder: Path, content: str
) -> None:
    [row] = open_manifest(manifest(content), folder, TERMS)
    assert (row.subject_id, row.photo_id) == ("S-1", "1.jpg")


def test_a_manifest_is_read_anew_and_not_held(manifest: Write, folder: Path) -> None:
    file = manifest("subject_id,file\nS-1,1.jpg\nS-1,2.jpg\n")
    found = open_manifest(file, folder, TERMS)
    assert (len(found), len(list(found)), len(list(found))) == (2, 2, 2)
    manifest("subject_id,file\nS-1,/etc/passwd\n")
    with pytest.raises(BadManifest, match="was changed: line 2"):
        list(found)


def test_the_rows_of_each_repository_are_those_that_name_it(
    manifest: Write, folder: Path
) -> None:
    file = manifest(
        f"subject_id,file,repository\nS-1,1.jpg,\nS-2,2.jpg,{DMV}\nS-3,3.jpg,{ARRESTS}\n"
    )
    found = open_manifest(file, folder, TERMS)

    def of(one: Manifest) -> tuple[int, list[str]]:
        return len(one), [row.photo_id for row in one]

    assert of(found.only(ARRESTS)) == (2, ["1.jpg", "3.jpg"])
    assert of(found.only(DMV)) == (1, ["2.jpg"])


def test_a_row_for_another_repository_than_the_one_asked_for_is_refused(
    manifest: Write, folder: Path
) -> None:
    file = manifest(f"subject_id,file,repository\nS-1,1.jpg,\nS-2,2.jpg,{DMV}\n")
    only = Terms(known=(ARRESTS, DMV), repository=ARRESTS, only=True)
    [fault] = faults(file, folder, only)
    assert fault.startswith("Line 3: ")
    assert f"“{DMV}”" in fault
    assert f"“{ARRESTS}” only" in fault


def test_every_fault_is_told_at_once_with_its_line(
    manifest: Write, folder: Path
) -> None:
    file = manifest(
        "subject_id,photo_id,file,capture_date,birth_date,repository\n"
        "S-1,P-1,1.jpg,2024-01-02,1990-01-01,\n"
        ",P-2,1.jpg,,,\n"
        "S-3,P-3,,,,\n"
        "S-4,P-1,1.jpg,,,\n"
        "S-5,P-5,1.jpg,2026-11-24,,\n"
        "S-6,P-6,1.jpg,,1899-12-31,\n"
        "S-7,P-7,1.jpg,1990-01-01,1990-01-02,\n"
        "S-8,P-8,1.jpg,17.5.2024,,\n"
        "S-9,P-9,1.jpg,2023-02-29,,\n"
        "S-10,P-10,1.jpg,20240517,,\n"
        "S-11,P-11,1.jpg,,,Passports\n"
        "S-12,P-12,1.jpg,,,,one,more\n"
    )
    told = faults(file, folder)
    assert [fault.partition(":")[0] for fault in told] == [
        "Line 3",
        "Line 4",
        "Lines 2 and 5 both describe photograph P-1. Each photograph needs a photo_id of its own.",
        *(f"Line {number}" for number in range(6, 14)),
    ]
    for fault, word in zip(
        told,
        ["subject_id", "path", "P-1", "future", "before 1900", "before the birth_date"]
        + ["no date"] * 3
        + ["no repository “Passports”", "8 cells"],
        strict=True,
    ):
        assert word in fault


def test_of_very_many_faults_the_first_twenty_are_told(
    manifest: Write, folder: Path
) -> None:
    file = manifest("subject_id,file\n" + ",1.jpg\n" * 1000)
    *told, more = faults(file, folder)
    assert len(told) == MOST_FAULTS == 20
    assert "first 20" in more


@pytest.mark.parametrize(
    "path",
    [
        "../out.jpg",
        "a/../../out.jpg",
        "/etc/passwd",
        "linked.jpg",
        "linked/1.jpg",
        "..",
    ],
)
def test_no_path_leads_out_of_the_folder(
    manifest: Write, folder: Path, tmp_path: Path, path: str
) -> None:
    (tmp_path / "out.jpg").write_bytes(b"out")
    (tmp_path / "out").mkdir()
    (folder / "linked.jpg").symlink_to(tmp_path / "out.jpg")
    (folder / "linked").symlink_to(tmp_path / "out")
    [fault] = faults(manifest(f"subject_id,file\nS-1,{path}\n"), folder)
    assert fault.startswith("Line 2: the path ")


def test_a_link_inside_the_folder_is_the_file_it_leads_to(
    manifest: Write, folder: Path
) -> None:
    (folder / "again.jpg").symlink_to(folder / "1.jpg")
    [row] = open_manifest(manifest("subject_id,file\nS-1,again.jpg\n"), folder, TERMS)
    assert row.path == (folder / "1.jpg").resolve()


@pytest.mark.parametrize(
    ("content", "line", "why"),
    [
        (b"", 1, "empty"),
        (b"\n\n", 1, "empty"),
        (b"photo_id,sex\nP-1,F\n", 1, "subject_id and the column path is missing"),
        (b"subject_id;file\nS-1;1.jpg\n", 1, "separated by commas"),
        (b"subject_id,file,image\nS-1,1.jpg,1.jpg\n", 1, "two columns say the path"),
        (b"subject_id,file\nS-\xff,1.jpg\n", 2, "not UTF-8"),
        (b"subject_id,file\nS-1,1.jpg\nS\0-2,1.jpg\n", 3, "NUL"),
        (b"subject_id,file\nS-1," + b"x" * 10_000_000 + b"\n", 2, "longer than"),
        (b"subject_id,file\nS-1," + b"x" * 3000 + b"\n", 2, "longer than"),
        (b"subject_id,file\nS\x1b[31m,1.jpg\n", 2, "cannot be printed"),
        (b'subject_id,file\n"S\n1",1.jpg\n', 2, "cannot be printed"),
        (b'subject_id,file\n"S-1,1.jpg\n', 2, "not written as CSV"),
        (b'subject_id,file\n"S"1,1.jpg\n', 2, "not written as CSV"),
    ],
)
def test_what_is_no_manifest_is_refused_at_its_line(
    manifest: Write, folder: Path, content: bytes, line: int, why: str
) -> None:
    first, *_ = faults(manifest(content), folder)
    assert first.startswith(f"Line {line}: ")
    assert why in first


def test_an_open_quote_does_not_hold_the_rest_of_a_large_file(
    manifest: Write, folder: Path
) -> None:
    rows = b"".join(b"S-%d,%d.jpg\n" % (n, n) for n in range(100_000))
    told = faults(manifest(b'subject_id,file\n"S,1.jpg\n' + rows), folder)
    assert "not written as CSV" in told[0]
    assert len(told) <= MOST_FAULTS + 1


def test_a_manifest_without_a_photograph_is_refused(
    manifest: Write, folder: Path
) -> None:
    assert faults(manifest("subject_id,file\n"), folder) == [
        "The manifest names no photograph."
    ]


def test_a_manifest_that_is_not_there_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(BadManifest, match=r"gone\.csv cannot be read: No such file"):
        open_manifest(tmp_path / "gone.csv", tmp_path, TERMS)


def test_what_looks_like_a_formula_is_an_id_like_any_other(
    manifest: Write, folder: Path
) -> None:
    [row] = open_manifest(
        manifest("subject_id,photo_id,file\n=1+1,@P,1.jpg\n"), folder, TERMS
    )
    assert (row.subject_id, row.photo_id) == ("=1+1", "@P")


# --- arrest numbers


@pytest.mark.parametrize("written", ["K-24612345", "K24612345.", "K24612345/1", "K1"])
def test_an_arrest_number_no_order_would_find_is_a_fault(
    manifest: Write, folder: Path, written: str
) -> None:
    file = manifest(f"subject_id,file,arrest_number\nS-1,1.jpg,{written}\n")
    with pytest.raises(BadManifest, match=r"Line 2: the arrest_number .*K26612345"):
        open_manifest(file, folder, replace(TERMS, arrests=ARRESTS))


def test_an_arrest_number_is_kept_as_orders_write_it(
    manifest: Write, folder: Path
) -> None:
    file = manifest("subject_id,file,arrest_number\nS-1,1.jpg, k246 12345\n")
    [row] = open_manifest(file, folder, replace(TERMS, arrests=ARRESTS))
    assert row.arrest_number == "K24612345"


def test_another_repository_has_numbers_of_its_own_but_writes_no_arrest_its_way(
    manifest: Write, folder: Path
) -> None:
    head = f"subject_id,file,repository,arrest_number\nS-1,1.jpg,{DMV},"
    terms = replace(TERMS, arrests=ARRESTS)
    [row] = open_manifest(manifest(f"{head}DL-360-734-426\n"), folder, terms)
    assert row.arrest_number == "DL-360-734-426"
    with pytest.raises(BadManifest, match="order to seal"):
        open_manifest(manifest(f"{head}K-24612345\n"), folder, terms)
