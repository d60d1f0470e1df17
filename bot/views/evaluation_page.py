"""An evaluation as one page of HTML that needs nothing else: to read, to print, to hand on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

from bot.domain.evaluations import (
    FEW_EVENTS,
    FEW_SUBJECTS,
    Differential,
    Evaluation,
    Table,
)
from bot.views.evaluation import (
    conclusions,
    interval,
    limits,
    measure,
    ratio,
    short,
)

_STYLE = """
:root { color-scheme: light; }
body { background: #fff; color: #1a1a1a; font: 16px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif;
  max-width: 56rem; margin: 2rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; border-bottom: 2px solid #123a5e; padding-bottom: .2rem; }
h3 { font-size: 1rem; margin: 1.4rem 0 .4rem; }
p, li { max-width: 46rem; }
li { margin: .35rem 0; }
.lead { color: #444; margin-top: 0; }
.note { color: #444; font-size: .9rem; }
table { border-collapse: collapse; margin: .5rem 0 1rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem 1.1rem .3rem 0; border-bottom: 1px solid #ddd; vertical-align: top; }
thead th { border-bottom: 2px solid #888; font-weight: 600; }
tbody th { font-weight: 400; }
figure { margin: 1rem 0; }
figure svg { max-width: 100%; height: auto; }
figcaption { color: #444; font-size: .9rem; max-width: 46rem; }
code { font-size: .85rem; overflow-wrap: anywhere; }
@media print { body { margin: 0; max-width: none; font-size: 10.5pt; } h2, h3 { break-after: avoid; }
  table, figure, li { break-inside: avoid; } }
@page { margin: 18mm; }
"""

_CAPTIONS = {
    "cmc": "Hit rate at every rank (CMC): the share of searches with the person among the first so many candidates. "
    "The band is the 95 % interval at each rank.",
    "det": "FNIR over FPIR (DET): how many people in the gallery are missed if only so many strangers may reach the "
    "threshold. It begins where these non-mated probes begin to tell anything.",
    "degraded": "Hit rates with spoilt probes; the lines are 95 % intervals.",
}


def page(found: Evaluation, plots: Mapping[str, str]) -> str:
    """Return the report; ``plots`` are SVG by name and are put in as they are."""
    return "".join(
        f"{part}\n"
        for part in (
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            "<title>Evaluation of face search</title>",
            f"<style>{_STYLE}</style></head><body>",
            *_body(found, plots),
            "</body></html>",
        )
    )


def _body(found: Evaluation, plots: Mapping[str, str]) -> Iterator[str]:
    about = found.about
    yield "<h1>How often a search shows the right person</h1>"
    yield (
        f'<p class="lead">{escape(about.model)} on {found.gallery_size:,} photographs and '
        f"{found.mated.trials + found.nonmated.trials:,} probes; {escape(about.date)}</p>"
    )
    yield _section("What to conclude", _list(conclusions(found)))
    yield _section("What this set cannot show", _list(limits(found)))
    yield _section("Hit rates", _hits(found), _figure("cmc", plots))
    yield _section(
        "Strangers and a threshold", _strangers(found), _figure("det", plots)
    )
    if found.degraded:
        yield _section("Worse probes", _degraded(found), _figure("degraded", plots))
    if found.by:
        yield _section("Groups of people", *_groups(found.by))
    yield _section("How this was measured", _method(found), _about(found))


def _section(title: str, *parts: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{''.join(parts)}</section>"


def _list(lines: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"


def _figure(name: str, plots: Mapping[str, str]) -> str:
    if name not in plots:
        return ""
    label = escape(_CAPTIONS[name], quote=True)
    return (
        f'<figure role="img" aria-label="{label}">{plots[name]}'
        f"<figcaption>{escape(_CAPTIONS[name])}</figcaption></figure>"
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    titles = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{''.join(map(_row, rows))}</tbody></table>"


def _row(cells: Sequence[str]) -> str:
    first, *rest = map(escape, cells)
    return f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in rest)}</tr>'


def _hits(found: Evaluation) -> str:
    rows = [(f"rank {hit.rank}", interval(hit.rate)) for hit in found.hits]
    return _table(
        ("Person among the first", "Searches"),
        [*rows, ("a face was found", interval(found.mated))],
    )


def _strangers(found: Evaluation) -> str:
    rows = [
        (
            f"{one.fpir:g}",
            "any" if one.threshold is None else f"{one.threshold:.4f}",
            interval(one.strangers),
            interval(one.fnir),
        )
        if one.fnir is not None and one.strangers is not None
        else (f"{one.fpir:g}", "-", "-", "not measurable")
        for one in found.at_fpir
    ]
    return _table(
        ("FPIR at most", "Similarity above", "Strangers above it", "FNIR"), rows
    )


def _degraded(found: Evaluation) -> str:
    rows = [
        ("as they are", found.mated, found.hits),
        *((one.name, one.detected, one.hits) for one in found.degraded),
    ]
    told = [rank for rank in (1, 20) if any(hit.rank == rank for hit in found.hits)]
    return _table(
        ("Probe", "Searches", "Face found", *(f"Rank {rank}" for rank in told)),
        [
            (
                name,
                f"{seen.trials:,}",
                short(seen),
                *(short(hit.rate) for hit in hits if hit.rank in told),
            )
            for name, seen, hits in rows
        ],
    )


def _groups(by: Sequence[Differential]) -> Iterator[str]:
    yield (
        f'<p class="note">How many times the rate of all others, and of the group with the lowest rate. Too few to say: '
        f"fewer than {FEW_SUBJECTS} subjects or {FEW_EVENTS} events on one of the two sides.</p>"
    )
    for one in by:
        yield f"<h3>By {escape(one.column)}: {escape(measure(one))}</h3>"
        yield _table(
            (
                one.column,
                "Subjects",
                "Rate",
                "Over all others",
                "Over the lowest",
            ),
            [
                (
                    group.name,
                    f"{group.subjects:,}",
                    interval(group.rate),
                    ratio(group.over_rest),
                    "lowest" if group.best else ratio(group.over_best),
                )
                for group in one.groups
            ],
        )


def _method(found: Evaluation) -> str:
    return _list(
        (
            "Every photograph was enrolled and every probe searched by the program's own code; every search compared "
            "all templates. A subject counts once, by the best photograph.",
            "Hit rate: share of the searches for people in the gallery with the right subject among the first so many. "
            "FNIR: share of these searches in which the right subject is not on the list of 50 above the threshold. FPIR: "
            "share of the searches for people not in the gallery with anybody above it. As in ISO/IEC 19795-1 and NIST FRTE.",
            "Probes without a face, and subjects who could not be enrolled, count as misses.",
            "What stands in brackets behind a rate is its 95 % interval, then how many of how many.",
            f"Intervals: the subjects were drawn again {found.about.bootstrap:,} times, with all their searches; the "
            "threshold was chosen anew each time. Where fewer than 30 hits or 30 misses were seen the interval is widened to "
            "Wilson's, because drawing again is too sure there.",
        )
    )


def _about(found: Evaluation) -> str:
    about = found.about
    versions = ", ".join(f"{name} {what}" for name, what in about.versions.items())
    return _table(
        ("What", "Which"),
        (
            ("model", about.model),
            ("weights, SHA-256", about.weights_sha256),
            ("packages", versions),
            ("gallery", _which(about.gallery)),
            ("probes", _which(about.probes)),
            (
                "mated and non-mated",
                f"{found.mated.trials:,} and {found.nonmated.trials:,}",
            ),
            ("seed", str(about.seed)),
            ("date", about.date),
            ("command", about.command),
        ),
    )


def _which(table: Table) -> str:
    return f"{table.name}, {table.rows:,} rows, {table.subjects:,} subjects, SHA-256 {table.sha256}"
