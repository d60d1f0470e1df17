"""The manifest of photographs to enrol: a CSV file from outside, checked whole before anything is done."""

import csv
import os
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from io import BufferedReader
from pathlib import Path

from bot.domain.identifiers import BadIdentifier, Identifiers
from bot.errors import Refusal

MOST_FAULTS = 20
_LONGEST_LINE = 65_536
_LONGEST_CELL = 200
_LONGEST_PATH = 1000
_EARLIEST = date(1900, 1, 1)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_COLUMNS = {
    "subject_id": ("subject_id", "subject"),
    "photo_id": ("photo_id", "photograph_id", "photo", "photograph"),
    "repository": ("repository",),
    "capture_date": ("capture_date",),
    "arrest_number": ("arrest_number",),
    "sex": ("sex",),
    "birth_date": ("birth_date", "date_of_birth"),
    "case_state": ("case_state",),
    "path": ("path", "file", "image"),
}
_NAMES = {name: column for column, names in _COLUMNS.items() for name in names}
Cells = Mapping[str, str]


class BadManifest(Refusal):
    rule = "MANIFEST"


class _Fault(Exception):
    """What is wrong with one line."""


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """One photograph to enrol."""

    subject_id: str
    photo_id: str
    path: Path
    arrest_number: str
    capture_date: date | None
    sex: str
    birth_date: date | None
    repository: str = ""
    case_state: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a manifest may say: the ``known`` repositories, the one its rows are for unless they name
    another, whether that is ``only`` it, and the last day a date can have. The numbers of the
    repository ``arrests`` are arrest numbers in one of ``identifiers``' formats."""

    known: Collection[str] | None = None
    repository: str = ""
    only: bool = False
    today: date = date.max
    arrests: str | None = None
    identifiers: Identifiers = field(default_factory=Identifiers)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest without faults. Every iteration reads it anew: a million rows are never held at once."""

    file: Path
    images: Path
    terms: Terms
    sizes: Mapping[str, int]
    """How many photographs go into which repository."""
    unused: tuple[str, ...] = ()
    """Columns whose names mean nothing here."""
    of: str | None = None
    """The one repository whose rows are iterated over."""

    def __len__(self) -> int:
        return sum(self.sizes.values())

    def __iter__(self) -> Iterator[ManifestRow]:
        for line, row in _Reading(self.file, self.images, self.terms).rows():
            if isinstance(row, _Fault):
                raise BadManifest(f"The manifest was changed: line {line}: {row}")
            if self.of is None or row.repository == self.of:
                yield row

    def only(self, repository: str) -> "Manifest":
        sizes = {repository: self.sizes.get(repository, 0)}
        return replace(self, sizes=sizes, of=repository)


def read_manifest(manifest: Path, images: Path) -> list[ManifestRow]:
    """Read a small manifest whose rows are all for one repository; raise BadManifest as ``open_manifest``."""
    return list(open_manifest(manifest, images))


def open_manifest(manifest: Path, images: Path, terms: Terms | None = None) -> Manifest:
    """Check a manifest from its first line to its last; raise BadManifest with up to 20 faults.

    A CSV file in UTF-8 with a line of column names: subject_id and path (or file, or image), and where
    known photo_id, repository, capture_date, arrest_number, sex, birth_date and case_state; dates as
    2026-11-23. Without a photo_id the path is the photograph's id. Paths lie in ``images``.
    """
    terms = terms or Terms()
    reading = _Reading(manifest, images, terms)
    faults: list[str] = []
    lines: dict[str, int] = {}
    sizes: Counter[str] = Counter()
    for line, row in reading.rows():
        if isinstance(row, _Fault):
            faults.append(f"Line {line}: {row}")
        elif (first := lines.setdefault(row.photo_id, line)) != line:
            faults.append(
                f"Lines {first} and {line} both describe photograph {row.photo_id}. "
                "Each photograph needs a photo_id of its own."
            )
        else:
            sizes[row.repository] += 1
        if len(faults) == MOST_FAULTS:
            faults.append("There may be more: these are the first 20.")
            break
    if not faults and not sizes:
        faults.append("The manifest names no photograph.")
    if faults:
        raise BadManifest("\n".join([*faults, "Nothing was enrolled."]))
    return Manifest(manifest, images, terms, dict(sizes), tuple(reading.unused))


@dataclass
class _Reading:
    """One pass over the file: (line, row or what is wrong with it), in order."""

    file: Path
    images: Path
    terms: Terms
    unused: list[str] = field(default_factory=list)

    def rows(self) -> Iterator[tuple[int, ManifestRow | _Fault]]:
        images = os.path.realpath(self.images)
        places = _Places(images)
        try:
            file = self.file.open("rb")
        except OSError as error:
            raise BadManifest(
                f"The manifest {self.file.name} cannot be read: {error.strerror}."
            ) from None
        with file:
            records = _records(file)
            header: list[str] | None = None
            for line, cells in records:
                if isinstance(cells, _Fault):
                    yield line, cells
                elif header is None:
                    try:
                        header = self._header(cells)
                    except _Fault as fault:
                        yield line, fault
                        return  # without its columns nothing can be said of the rest
                else:
                    yield line, self._row(header, cells, places)
            if header is None:
                yield 1, _Fault("The manifest is empty.")

    def _header(self, cells: list[str]) -> list[str]:
        said = [re.sub(r"[\s_]+", "_", cell.strip().lower()) for cell in cells]
        header = [_NAMES.get(name, "") for name in said]
        self.unused = [
            cell for cell, name in zip(cells, header, strict=True) if not name
        ]
        twice = [name for name, n in Counter(filter(None, header)).items() if n > 1]
        if twice:
            raise _Fault(f"two columns say the {twice[0]}.")
        if missing := [name for name in ("subject_id", "path") if name not in header]:
            raise _Fault(
                f"the column {' and the column '.join(missing)} is missing. The first line names the columns, "
                "separated by commas; subject_id and path (or file) are needed."
            )
        return header

    def _row(
        self, header: list[str], cells: list[str], places: "_Places"
    ) -> ManifestRow | _Fault:
        try:
            if len(cells) > len(header):
                raise _Fault(
                    f"it has {len(cells)} cells, but there are {len(header)} columns."
                )
            said = {
                name: _cell(name, cell)
                for name, cell in zip(header, cells, strict=False)
                if name
            }
            return self._checked(said, places)
        except _Fault as fault:
            return fault

    def _checked(self, said: Cells, places: "_Places") -> ManifestRow:
        name, subject = said.get("path", ""), said.get("subject_id", "")
        if not subject or not name:
            raise _Fault(f"the {'path' if subject else 'subject_id'} is missing.")
        captured, born = (
            self._date(said, column) for column in ("capture_date", "birth_date")
        )
        if captured and born and captured < born:
            raise _Fault(f"the capture_date {captured} is before the birth_date.")
        repository = self._repository(said.get("repository", ""))
        return ManifestRow(
            subject_id=subject,
            photo_id=said.get("photo_id") or _cell("photo_id", name),
            path=places.find(name),
            arrest_number=self._arrest(said.get("arrest_number", ""), repository),
            capture_date=captured,
            sex=said.get("sex", ""),
            birth_date=born,
            repository=repository,
            case_state=said.get("case_state", ""),
        )

    def _arrest(self, number: str, repository: str) -> str:
        """As orders to seal write it: one that is written otherwise no order would ever find. Another
        repository may have numbers of its own, but no arrest number in a way of its own."""
        if not number:
            return ""
        try:
            return self.terms.identifiers.parse("arrest_number", number)
        except BadIdentifier as bad:
            if repository == self.terms.arrests or self._is_meant(number):
                raise _Fault(
                    f"the arrest_number {number!r} would never be found by an order to seal. {bad.message}"
                ) from None
        return number

    def _is_meant(self, number: str) -> bool:
        plain = "".join(filter(str.isalnum, number))
        try:
            return bool(self.terms.identifiers.parse("arrest_number", plain))
        except BadIdentifier:
            return False

    def _date(self, said: Cells, column: str) -> date | None:
        if not (text := said.get(column, "")):
            return None
        try:
            if not _DATE.fullmatch(text):
                raise ValueError
            day = date.fromisoformat(text)
        except ValueError:
            raise _Fault(
                f"the {column} {text!r} is no date. A date is written 2026-11-23."
            ) from None
        if day > self.terms.today:
            raise _Fault(f"the {column} {text} lies in the future.")
        if day < _EARLIEST:
            raise _Fault(f"the {column} {text} is before 1900.")
        return day

    def _repository(self, name: str) -> str:
        terms = self.terms
        if not name:
            return terms.repository
        if terms.only and name != terms.repository:
            raise _Fault(
                f"it is for the repository “{name}”, and this enrolment is for “{terms.repository}” only."
            )
        if terms.known is not None and name not in terms.known:
            known = ", ".join(terms.known)
            raise _Fault(f"there is no repository “{name}”. Known are: {known}.")
        return name


class _Places:
    """Where files lie: inside one folder, whatever links lead out of it."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        # Most photographs share few folders; looking each of them up costs more than the rest of a row.
        self._real = lru_cache(maxsize=4096)(os.path.realpath)

    def find(self, name: str) -> Path:
        if os.path.isabs(name):
            raise _Fault(
                "the path is absolute; it has to be relative to the folder of photographs."
            )
        parent, base = os.path.split(name)
        path = os.path.join(self._real(os.path.join(self._folder, parent)), base)
        if base in ("", ".", "..") or os.path.islink(path):
            path = os.path.realpath(path)
        if os.path.commonpath([path, self._folder]) != self._folder:
            raise _Fault("the path leads outside the folder of photographs.")
        return Path(path)


