"""What a report says is computed from its numbers, and says what they do not show."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from bot.domain.evaluations import (
    About,
    AtFpir,
    Condition,
    Curve,
    Differential,
    Evaluation,
    Group,
    HitRate,
    Rate,
    Ratio,
    Table,
)
from bot.matching.evaluation.plots import plots
from bot.views.evaluation import conclusions, interval, limits, not_measurable
from bot.views.evaluation_page import page

NOTHING = Rate(0, 0)


def a_rate(events: int, trials: int, low: float, high: float) -> Rate:
    return Rate(events, trials, events / trials, low, high)


def hits(first: Rate, twenty: Rate) -> tuple[HitRate, ...]:
    return tuple(
        HitRate(rank, rate)
        for rank, rate in ((1, first), (5, first), (20, twenty), (50, twenty))
    )


def a_table(name: str, *columns: str) -> Table:
    return Table(name, "0" * 64, 900, 826, ("subject_id", "image", *columns))


def an_evaluation(**changes: object) -> Evaluation:
    found = Evaluation(
        about=About(
            model="SFace@4de5fc9d",
            weights_sha256="4d" * 32,
            versions={"numpy": "2.4.6"},
            gallery=a_table("g.csv"),
            probes=a_table("p.csv", "kind"),
            bootstrap=1000,
            seed=1,
            command="python app.py evaluate --gallery g.csv",
            date="2026-11-23",
        ),
        gallery_version="evaluation",
        gallery_size=2326,
        gallery_subjects=2326,
        failures_to_enrol=1,
        mated=a_rate(825, 826, 0.993, 1.0),
        nonmated=a_rate(500, 500, 0.992, 1.0),
        hits=hits(a_rate(816, 826, 0.98, 0.9942), a_rate(822, 826, 0.9876, 0.9988)),
        at_fpir=(
            AtFpir(
                0.1,
                0.4321,
                a_rate(20, 826, 0.012, 0.0361),
                a_rate(50, 500, 0.074, 0.126),
            ),
            AtFpir(
                0.01, 0.4988, a_rate(60, 826, 0.05, 0.09), a_rate(5, 500, 0.004, 0.023)
            ),
            AtFpir(0.001),
        ),
        cmc=Curve((1.0, 50.0), (0.98, 0.99), (0.97, 0.98), (0.99, 1.0)),
        det=Curve((0.002, 1.0), (0.1, 0.01), (0.05, 0.0), (0.2, 0.02)),
        degraded=(
            Condition(
                "blur",
                a_rate(826, 826, 0.99, 1),
                hits(NOTHING, a_rate(800, 826, 0.95, 0.98)),
            ),
            Condition(
                "cctv",
                a_rate(800, 826, 0.95, 0.98),
                hits(NOTHING, a_rate(620, 826, 0.721, 0.779)),
            ),
        ),
        by=(),
        seconds=180.0,
    )
    return replace(found, **changes)  # type: ignore[arg-type]


def said(found: Evaluation) -> str:
    return " ".join([*conclusions(found), *limits(found)])


def test_searches_are_counted_in_whole_ones_and_rounded_outwards() -> None:
    words = said(an_evaluation())
    assert "Of 1,000 searches whose person is in the gallery, 987 to 999 show" in words
    assert "In 1 to 13 of 1,000 the person is not on the list" in words
    assert "somebody else in 5 to 20 of 1,000 such searches" in words
    few = a_rate(97, 100, 0.915, 0.9899)
    words = said(an_evaluation(hits=hits(few, few)))
    assert "Of 100 searches whose person is in the gallery, 91 to 99 show" in words


def test_a_threshold_is_told_with_whom_it_lets_through_and_whom_it_misses() -> None:
    words = said(an_evaluation())
    assert "above similarity 0.432 counted, 7.4 to 12.6 % of such people" in words
    assert "(50 of 500 here), and 1.2 to 3.6 % of the people" in words
    assert words.count("If only candidates above similarity") == 2


def test_what_was_not_measurable_is_said_and_what_it_would_take() -> None:
    assert (
        not_measurable(0.001, 500)
        == "not measurable with 500 non-mated probes; at least 1,000 are needed"
    )
    assert "FNIR at FPIR 0.001: not measurable with 500" in said(an_evaluation())


def test_without_strangers_or_mates_nothing_is_claimed_about_them() -> None:
    alone = an_evaluation(
        nonmated=NOTHING, at_fpir=tuple(AtFpir(f) for f in (0.1, 0.01)), det=None
    )
    assert "nothing is known about how often strangers are taken" in said(alone)
    nobody = an_evaluation(mated=NOTHING, hits=hits(NOTHING, NOTHING), degraded=())
    assert "nothing is known about how often people are found" in said(nobody)


def test_the_worst_degradation_is_named() -> None:
    words = said(an_evaluation())
    assert (
        "Of 2 ways to spoil the probes cctv leaves the fewest: 72.1 to 77.9 %" in words
    )
    assert "and 98.8 to 99.9 % with the probes as they are" in words
    assert "nothing is known about worse ones" in said(an_evaluation(degraded=()))


def test_what_no_column_tells_of_is_named() -> None:
    words = said(an_evaluation())
    assert "the columns image, kind, subject_id" in words
    assert "No column tells of sex, age or origin" in words
    assert "No column tells of the years between two photographs" in words
    assert "no column was compared" in words
    about = an_evaluation().about
    known = replace(about, probes=a_table("p.csv", "kind", "sex", "capture_date"))
    words = said(an_evaluation(about=known))
    assert "No column tells of" not in words


def a_differential(*groups: Group) -> Differential:
    return Differential("sex", "miss", 20, None, groups)


def test_a_group_is_named_only_when_its_interval_leaves_one_out() -> None:
    some = a_rate(30, 100, 0.2, 0.4)
    by = (
        a_differential(
            Group("F", 100, some, Ratio(2.04, 1.31, 3.2)),
            Group("M", 100, some, Ratio(0.9, 0.7, 1.2)),
            Group("X", 10, some),
        ),
    )
    words = said(an_evaluation(by=by))
    assert (
        "sex F: the person is not among the first 20 candidates 2.0 times as often"
        in words
    )
    assert "(1.3 to 3.2 times)" in words
    assert "sex M" not in words
    assert "2 ratios between groups were computed" in words
    assert "For 1 more there are too few to say" in words


def test_no_number_stands_without_its_interval_and_its_counts() -> None:
    assert (
        interval(a_rate(822, 826, 0.9876, 0.9988))
        == "99.5 % (98.8 to 99.9 %; 822 of 826)"
    )
    assert interval(NOTHING) == "nothing to count"


def test_the_report_speaks_of_candidates_and_never_of_matches_or_certainty() -> None:
    words = page(an_evaluation(), {}).lower()
    assert not re.search(
        r"\bmatch(es|ed)?\b|\baccura|\bconfiden|\bprobab|identification", words
    )


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.references: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src", "xlink:href", "data", "action"):
                self.references.append(value or "")


@pytest.fixture(scope="module")
def drawn() -> tuple[str, Page]:
    found = an_evaluation()
    text = page(found, plots(found))
    parsed = Page()
    parsed.feed(text)
    return text, parsed


def test_the_report_is_one_file_that_fetches_nothing(drawn: tuple[str, Page]) -> None:
    text, parsed = drawn
    assert parsed.tags.count("svg") == 3
    assert not {"script", "link", "img", "iframe"} & set(parsed.tags)
    assert all(reference.startswith("#") for reference in parsed.references)
    assert not re.search(r"@import|url\((?!#)", text)


def test_ids_are_unique_and_every_reference_has_its_target(
    drawn: tuple[str, Page],
) -> None:
    text, parsed = drawn
    assert len(parsed.ids) == len(set(parsed.ids))
    wanted = {reference[1:] for reference in parsed.references}
    wanted |= set(re.findall(r"url\(#([^)]+)\)", text))
    assert wanted <= set(parsed.ids)


def test_the_same_numbers_draw_the_same_report(drawn: tuple[str, Page]) -> None:
    assert page(an_evaluation(), plots(an_evaluation())) == drawn[0]


def test_what_tables_call_things_cannot_become_markup() -> None:
    evil = "<script>alert(1)</script>"
    by = (
        Differential(evil, "miss", 1, None, (Group(evil, 50, a_rate(1, 50, 0, 0.1)),)),
    )
    about = an_evaluation().about
    named = replace(about, command=evil, probes=a_table(evil, evil))
    text = page(an_evaluation(by=by, about=named), {})
    assert "<script" not in text
    assert text.count("&lt;script&gt;") >= 5
