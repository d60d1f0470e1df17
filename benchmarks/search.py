"""Exact search beside its floor and its peers: python -m benchmarks.search --rows 1000000 --dim 128 [--json]

The data are drawn. The timed search is the product's own, of a version on disk that was opened as a
worker opens it, with the filters of a real one: sealed photographs and minors left out, the 50
nearest subjects. Every list is compared with float64 brute force; one that differs fails the run.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks import reference
from benchmarks.drawn import Population, Probes, Vectors, photo_id, subject_id
from benchmarks.floor import floor
from benchmarks.latency import spread
from benchmarks.peers import PEERS, Peer, Trial, chroma_hnsw, mate_rate, small
from benchmarks.reference import List, Table
from benchmarks.telling import Tell, to_stderr
from benchmarks.versions import (
    LIST_LENGTH,
    Opened,
    Written,
    ask,
    excluded,
    in_a_child,
    open_and_search,
    root_of_galleries,
    timed,
    write,
)
from bot.matching import gallery as galleries
from bot.matching import kernel
from bot.matching.gallery import Gallery
from bot.matching.search import Found, search

PEER_QUERIES = 200
CHROMA = "chroma hnsw"
FLOOR_TIMES, OPEN_LIMIT_S = 2.0, 3.0
_GROUP = 1024


@dataclass(frozen=True, slots=True)
class Asked:
    rows: int
    dim: int
    queries: int
    recall_queries: int
    chroma_rows: int
    peers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """``queries`` lists were compared with the reference, ``timed_queries`` of the searches timed."""

    rows: int
    dim: int
    list_length: int
    cores: int
    load_before: (
        float  # of the machine, by all programs: figures of a busy one are worth little
    )
    ours_p50_ms: float
    ours_p95_ms: float
    ours_unfiltered_p50_ms: float
    floor_ms: float
    floor_p50_ms: float
    floor_way: str
    floor_gb_per_s: float
    ratio_to_floor: float
    queries: int
    timed_queries: int
    mismatches: int
    first_mismatch: str
    scanned: int
    reranked_p50: int
    left_out: dict[str, int]
    mates_on_list: float
    open_s: float
    build_s: float
    build_peak_mb: float
    build_peak_own_mb: float
    rss_mb: float
    own_mb: float
    disk_mb: float
    simd: bool
    ours_at_chroma_rows_p50_ms: float | None
    peers: dict[str, Peer]
    seconds: float

    @property
    def kept(self) -> dict[str, bool]:
        """What was asked for, and whether it is so."""
        exact = [peer.p50_ms for peer in self.peers.values() if peer.exact]
        return {
            "every list as by brute force": self.good,
            "ahead of every exact peer": self.ours_p50_ms < min(exact, default=np.inf),
            f"within {FLOOR_TIMES:.0f} times the floor": self.ratio_to_floor
            <= FLOOR_TIMES,
            f"open and first search under {OPEN_LIMIT_S:.0f} s": self.open_s
            < OPEN_LIMIT_S,
        }

    @property
    def good(self) -> bool:
        """Every list is right. Speed depends on the machine and is for who reads it to judge; a wrong
        list is wrong everywhere."""
        return self.mismatches == 0 and self.queries > 0

    def as_dict(self) -> dict[str, object]:
        return asdict(self) | {"kept": self.kept, "good": self.good}


@dataclass(frozen=True, slots=True)
class Recall:
    lists: list[List]
    mismatches: int
    first: str


def measure(asked: Asked, tell: Tell) -> Report:
    began, load = time.monotonic(), os.getloadavg()[0]
    population = Population(asked.rows, asked.dim)
    with root_of_galleries() as root:
        tell(f"writing a version of {asked.rows} templates ...")
        written = in_a_child(write, root, population)
        tell(f"written in {written.build_s:.0f} s; opened by another process ...")
        opened = in_a_child(
            open_and_search, root, written, population, min(asked.queries, 100)
        )
        tell(f"open and first search {opened.open_s:.2f} s, {opened.rss_mb:.0f} MB")
        gallery = galleries.load(root, written.version, written.digest)
        report = _measured(asked, gallery, population, written, opened, tell)
        gallery.close()
    return replace(report, load_before=load, seconds=time.monotonic() - began)


def _measured(
    asked: Asked,
    gallery: Gallery,
    population: Population,
    written: Written,
    opened: Opened,
    tell: Tell,
) -> Report:
    probes = population.probes(max(asked.queries, asked.recall_queries))
    sealed = excluded(population)
    ask(gallery, probes.templates[0], sealed)
    tell(f"{asked.queries} searches, between two looks at the floor ...")
    lows = [floor(gallery.rows.codes)]
    taken, reranked = timed(gallery, probes.templates[: asked.queries], sealed)
    lows.append(floor(gallery.rows.codes))
    unfiltered = _unfiltered(gallery, probes.templates[: asked.queries // 4 or 1])
    ours, lowest = spread(taken), min(lows, key=lambda low: low.best_ms)
    tell(f"p50 {ours.p50 * 1000:.1f} ms, floor {lowest.best_ms:.1f} ms")
    table, minors = _table(population)
    recall = _recall(gallery, table, probes, sealed, asked.recall_queries, tell)
    trial = Trial(table, probes, recall.lists[:PEER_QUERIES], LIST_LENGTH)
    compared, at_chroma_rows = _peers(asked, trial, tell)
    return Report(
        rows=asked.rows,
        dim=asked.dim,
        list_length=LIST_LENGTH,
        cores=os.cpu_count() or 1,
        load_before=0,
        ours_p50_ms=ours.p50 * 1000,
        ours_p95_ms=ours.p95 * 1000,
        ours_unfiltered_p50_ms=unfiltered * 1000,
        floor_ms=lowest.best_ms,
        floor_p50_ms=lowest.p50_ms,
        floor_way=f"fastest of many reads of the codes ({lowest.bytes} bytes): {lowest.way}, {lowest.threads} threads",
        floor_gb_per_s=lowest.gb_per_s,
        ratio_to_floor=ours.p50 * 1000 / lowest.best_ms,
        queries=len(recall.lists),
        timed_queries=len(taken),
        mismatches=recall.mismatches,
        first_mismatch=recall.first,
        scanned=int(table.kept.sum()),
        reranked_p50=int(statistics.median(reranked)),
        left_out={"minors": minors, "sealed": len(sealed)},
        mates_on_list=mate_rate(recall.lists, table.subjects, probes.mates),
        open_s=opened.open_s,
        build_s=written.build_s,
        build_peak_mb=written.peak_mb,
        build_peak_own_mb=written.peak_own_mb,
        rss_mb=opened.rss_mb,
        own_mb=opened.own_mb,
        disk_mb=written.disk_mb,
        simd=kernel.MULTIPLY is kernel.by_numkong,
        ours_at_chroma_rows_p50_ms=at_chroma_rows,
        peers=compared,
        seconds=0,
    )


def _unfiltered(gallery: Gallery, probes: Vectors) -> float:
    taken = []
    for probe in probes:
        began = time.perf_counter()
        search(gallery, probe, gallery.model, LIST_LENGTH, with_minors=True)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def _table(population: Population) -> tuple[Table, int]:
    """What the search should see, from what was drawn and not from what was written."""
    whole = population.whole()
    kept = ~whole.minors
    kept[population.sealed()] = False
    return Table(whole.templates, whole.subjects, kept), int(whole.minors.sum())


# --- every list compared


def _recall(
    gallery: Gallery,
    table: Table,
    probes: Probes,
    sealed: frozenset[str],
    count: int,
    tell: Tell,
) -> Recall:
    lists: list[List] = []
    wrong: list[str] = []
    right = reference.lists(table, probes.templates[:count], LIST_LENGTH)
    for number, (probe, expected) in enumerate(
        zip(probes.templates[:count], right, strict=True)
    ):
        if number % _GROUP == 0:
            tell(f"{number} of {count} lists compared, {len(wrong)} differ")
        found = ask(gallery, probe, sealed)
        wrong += [
            f"query {number}: {why}" for why in differences(found, expected, table)
        ]
        lists.append(expected)
    return Recall(lists, len({one.split(":")[0] for one in wrong}), "".join(wrong[:1]))


def differences(found: Found, expected: List, table: Table) -> Iterator[str]:
    """Say in what a search's answer is not the reference's."""
    if found.scanned != int(table.kept.sum()):
        yield f"scanned {found.scanned}, not {int(table.kept.sum())}"
    if [hit.rank for hit in found.hits] != list(range(1, len(expected.rows) + 1)):
        yield f"{len(found.hits)} ranks, not {len(expected.rows)}"
    pairs = zip(
        found.hits,
        expected.rows.tolist(),
        # As a search tells them: in 32 bits, once in order.
        expected.scores.astype(np.float32).tolist(),
        strict=False,
    )
    for hit, row, score in pairs:
        right = (photo_id(row), subject_id(int(table.subjects[row])), score)
        if (hit.photo_id, hit.subject_id, hit.similarity) != right:
            yield f"rank {hit.rank} is {hit}, not {right}"
            return


# --- the peers


def _peers(
    asked: Asked, trial: Trial, tell: Tell
) -> tuple[dict[str, Peer], float | None]:
    found, at_chroma_rows = {}, None
    for name, peer in PEERS.items():
        if name in asked.peers:
            tell(f"peer: {name} ...")
            found[name] = peer(trial)
    if CHROMA in asked.peers and asked.chroma_rows:
        rows = min(asked.chroma_rows, asked.rows)
        tell(f"peer: {CHROMA}, {rows} rows ...")
        fewer = small(trial, rows)
        found |= dict(chroma_hnsw(fewer, tell))
        at_chroma_rows = _ours_at(rows, asked.dim)
    return found, at_chroma_rows


def _ours_at(rows: int, dim: int) -> float:
    """Our own search of as many rows as Chroma was given."""
    population = Population(rows, dim)
    with root_of_galleries() as root:
        written = in_a_child(write, root, population)
        return in_a_child(open_and_search, root, written, population, 100).p50_ms


def show(report: Report) -> None:
    print(f"{report.rows} templates of {report.dim} numbers, {report.cores} cores")
    print(
        f"ours         p50 {report.ours_p50_ms:9.2f} ms   p95 {report.ours_p95_ms:9.2f} ms"
    )
    print(
        f"floor            {report.floor_ms:9.2f} ms   {report.ratio_to_floor:.2f} times"
    )
    for name, peer in sorted(report.peers.items(), key=lambda one: one[1].p50_ms):
        what = "exact" if peer.exact else f"{peer.mates_lost} mates lost"
        print(f"  peer       p50 {peer.p50_ms:9.2f} ms   {name} ({what})")
    print(
        f"{report.queries} lists compared with float64 brute force, {report.mismatches} differ {report.first_mismatch}"
    )
    print(
        f"open and first search {report.open_s:.2f} s, {report.rss_mb:.0f} MB resident"
    )
    for what, good in report.kept.items():
        print(f"{what}: {'kept' if good else 'NOT KEPT'}")


def page(report: Report, on: datetime) -> str:
    """What was measured and how, for who was not there."""
    chroma = report.ours_at_chroma_rows_p50_ms
    beside = f" Of as many rows our search takes {chroma:.2f} ms." if chroma else ""
    rows = [
        ("**ours**", report.ours_p50_ms, "yes", f"p95 {report.ours_p95_ms:.2f} ms"),
        ("the floor", report.floor_ms, "", report.floor_way),
        *(
            (name, peer.p50_ms, "yes" if peer.exact else "no", _remark(peer))
            for name, peer in sorted(
                report.peers.items(), key=lambda one: one[1].p50_ms
            )
        ),
    ]
    return f"""# Exact search beside its floor and its peers

