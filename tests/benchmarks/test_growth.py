import json
from pathlib import Path

import pytest

from benchmarks.growth import Line, line, main


def test_a_line_is_put_through_the_large_sizes_only() -> None:
    figures = [(1000, 50.0), (100_000, 1.0), (1_000_000, 10.0), (4_000_000, 40.0)]
    found = line(figures)
    assert found.per_million == pytest.approx(10)
    assert found.at(12_000_000) == pytest.approx(120)
    assert found.worst == pytest.approx(0, abs=1e-9)


def test_what_is_not_on_a_line_says_so() -> None:
    figures = [(1_000_000, 10.0), (2_000_000, 40.0), (4_000_000, 160.0)]
    assert line(figures).worst > 0.2


def test_one_size_gives_a_line_from_nothing() -> None:
    assert line([(500_000, 2.0)]) == Line(0.0, 4.0, 0.0)


def test_a_run_writes_its_page_and_its_plot(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["--rows", "1000", "--dim", "16", "--out", str(tmp_path), "--json"])
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert code == 0
    [size] = told["sizes"]
    assert size["rows"] == 1000
    assert 0 < size["opened"]["own_mb"] <= size["opened"]["rss_mb"] < 4000
    assert size["opened"]["open_s"] > 0 < size["written"]["disk_mb"]
    page = (tmp_path / "growth.md").read_text()
    assert "| 1,000 |" in page
    assert "100 million" in page
    picture = (tmp_path / "growth.svg").read_text()
    assert "resident (MB)" in picture
    assert len(picture) < 250_000


def test_what_was_kept_is_searched_again_and_not_written_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, keep = tmp_path / "new" / "out", tmp_path / "kept"
    asked = ["--rows", "1000", "--dim", "16", "--keep", str(keep), "--out", str(out)]
    for again in (False, True):
        assert main([*asked, "--json"]) == 0
        [size] = json.loads(capsys.readouterr().out.splitlines()[-1])["sizes"]
        assert size["kept"] is again
        assert ("written by an earlier run" in (out / "growth.md").read_text()) is again
    assert len([one for one in keep.iterdir() if one.is_dir()]) == 1
