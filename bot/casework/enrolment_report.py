"""What became of the photographs of a manifest, for a person, a program and a spreadsheet."""

import csv
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from bot.domain.photographs import GalleryVersion
from bot.domain.quality import ImageQuality

_EDGES = {
    "face width, px": (80, 100, 150, 200, 300),
    "template length": (9, 10, 11, 12, 13),
    "sharpness": (60, 120, 240, 480, 960),
}
_BAR = 40
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Rejection(NamedTuple):
    """A photograph that was not enrolled; ``reason`` in plain words, ``rule`` by name."""

    photo_id: str
    subject_id: str
    rule: str
    reason: str


class Histograms:
    """How many photographs have a face of which width, length of template and sharpness."""

    def __init__(self) -> None:
        self._counts = {name: [0] * (len(edges) + 1) for name, edges in _EDGES.items()}

    def add(self, quality: ImageQuality) -> None:
        values = (
            quality.face_width_px,
            quality.template_length,
            quality.sharpness,
        )
        for (name, edges), value in zip(_EDGES.items(), values, strict=True):
            self._counts[name][bisect_right(edges, value)] += 1

    def as_dict(self) -> dict[str, dict[str, int]]:
        return {
            name: dict(zip(_ranges(_EDGES[name]), counts, strict=True))
            for name, counts in self._counts.items()
        }

    def lines(self) -> Iterator[str]:
        for name, counts in self.as_dict().items():
            if not (whole := sum(counts.values())):
                continue
            yield f"{name}:"
            for label, count in counts.items():
                bar = "#" * round(_BAR * count / whole)
                yield f"  {label:>12} {count:>9} {bar}".rstrip()


@dataclass(frozen=True, slots=True)
class EnrolmentReport:
    """What became of a manifest; every rejected photograph with its reason.

    ``quality`` is that of every photograph of this run in which a face was measured, rejected or not.
    """

    enrolled: int
    known_before: int
    rejected: tuple[Rejection, ...]
    gallery: GalleryVersion | None
    repository: str = ""
    quality: Histograms = field(default_factory=Histograms)
    is_dry: bool = False
    is_stopped: bool = False
    corrected: int = 0
    """Of those known before, of how many the manifest said something anew."""
    sealed: int = 0
    """How many that were enrolled are sealed, since the manifest names their sealed arrest."""

    def by_rule(self) -> dict[str, int]:
        return dict(Counter(one.rule for one in self.rejected).most_common())

    def as_dict(self) -> dict[str, Any]:
        built = self.gallery
        return {
            "repository": self.repository,
            "enrolled": self.enrolled,
            "known_before": self.known_before,
            "corrected": self.corrected,
            "sealed": self.sealed,
            "rejected": len(self.rejected),
            "rejected_by_rule": self.by_rule(),
            "rejections": [one._asdict() for one in self.rejected],
            "quality": self.quality.as_dict(),
            "dry_run": self.is_dry,
            "stopped": self.is_stopped,
            "gallery": None if built is None else _gallery(built),
        }


def as_dict(reports: Sequence[EnrolmentReport]) -> dict[str, Any]:
    """One object for a manifest, with what became of it in each repository."""
    return {
        "enrolled": sum(one.enrolled for one in reports),
        "known_before": sum(one.known_before for one in reports),
        "corrected": sum(one.corrected for one in reports),
        "rejected": sum(len(one.rejected) for one in reports),
        "repositories": [one.as_dict() for one in reports],
    }


def lines(report: EnrolmentReport, *, with_rejected: bool = True) -> Iterator[str]:
    """What to tell whoever enrolled."""
    done = "would be enrolled" if report.is_dry else "enrolled"
    yield f"{report.enrolled} {done}, {report.known_before} were enrolled before, {len(report.rejected)} rejected."
    if report.corrected:
        done = "would be corrected" if report.is_dry else "corrected"
        yield f"Of {report.corrected} of those known, arrest, dates, sex or state of the case {done}."
    if report.sealed:
        yield f"{report.sealed} that were enrolled are of a sealed arrest, as the manifest says now, and are sealed."
    for one in report.rejected if with_rejected else ():
        yield f"  rejected {one.photo_id}: {one.reason}"
    if report.rejected:
        yield "Rejected by rule:"
        for rule, count in report.by_rule().items():
            yield f"  {rule:<24} {count:>9}"
    yield from report.quality.lines()
    if report.is_stopped:
        yield "Stopped before the end; no gallery was built. Run the same command again to go on from here."
    if report.is_dry:
        yield "A dry run: nothing was written."
    if report.gallery is not None:
        built = report.gallery
        yield f"Gallery {built.version} of {built.repository}: {built.size} templates, SHA-256 {built.digest[:16]}."


def write_rejected(file: Path, rejected: Iterable[Rejection]) -> None:
    """Write them as CSV; no cell is taken for a formula by the program that opens it."""
    with file.open("w", newline="", encoding="utf-8-sig") as out:
        writer = csv.writer(out)
        writer.writerow(Rejection._fields)
        writer.writerows(map(_harmless, one) for one in rejected)


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _ranges(edges: Sequence[int]) -> list[str]:
    between = [f"{low} to {high}" for low, high in pairwise(edges)]
    return [f"under {edges[0]}", *between, f"{edges[-1]} or more"]


def _gallery(built: GalleryVersion) -> dict[str, Any]:
    shown = asdict(built)
    return {key: shown[key] for key in ("version", "repository", "size", "digest")}
