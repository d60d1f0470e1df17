"""The two tables of an evaluation: who is enrolled by which photograph, and who is searched for."""

import csv
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bot.domain.evaluations import Table
from bot.errors import Refusal

NOT_STATED = "not stated"
_MANY = 20
_BANDS = ((18, "0 to 17"), (30, "18 to 29"), (45, "30 to 44"), (60, "45 to 59"))
_OLDEST = "60 and over"


class BadTable(Refusal):
    """A table contradicts itself or the other: a number computed from it would be wrong, not rough."""

    rule = "EVALUATION_TABLE"


class Labelled(NamedTuple):
    subject_id: str
    image: str
    path: Path
    mated: bool
    columns: Mapping[str, str]


def read_gallery(images: Path, table: Path) -> list[Labelled]:
    """Read a CSV with the columns subject_id and image; others are kept for grouping."""
    rows = [
        Labelled(row["subject_id"], row["image"], images / row["image"], True, row)
        for row in _rows(table)
    ]
    if len({row.image for row in rows}) != len(rows):
        raise BadTable(f"{table.name} names a photograph twice.")
    if nameless := sum(not row.subject_id for row in rows):
        raise BadTable(f"{table.name} has {nameless} rows without subject_id.")
    return rows


def read_probes(
    images: Path, table: Path, gallery: Iterable[Labelled]
) -> list[Labelled]:
    """Read a CSV with subject_id and image; kind (mated or nonmated) is checked against the gallery.

    Without kind a probe is mated when its subject is in the gallery.
    """
    enrolled = {row.subject_id for row in gallery}
    return [
        Labelled(
            row["subject_id"],
            row["image"],
            images / row["image"],
            _mated(row, enrolled, table.name),
            row,
        )
        for row in _rows(table)
    ]


def table_of(table: Path, rows: Sequence[Labelled]) -> Table:
    """Describe a table without saying where it lies."""
    columns = tuple(rows[0].columns) if rows else ()
    subjects = {row.subject_id or row.image for row in rows}
    digest = hashlib.sha256(table.read_bytes()).hexdigest()
    return Table(table.name, digest, len(rows), len(subjects), columns)


def grouped(
    probes: Sequence[Labelled], gallery: Iterable[Labelled], column: str
) -> list[str]:
    """Return the group of every probe: by the probe's own column, else by that of its subject.

    Ages in years become bands.
    """
    known = {row.subject_id: row.columns.get(column) or "" for row in gallery}
    values = [
        row.columns.get(column) or known.get(row.subject_id) or "" for row in probes
    ]
    if not any(values):
        raise BadTable(f"Neither table says anything in a column {column!r}.")
    if column.lower().startswith("age") and all(map(_is_number, filter(None, values))):
        values = [_band(float(value)) if value else "" for value in values]
    if len(set(values)) > _MANY:
        raise BadTable(
            f"The column {column!r} has {len(set(values))} different values; at most {_MANY} groups can be compared."
        )
    return [value or NOT_STATED for value in values]


def _rows(table: Path) -> list[dict[str, str]]:
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise BadTable(f"{table.name} cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadTable(f"{table.name} is no CSV table in UTF-8.") from error
    for name in ("subject_id", "image"):
        if rows and name not in rows[0]:
            raise BadTable(f"{table.name} has no column {name}.")
    if any(None in row or None in row.values() for row in rows):
        raise BadTable(f"{table.name} has rows with too many or too few columns.")
    return rows


def _mated(row: Mapping[str, str], enrolled: set[str], table: str) -> bool:
    there = row["subject_id"] in enrolled
    kind = row.get("kind") or ("mated" if there else "nonmated")
    if kind not in ("mated", "nonmated"):
        raise BadTable(f"{table}: a probe is mated or nonmated, not {kind!r}.")
    if there is not (kind == "mated"):
        where = "is" if there else "is not"
        raise BadTable(
            f"{table} calls {row['image']} {kind}, but its subject {where} in the gallery's table."
        )
    return there


def _is_number(text: str) -> bool:
    try:
        return 0 <= float(text) < 150
    except ValueError:
        return False


def _band(age: float) -> str:
    return next((name for below, name in _BANDS if age < below), _OLDEST)
