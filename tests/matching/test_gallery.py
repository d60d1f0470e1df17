import select
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.domain.galleries import ModelId
from bot.errors import Unavailable
from bot.matching.files import only_one
from bot.matching.gallery import Gallery, GalleryDamaged, build, digest, load

MODEL = ModelId("SFace", "ab" * 32, 8)


def a_gallery(rows: int = 40, version: str = "arrests-1", seed: int = 1) -> Gallery:
    templates = np.random.default_rng(seed).normal(size=(rows, MODEL.dim))
    return Gallery(
        version,
        MODEL,
        # Not in alphabetical order: the order of the rows has to survive.
        tuple(f"P{(n * 7) % max(rows, 1):04}-{n}" for n in range(rows)),
        tuple(f"S{n // 2}" for n in range(rows)),
        templates.astype(np.float32),
    )


@pytest.mark.parametrize("rows", [0, 1, 40, 5001])
def test_every_number_comes_back_bit_by_bit(tmp_path: Path, rows: int) -> None:
    made = a_gallery(rows)
    recorded = build(tmp_path, made)
    read = load(tmp_path, made.version, recorded)
    assert np.array_equal(
        read.templates.view(np.uint32), made.templates.view(np.uint32)
    )
    assert read.photo_ids == made.photo_ids
    assert read.subject_ids == made.subject_ids
    assert read.model == made.model
    assert digest(read) == recorded


def test_loading_changes_nothing_on_disk(tmp_path: Path) -> None:
    recorded = build(tmp_path, a_gallery())
    before = _contents(tmp_path)
    for _ in range(2):
        load(tmp_path, "arrests-1", recorded)
    assert _contents(tmp_path) == before


def test_the_digest_notices_every_change() -> None:
    made = a_gallery()
    nudged = made.templates.copy()
    nudged[3, 3] = np.nextafter(nudged[3, 3], np.float32(9))
    others = [
        replace(made, version="arrests-2"),
        replace(made, model=replace(MODEL, weights_sha256="cd" * 32)),
        replace(
            made, photo_ids=(made.photo_ids[1], made.photo_ids[0], *made.photo_ids[2:])
        ),
        replace(made, subject_ids=("someone", *made.subject_ids[1:])),
        replace(made, templates=nudged),
        a_gallery(39),
    ]
    assert len({digest(one) for one in (made, *others)}) == 7


def test_a_gallery_other_than_the_recorded_one_is_refused(tmp_path: Path) -> None:
    build(tmp_path, a_gallery())
    with pytest.raises(GalleryDamaged, match="recorded"):
        load(tmp_path, "arrests-1", digest(a_gallery(seed=2)))


def test_a_gallery_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(GalleryDamaged, match="not there"):
        load(tmp_path, "arrests-1", "0" * 64)


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)


@pytest.mark.parametrize("harm", [_truncate, _flip, Path.unlink])
def test_harm_to_any_file_is_found_and_healed_by_building_again(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    made = a_gallery()
    recorded = build(tmp_path, made)
    names = [
        path.relative_to(tmp_path)
        for path in (tmp_path / made.version).rglob("*")
        if path.is_file() and path.stat().st_size
    ]
    assert len(names) >= 4
    for name in names:
        [found] = list(tmp_path.glob(_without_uuid(name)))[:1]
        harm(found)
        with pytest.raises(GalleryDamaged):
            load(tmp_path, made.version, recorded)
        assert build(tmp_path, made) == recorded
        assert load(tmp_path, made.version, recorded).photo_ids == made.photo_ids


def test_an_intact_version_is_not_written_twice(tmp_path: Path) -> None:
    build(tmp_path, a_gallery())
    before = _contents(tmp_path)
    build(tmp_path, a_gallery())
    assert _contents(tmp_path) == before


@pytest.mark.parametrize("version", ["", ".hidden", "../up", "a/b", "x" * 101])
def test_a_version_is_a_plain_name(version: str) -> None:
    with pytest.raises(ValueError, match="version"):
        a_gallery(version=version)


def test_a_gallery_that_does_not_fit_itself_cannot_be_made() -> None:
    made = a_gallery()
    for change in (
        {"photo_ids": made.photo_ids[1:]},
        {"photo_ids": (made.photo_ids[1], *made.photo_ids[1:])},
        {"templates": made.templates[:, :4]},
        {"templates": made.templates.astype(np.float64)},
        {"templates": made.templates * np.float32("nan")},
    ):
        with pytest.raises(ValueError, match="arrests-1"):
            replace(made, **change)


# Several processes, and processes that die.

_BUILDER = """
import sys
from pathlib import Path
from tests.matching.test_gallery import a_gallery
from bot.matching.gallery import build
import chromadb
print("ready", flush=True)
for number in range(int(sys.argv[2])):
    build(Path(sys.argv[1]), a_gallery(3000, f"v{number}", number))
"""

_HOLDER = """
import sys
from pathlib import Path
from bot.matching.files import only_one
with only_one(Path(sys.argv[1])):
    print("ready", flush=True)
    sys.stdin.readline()
"""


def _started(code: str, *arguments: str) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def _ended(process: "subprocess.Popen[bytes]") -> int:
    process.communicate()
    return process.returncode


@pytest.mark.parametrize("after", [0.0, 0.03, 0.11, 0.23, 0.37, 0.61])
def test_a_builder_killed_at_any_moment_leaves_whole_versions_only(
    tmp_path: Path, after: float
) -> None:
    process = _started(_BUILDER, str(tmp_path), "100")
    select.select([], [], [], after)
    process.kill()
    assert _ended(process) == -9
    present = [path.name for path in tmp_path.iterdir() if path.name[0] == "v"]
    for version in present:
        made = a_gallery(3000, version, int(version[1:]))
        assert load(tmp_path, version, digest(made)).photo_ids == made.photo_ids
    following = a_gallery(50, f"v{len(present)}", len(present))
    again = load(tmp_path, following.version, build(tmp_path, following))
    assert again.photo_ids == following.photo_ids
    assert not list(tmp_path.glob(".passing-*"))


def test_two_builders_at_once_make_one_gallery(tmp_path: Path) -> None:
    both = [_started(_BUILDER, str(tmp_path), "2") for _ in range(2)]
    assert [_ended(process) for process in both] == [0, 0]
    for number in range(2):
        made = a_gallery(3000, f"v{number}", number)
        assert digest(load(tmp_path, made.version, digest(made))) == digest(made)


def test_whoever_has_waited_too_long_is_told_so(tmp_path: Path) -> None:
    process = _started(_HOLDER, str(tmp_path))
    with pytest.raises(Unavailable, match="Another process"), only_one(tmp_path, 0.05):
        pytest.fail("two processes were let in")
    process.kill()
    _ended(process)
    with only_one(tmp_path, 0.05):
        assert (tmp_path / ".lock").exists()


def _contents(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def _without_uuid(name: Path) -> str:
    """Chroma calls the folder of its vectors by a new random name each time."""
    parts = name.parts
    return str(Path(parts[0], "*", parts[2])) if len(parts) == 3 else str(name)
