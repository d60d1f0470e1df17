"""Curves as SVG that stands inside a page: nothing is fetched, ids do not clash, the same numbers give the same text."""

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot.domain.evaluations import Condition, Curve, Evaluation, HitRate, Rate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DARK, _LIGHT, _SECOND = "#123a5e", "#9db8cf", "#a8480f"


def plots(found: Evaluation) -> dict[str, str]:
    """Return SVG by name: cmc, det and degraded, as far as there is something to draw."""
    drawn = {}
    if found.mated.trials:
        drawn["cmc"] = _cmc(found.cmc)
    if found.det is not None:
        drawn["det"] = _det(found.det)
    if found.degraded:
        drawn["degraded"] = _degraded(found.hits, found.degraded)
    return drawn


def _cmc(curve: Curve) -> str:
    with _figure(6.4, 3.6) as (figure, axes):
        _line(axes, curve)
        axes.set(xlabel="rank", ylabel="hit rate", xlim=(0.5, curve.x[-1] + 0.5))
        axes.set_xticks([1, 5, 10, 20, 30, 40, 50])
        worst = min(curve.low)
        axes.set_ylim(worst - 0.02 * (1.02 - worst), 1 + 0.02 * (1 - worst))
        axes.locator_params(axis="y", steps=[1, 2, 5, 10])
        axes.yaxis.set_major_formatter("{x:.1%}")
        return _svg(figure, "cmc")


def _det(curve: Curve) -> str:
    with _figure(6.4, 3.6) as (figure, axes):
        _line(axes, curve)
        axes.set_xscale("log")
        axes.set(xlabel="FPIR", ylabel="FNIR", ylim=(0, 1.05 * max(curve.high)))
        axes.set_xlim(min(curve.x) / 1.1, 1.05)
        axes.xaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_major_formatter("{x:.0%}")
        return _svg(figure, "det")


def _degraded(clean: Sequence[HitRate], conditions: Sequence[Condition]) -> str:
    rows = [("as they are", clean), *((one.name, one.hits) for one in conditions)]
    with _figure(6.4, 1.0 + 0.3 * len(rows)) as (figure, axes):
        for rank, colour, offset in ((20, _DARK, 0.12), (1, _SECOND, -0.12)):
            rates = [_rate(hits, rank) for _, hits in rows]
            _dots(axes, rates, colour, offset, f"rank {rank}")
        axes.set_yticks(range(len(rows)), [name for name, _ in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set(xlabel="hit rate")
        axes.xaxis.set_major_formatter("{x:.0%}")
        figure.legend(loc="outside upper center", ncols=2, frameon=False)
        return _svg(figure, "degraded")


def _line(axes: "Axes", curve: Curve) -> None:
    """Both curves change only where something was counted: they are steps."""
    axes.fill_between(
        curve.x,
        curve.low,
        curve.high,
        color=_LIGHT,
        alpha=0.5,
        linewidth=0,
        step="post",
        label="95 % interval",
    )
    axes.plot(curve.x, curve.y, color=_DARK, linewidth=1.6, drawstyle="steps-post")
    axes.legend(loc="best", frameon=False)


def _dots(
    axes: "Axes", rates: Sequence[Rate], colour: str, offset: float, label: str
) -> None:
    shares = [rate.value or 0.0 for rate in rates]
    below = [
        share - (rate.low or 0.0) for share, rate in zip(shares, rates, strict=True)
    ]
    above = [
        (rate.high or 0.0) - share for share, rate in zip(shares, rates, strict=True)
    ]
    axes.errorbar(
        shares,
        [at + offset for at in range(len(rates))],
        xerr=[[max(0.0, x) for x in below], [max(0.0, x) for x in above]],
        fmt="o",
        markersize=4,
        color=colour,
        elinewidth=1.4,
        label=label,
    )


def _rate(hits: Sequence[HitRate], rank: int) -> Rate:
    return next(hit.rate for hit in hits if hit.rank == rank)


@contextmanager
def _figure(width: float, height: float) -> "Iterator[tuple[Figure, Axes]]":
    # Imported only where something is drawn: it takes longer than everything else here.
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(
        {
            "svg.fonttype": "none",
            "svg.hashsalt": "fis",
            "font.family": "sans-serif",
            "font.size": 10.5,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "grid.color": "#e4e4e4",
            "grid.linewidth": 0.8,
            "axes.axisbelow": True,
        }
    ):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure, figure.add_subplot()


def _svg(figure: "Figure", name: str) -> str:
    out = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(out, format="svg", transparent=True, metadata=nothing)
    text = out.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    # Two pictures in one page must not share an id.
    text = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', text)
    return re.sub(r'(href="#|url\(#)', rf"\g<1>{name}-", text)
