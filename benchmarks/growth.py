"""How time and memory of a search grow with the gallery: python -m benchmarks.growth [--rows 10000,30000,...] [--keep DIR] [--out docs/measurements] [--json]

Each size is written by one process and searched by another, so that what is resident is theirs alone.
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks.drawn import Population
from benchmarks.telling import Tell, to_stderr
from benchmarks.versions import (
    LIST_LENGTH,
    Opened,
    Written,
    in_a_child,
    open_and_search,
    root_of_galleries,
    write,
)
from bot.matching import gallery as galleries

SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000, 2_000_000, 4_000_000)
ON_PAPER = (12_000_000, 100_000_000)
LIMIT_MB, LIMIT_ROWS = 4000, 4_000_000
QUERIES = 100
_LARGE = 100_000
"""From so many rows on a search is long enough for a line to be put through."""
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Size:
    """``kept`` says that an earlier run had written it."""

    rows: int
    written: Written
    opened: Opened
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """``at_none`` for no rows, and ``per_million`` more for each million; ``worst`` is how far the
    measured figure that fits least is from it, as a part of it."""

    at_none: float
    per_million: float
    worst: float

    def at(self, rows: int) -> float:
        return self.at_none + self.per_million * rows / _MILLION


@dataclass(frozen=True, slots=True)
class Report:
    dim: int
    cores: int
    load_before: float
    sizes: tuple[Size, ...]
    p50_ms: Line
    rss_mb: Line
    disk_mb: Line

    @property
    def good(self) -> bool:
        """The largest that was measured is resident in less than was asked for."""
        small = [one for one in self.sizes if one.rows <= LIMIT_ROWS]
        return all(one.opened.rss_mb < LIMIT_MB for one in small)

    def as_dict(self) -> dict[str, object]:
        paper = {
            rows: {
                "p50_ms": self.p50_ms.at(rows),
                "rss_mb": self.rss_mb.at(rows),
                "disk_mb": self.disk_mb.at(rows),
            }
            for rows in ON_PAPER
        }
        return asdict(self) | {"on_paper": paper, "good": self.good}


def measure(
    rows: Sequence[int], dim: int, tell: Tell, keep: Path | None = None
) -> Report:
    """Write and search each size; what is in ``keep`` is searched only, and what is written stays there."""
    load = os.getloadavg()[0]
    sizes = []
    for size in rows:
        population = Population(size, dim)
        note = keep and keep / f"{size}-{dim}.json"
        with root_of_galleries(keep) as root:
            kept = bool(note and note.exists())
            if note and kept:
                written = Written(**json.loads(note.read_text()))
            else:
                tell(f"{size} rows: writing ...")
                written = in_a_child(write, root, population)
            tell(f"{size} rows: written in {written.build_s:.0f} s; searching ...")
            opened = in_a_child(open_and_search, root, written, population, QUERIES)
            if note:
                note.write_text(json.dumps(asdict(written)))
            else:
                galleries.discard(root, written.version)
        tell(f"{size} rows: {opened.p50_ms:.2f} ms, {opened.rss_mb:.0f} MB")
        sizes.append(Size(size, written, opened, kept))
    return Report(
        dim,
        os.cpu_count() or 1,
        load,
        tuple(sizes),
        line([(one.rows, one.opened.p50_ms) for one in sizes]),
        line([(one.rows, one.opened.rss_mb) for one in sizes]),
        line([(one.rows, one.written.disk_mb) for one in sizes]),
    )


def line(figures: Sequence[tuple[int, float]]) -> Line:
    """The line through the large sizes (through all if there are not two) that is nearest to each, as a part of it."""
    large = [one for one in figures if one[0] >= _LARGE]
    rows, found = np.array(large if len(large) > 1 else figures, float).T
    if len(rows) < 2:
        return Line(0.0, float(found[0] / rows[0] * _MILLION), 0.0)
    slope, start = np.polyfit(rows / _MILLION, found, 1, w=1 / found)
    fitted = start + slope * rows / _MILLION
    worst = np.abs(found / fitted - 1).max()
    return Line(float(start), float(slope), float(worst))


def plot(report: Report, path: Path) -> None:
    """Time and memory by rows, both axes by powers of ten, with the lines that were put through them."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot

    # Letters stay letters and ids are the same each time: a small file that can be compared.
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "growth"})
    rows = np.array([one.rows for one in report.sizes])
    panels = (
        (
            "search, p50 (ms)",
            [one.opened.p50_ms for one in report.sizes],
            report.p50_ms,
        ),
        ("resident (MB)", [one.opened.rss_mb for one in report.sizes], report.rss_mb),
        (
            "open and first search (s)",
            [one.opened.open_s for one in report.sizes],
            None,
        ),
    )
    figure, axes = pyplot.subplots(1, 3, figsize=(12, 3.6), layout="constrained")
    for axis, (title, figures, fitted) in zip(axes, panels, strict=True):
        axis.loglog(rows, figures, "o-", color="#1f5f8b")
        if fitted is not None:
            axis.loglog(rows, [fitted.at(int(n)) for n in rows], ":", color="#b04a3a")
        axis.set(title=title, xlabel=f"templates of {report.dim} numbers")
        axis.grid(visible=True, which="both", alpha=0.25)
    figure.savefig(path, format="svg", metadata={"Date": None})
    pyplot.close(figure)


# --- the page