Measured on {on:%d %B %Y} by `python -m benchmarks.search --rows {report.rows} --dim {report.dim}`: {report.cores} cores ({platform.machine()}),
load {report.load_before:.1f} before the start, {report.rows:,} drawn templates of {report.dim} numbers of half as many people. Asked for: the
{report.list_length} nearest subjects, {report.left_out["sealed"]} sealed photographs and {report.left_out["minors"]:,} of minors left out. Peers get the same rows and probes and drop afterwards what must
not be listed. The median of one probe after the other:

| | p50 ms | exact | |
|---|---|---|---|
{chr(10).join(f"| {name} | {ms:,.2f} | {exact} | {remark} |" for name, ms, exact, remark in rows)}

The floor is the shortest time in which the same bytes were read; ours takes {report.ratio_to_floor:.2f} times that. It re-ranks {report.reranked_p50}
photographs in float64 (p50). An inexact peer loses mates that the exact list has; Chroma was given as many rows as its name
says, since its graph grows by some hundred rows a second.{beside}

**Recall.** {report.queries:,} lists were compared with brute force in float64, candidate for candidate and score for score: {report.mismatches} differ.
The reference shares no code with the product and is itself compared with a loop in Python by a test. A run in which one list
differs fails.

Written in {report.build_s:.0f} s with its Chroma collection; opened, with the first search, in {report.open_s:.2f} s by a process that had
{report.rss_mb:.0f} MB resident.

