import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import peers
from benchmarks.drawn import Population, photo_id, subject_id
from benchmarks.floor import floor
from benchmarks.peers import Trial
from benchmarks.reference import List, Table, lists
from benchmarks.search import differences, main
from bot.matching.scan import Hit
from bot.matching.search import Found

RIGHT = List(np.array([4, 2]), np.array([0.9, 0.5], np.float32))
TABLE = Table(
    np.zeros((5, 4), np.float32), np.arange(5, dtype=np.int32), np.ones(5, np.bool_)
)


def a_hit(row: int, similarity: float, rank: int) -> Hit:
    return Hit(subject_id(row), photo_id(row), float(np.float32(similarity)), rank)


FOUND = Found([a_hit(4, 0.9, 1), a_hit(2, 0.5, 2)], scanned=5, reranked=5)


def test_the_same_list_does_not_differ() -> None:
    assert not list(differences(FOUND, RIGHT, TABLE))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (replace(FOUND, hits=FOUND.hits[:1]), "1 ranks, not 2"),
        (replace(FOUND, hits=[a_hit(4, 0.9, 1), a_hit(3, 0.5, 2)]), "rank 2"),
        (replace(FOUND, hits=[a_hit(2, 0.5, 1), a_hit(4, 0.9, 2)]), "rank 1"),
        (
            replace(
                FOUND,
                hits=[a_hit(4, np.nextafter(np.float32(0.9), 1), 1), FOUND.hits[1]],
            ),
            "rank 1",
        ),
        (replace(FOUND, scanned=4), "scanned 4"),
    ],
)
def test_any_other_list_does(wrong: Found, said: str) -> None:
    assert said in next(differences(wrong, RIGHT, TABLE))


def a_trial(rows: int) -> Trial:
    population = Population(rows, 16)
    whole, probes = population.whole(), population.probes(6)
    table = Table(whole.templates, whole.subjects, ~whole.minors)
    return Trial(table, probes, list(lists(table, probes.templates, 5)), 5)


@pytest.mark.parametrize(
    "peer",
    [peers.numpy_float32, peers.numpy_float64, peers.faiss_flat, peers.faiss_sharded],
)
def test_a_peer_that_compares_every_row_is_exact(peer: Any) -> None:
    found = peer(a_trial(600))
    assert found.exact
    assert found.queries == 6
    assert found.p50_ms > 0


def test_a_peer_that_leaves_the_nearest_out_is_not_exact_and_loses_mates() -> None:
    trial = a_trial(600)
    answers = iter([trial.lists[0], *trial.lists])

    def forgetful(_: object) -> List:
        right = next(answers)
        return List(right.rows[2:], right.scores[2:])

    found = trial.ask(forgetful, compares_all=True)
    assert not found.exact
    assert found.incomplete == 6
    subjects = [trial.table.subjects[one.rows].tolist() for one in trial.lists]
    pairs = zip(trial.probes.mates.tolist(), subjects, strict=True)
    first = sum(mate in listed[:2] for mate, listed in pairs)
    assert found.mates_lost == first > 0


def test_the_floor_reads_every_byte_and_tells_its_best() -> None:
    found = floor(np.zeros((1000, 128), np.int8), times=8)
    assert found.bytes == 128_000
    assert 0 < found.best_ms <= found.p50_ms


def test_the_last_line_is_the_result_and_every_list_was_right(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(
        [
            *("--rows", "3000", "--dim", "32", "--queries", "5"),
            *("--recall-queries", "60", "--peers", "faiss flat"),
            *("--out", str(tmp_path), "--json"),
        ]
    )
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert code == 0
    assert (told["queries"], told["mismatches"], told["timed_queries"]) == (60, 0, 5)
    assert 0 < told["ours_p50_ms"] <= told["ours_p95_ms"]
    assert told["floor_ms"] > 0
    assert told["peers"]["faiss flat"]["exact"]
    assert told["left_out"]["sealed"] > 0 < told["left_out"]["minors"]
    assert told["scanned"] <= 3000 - told["left_out"]["minors"]
    assert told["open_s"] > 0 < told["rss_mb"]
    page = (tmp_path / "search.md").read_text()
    assert "60 lists were compared" in page
    assert "| faiss flat |" in page