def page(report: Report, on: datetime) -> str:
    """What was measured, and what follows from it for galleries that were not."""
    return (
        "\n\n".join(
            (
                "# How a search grows with the gallery",
                _how(report, on),
                _table(report),
                "![time and memory by gallery size](growth.svg)",
                _lines(report),
                "## 12 and 100 million, on paper",
                _paper(report),
                _sharded(report),
            )
        )
        + "\n"
    )


def _how(report: Report, on: datetime) -> str:
    return (
        f"Measured on {on:%d %B %Y} by `python -m benchmarks.growth`: {report.cores} cores ({platform.machine()}), load "
        f"{report.load_before:.1f} before the start, drawn templates of {report.dim} numbers, "
        f"{QUERIES} searches a size for the {LIST_LENGTH} nearest subjects with sealed photographs and minors "
        "left out. *Resident* is everything in memory of a process that only searches, the shared codes counted once; "
        "*own* is what each further worker adds. *Building* is the most memory of its own that the process had which "
        "wrote the version, with its Chroma collection." + _of_kept(report)
    )


def _of_kept(report: Report) -> str:
    """Under which load those were built that an earlier run wrote is not known any more."""
    kept = [f"{one.rows:,}" for one in report.sizes if one.kept]
    if not kept:
        return ""
    return (
        f" Versions of {', '.join(kept)} were written by an earlier run: *built in* is what that run took, "
        "whatever else the machine did then."
    )


def _table(report: Report) -> str:
    head = (
        "| templates | p50 ms | p95 ms | re-ranked | open and first search s | resident MB | own MB | building MB | built in s | on disk MB |",
        "|---" * 10 + "|",
    )
    rows = (
        f"| {one.rows:,} | {one.opened.p50_ms:.2f} | {one.opened.p95_ms:.2f} | {one.opened.reranked} "
        f"| {one.opened.open_s:.2f} | {one.opened.rss_mb:.0f} | {one.opened.own_mb:.0f} "
        f"| {one.written.peak_own_mb:.0f} | {one.written.build_s:.0f} | {one.written.disk_mb:.0f} |"
        for one in report.sizes
    )
    return "\n".join((*head, *rows))


def _lines(report: Report) -> str:
    return (
        f"From {_LARGE:,} templates on a line fits: {report.p50_ms.per_million:.2f} ms a million (the figure that fits "
        f"least is {report.p50_ms.worst:.0%} off it) and {report.rss_mb.per_million:.0f} MB resident a million "
        f"({report.rss_mb.worst:.0%})."
    )


def _paper(report: Report) -> str:
    head = "| templates | p50 on these cores | resident | on disk |\n|---|---|---|---|"
    rows = (
        f"| {rows:,} | {report.p50_ms.at(rows):,.0f} ms | {report.rss_mb.at(rows) / 1000:,.1f} GB "
        f"| {report.disk_mb.at(rows) / 1000:,.1f} GB |"
        for rows in ON_PAPER
    )
    return "\n".join(
        (
            "By these lines; nothing of this size was searched here, and beyond the memory of the machine no line holds.",
            "",
            head,
            *rows,
        )
    )


def _sharded(report: Report) -> str:
    shard = 12_500_000
    return f"""**12 million** is one machine still: the codes are {12 * report.dim / 1000:.1f} GB, shared by all workers, and the templates
({12 * report.dim * 4 / 1000:.1f} GB) are mapped, of which a search touches the few hundred rows it re-ranks. More cores divide the time as long as the
memory can feed them: a scan reads each byte of the codes once.

**100 million** would be sharded; this is not built. A photograph belongs to shard `hash(photograph id) mod S`, and a shard is
a gallery version like today's: its scan files, its digest, and a Chroma server of its own that holds the same templates and is
written by one process only. With S = 8 a shard has {shard / 1e6:.1f} million templates, {report.p50_ms.at(shard):,.0f} ms on
cores like these and {report.rss_mb.at(shard) / 1000:.1f} GB resident. A search asks every shard's worker for its {LIST_LENGTH} nearest subjects with the
same filters, and merges the lists: each subject once by its best photograph, ties by photograph id. The merged list is exact. A subject on
the true list has its best photograph in some shard; whoever is before it there is before it everywhere, so fewer than {LIST_LENGTH} are, and that
shard returned it. The time is that of the slowest shard and a merge of S x {LIST_LENGTH} candidates; a shard that does not answer
fails the search, since a list without it would look complete. The record pins a version and a digest for each shard instead of one.
Sealing and enrolment touch one shard each, and only that one is built anew."""


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.growth",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--rows", default=",".join(map(str, SIZES)), help="sizes, with commas"
    )
    parser.add_argument("--dim", type=int, default=128)
    parser.add_argument("--out", type=Path, help="folder for growth.md and growth.svg")
    parser.add_argument(
        "--keep",
        type=Path,
        help="folder where the versions stay, to be searched again without being written again",
    )
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(words)
    rows = [int(one) for one in given.rows.split(",")]
    for folder in filter(None, (given.out, given.keep)):
        folder.mkdir(parents=True, exist_ok=True)
    report = measure(rows, given.dim, to_stderr, given.keep)
    if given.out:
        plot(report, given.out / "growth.svg")
        (given.out / "growth.md").write_text(page(report, datetime.now(UTC)))
    print(json.dumps(report.as_dict()) if given.json else _table(report))
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main())