def _cell(name: str, text: str) -> str:
    text = text if name == "path" else text.strip()
    longest = _LONGEST_PATH if name == "path" else _LONGEST_CELL
    if len(text) > longest:
        raise _Fault(f"the {name} is longer than {longest} characters.")
    if not text.isprintable():
        raise _Fault(f"the {name} holds characters that cannot be printed.")
    return text


def _records(file: BufferedReader) -> Iterator[tuple[int, list[str] | _Fault]]:
    """The records of a CSV file, each with the line it begins in; blank lines are left out."""
    lines = _Lines(file)
    reader = csv.reader(lines, strict=True)
    while True:
        begins = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            yield from lines.found()
            return
        except csv.Error as error:
            yield from lines.found()
            yield begins, _Fault(f"it is not written as CSV: {error}.")
            continue
        faults = list(lines.found())
        yield from faults
        if cells and not faults:
            yield begins, cells


class _Lines:
    """Lines as text; of one that is none, an empty one, and a note of what is wrong with it."""

    def __init__(self, file: BufferedReader) -> None:
        self._file = file
        self._found: list[tuple[int, _Fault]] = []
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if not (data := self._file.readline(_LONGEST_LINE)):
            raise StopIteration
        self.number += 1
        if self.number == 1:
            data = data.removeprefix(b"\xef\xbb\xbf")
        if len(data) >= _LONGEST_LINE - 3 and not data.endswith(b"\n"):
            while data and not data.endswith(b"\n"):
                data = self._file.readline(_LONGEST_LINE)
            return self._none(f"it is longer than {_LONGEST_LINE} bytes.")
        if b"\0" in data:
            return self._none("it holds a NUL character.")
        try:
            return data.decode()
        except UnicodeDecodeError:
            return self._none('it is not UTF-8. Save the file as "CSV UTF-8".')

    def _none(self, why: str) -> str:
        self._found.append((self.number, _Fault(why)))
        return "\n"

    def found(self) -> Iterator[tuple[int, _Fault]]:
        found, self._found = self._found, []
        yield from found