{chr(10).join(f"- {what}: {'kept' if good else 'not kept'}" for what, good in report.kept.items())}
"""


def _remark(peer: Peer) -> str:
    if peer.note:
        return peer.note
    if peer.exact:
        return f"{peer.queries} probes"
    lists = f"{peer.incomplete} of {peer.queries} lists incomplete"
    return f"{lists}, {peer.mates_lost} mates lost"


def _asked(words: Sequence[str] | None) -> tuple[Asked, argparse.Namespace]:
    names = (*PEERS, CHROMA)
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.search",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--dim", type=int, default=128)
    parser.add_argument("--queries", type=int, default=300, help="timed")
    parser.add_argument(
        "--recall-queries", type=int, default=10_000, help="compared with brute force"
    )
    parser.add_argument(
        "--peers",
        default="all",
        help=f"all, none, or some of: {', '.join(names)} (with ; between them)",
    )
    parser.add_argument(
        "--chroma-rows",
        type=int,
        default=100_000,
        help="at most so many: its graph grows by some hundred rows a second",
    )
    parser.add_argument("--out", type=Path, help="folder for search.md")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(words)
    chosen = (
        {"all": names, "none": ()}.get(given.peers)
        if given.peers in ("all", "none")
        else tuple(name.strip() for name in given.peers.split(";"))
    )
    if unknown := set(chosen or ()) - set(names):
        parser.error(f"no such peer: {', '.join(sorted(unknown))}")
    return (
        Asked(
            given.rows,
            given.dim,
            given.queries,
            given.recall_queries,
            given.chroma_rows,
            tuple(chosen or ()),
        ),
        given,
    )


def main(words: Sequence[str] | None = None) -> int:
    asked, given = _asked(words)
    if given.out:  # better told now than after the minutes this takes
        given.out.mkdir(parents=True, exist_ok=True)
    report = measure(asked, to_stderr)
    if given.out:
        (given.out / "search.md").write_text(page(report, datetime.now(UTC)))
    if given.json:
        print(json.dumps(report.as_dict()))
    else:
        show(report)
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main())
