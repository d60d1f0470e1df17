import hashlib
from pathlib import Path

from benchmarks.enrol import enrol, enrolled, peer, photographs


def test_no_two_photographs_are_the_same_file(tmp_path: Path) -> None:
    made = photographs(tmp_path, 120, 64)
    assert len({hashlib.sha256(p.read_bytes()).digest() for p in made}) == 120


def test_both_ways_take_every_photograph(tmp_path: Path) -> None:
    photos = photographs(tmp_path, 2, 256)
    taken, loop = enrol(tmp_path / "data", photos), peer(tmp_path)
    assert enrolled(tmp_path / "data") == 2
    assert loop.failed == 0
    assert taken.seconds > 0 < loop.taken.seconds
    assert taken.cpu_s > 0 < loop.taken.cpu_s
