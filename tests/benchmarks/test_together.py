from dataclasses import replace
from pathlib import Path

from benchmarks.telling import nobody
from benchmarks.together import Diary, Known, Report, run


def test_enrolling_sealing_and_searching_at_once_loses_and_reveals_nothing(
    tmp_path: Path,
) -> None:
    found = run(tmp_path / "data", 0.1, nobody)
    assert found.violations == ()
    assert found.good
    assert found.searches > 10
    assert found.checked_at_the_end == found.enrolled


A_GOOD_ONE = Report(
    minutes=0.1,
    enrolled=100,
    versions=2,
    sealed=2,
    finished=1,
    searches=10,
    searches_of_sealed=3,
    sealed_meanwhile=0,
    rebuilt=0,
    search_p50_ms=1.0,
    seal_to_finished_p50_s=1.0,
    checked_at_the_end=100,
    sealed_in_results=0,
    missing=0,
    violations=(),
)


def test_a_run_in_which_nothing_was_sealed_shows_nothing() -> None:
    assert A_GOOD_ONE.good
    assert not replace(A_GOOD_ONE, sealed=0).good
    assert not replace(A_GOOD_ONE, violations=("P1 was missing",)).good


def test_a_line_that_is_half_written_is_not_read_yet(tmp_path: Path) -> None:
    diary, known = Diary(tmp_path, "seal"), Known(tmp_path)
    diary.write(sealed=["P1"])
    with (tmp_path / "seal.lines").open("a") as file:
        file.write('{"sealed": ["P2"')
    known.look()
    assert known.sealed == {"P1"}
    with (tmp_path / "seal.lines").open("a") as file:
        file.write("]}\n")
    known.look()
    assert known.sealed == {"P1", "P2"}
