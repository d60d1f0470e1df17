import multiprocessing
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.domain.galleries import ModelId
from bot.errors import Unavailable
from bot.matching import chroma, files, scanfiles, shared
from bot.matching.chroma_writing import write_beside
from bot.matching.files import only_one
from bot.matching.gallery import (
    Built,
    Gallery,
    GalleryClosed,
    GalleryDamaged,
    assemble,
    build,
    digest,
    discard,
    load,
)
from bot.matching.scan import MINOR
from bot.matching.scanfiles import Chunk
from bot.matching.search import search

MODEL = ModelId("SFace", "ab" * 32, 8)


def a_gallery(rows: int = 40, version: str = "arrests-1", seed: int = 1) -> Gallery:
    templates = np.random.default_rng(seed).normal(size=(rows, MODEL.dim))
    return Gallery(
        version,
        MODEL,
        # Not in alphabetical order, and not only of one byte a letter.
        tuple(f"P{(n * 7) % max(rows, 1):04}-é{n}" for n in range(rows)),
        tuple(f"S{n // 2}" for n in range(rows)),
        templates.astype(np.float32),
        [n % 5 == 0 for n in range(rows)],
    )


@pytest.mark.parametrize("rows", [0, 1, 40, 5001])
def test_every_number_comes_back_bit_by_bit(tmp_path: Path, rows: int) -> None:
    made = a_gallery(rows)
    recorded = build(tmp_path, made)
    read = load(tmp_path, made.version, recorded)
    assert np.array_equal(
        read.templates.view(np.uint32), made.templates.view(np.uint32)
    )
    assert np.array_equal(read.rows.codes, made.rows.codes)
    assert np.array_equal(read.rows.flags, made.rows.flags)
    assert list(read.photo_ids) == sorted(made.photo_ids, key=str.encode)
    assert list(read.subject_ids) == list(made.subject_ids)
    assert (read.model, read.minors, len(read)) == (MODEL, -(-rows // 5), rows)
    assert read.rows.limits == made.rows.limits
    assert digest(read) == recorded


@pytest.mark.parametrize("size", [1, 7, 100])
def test_a_gallery_that_comes_in_pieces_is_the_same(tmp_path: Path, size: int) -> None:
    made = a_gallery(100)

    def chunks() -> Iterator[Chunk]:
        for start in range(0, 100, size):
            part = slice(start, start + size)
            yield Chunk(
                made.photo_ids[part],
                made.subject_ids[part],
                made.templates[part],
                made.rows.flags[part] == MINOR,
            )

    told: list[tuple[str, int]] = []
    built = assemble(
        tmp_path,
        MODEL,
        chunks(),
        lambda content: "arrests-1",
        progress=lambda doing, done: told.append((doing, done)),
    )
    assert (built.digest, built.size, built.minors) == (made.digest, 100, 20)
    assert load(tmp_path, "arrests-1", built.digest).digest == made.digest
    assert told[-1] == ("Chroma", 100)
    assert ("templates", 100) in told


def test_a_version_is_kept_while_its_templates_are_the_same(tmp_path: Path) -> None:
    def built(gallery: Gallery, anew: bool = False) -> Built:
        rows = gallery.rows
        everything = Chunk(
            gallery.photo_ids, gallery.subject_ids, rows.templates, rows.flags == MINOR
        )
        names = (f"arrests-{n}" for n in count(1))
        return assemble(
            tmp_path,
            MODEL,
            iter([everything]),
            lambda content: next(n for n in names if not (tmp_path / n).exists()),
            current=current,
            anew=anew,
        )

    current = None
    first = built(a_gallery())
    current = (first.version, first.digest)
    before = _contents(tmp_path)
    assert built(a_gallery()) == first
    assert _contents(tmp_path) == before
    assert built(a_gallery(), anew=True) == first
    assert _contents(tmp_path) != before  # Chroma names a folder by chance
    (tmp_path / first.version / "codes.i1").unlink()
    assert built(a_gallery()) == first
    assert load(tmp_path, first.version, first.digest).digest == first.digest
    second = built(a_gallery(39))
    assert (second.version, second.size) == ("arrests-2", 39)


@pytest.mark.parametrize(
    ("ids", "why"), [(["B", "A"], "out of order"), (["A", "A"], "twice")]
)
def test_pieces_out_of_order_are_refused_and_leave_nothing(
    tmp_path: Path, ids: list[str], why: str
) -> None:
    chunks = [
        Chunk([id], ["S"], np.ones((1, MODEL.dim), np.float32), [False]) for id in ids
    ]
    with pytest.raises(ValueError, match=why):
        assemble(tmp_path, MODEL, iter(chunks), lambda content: "arrests-1")
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


def test_a_photograph_is_found_by_its_id() -> None:
    made = a_gallery()
    for row, photo in enumerate(made.photo_ids):
        assert made.row_of(photo) == row
    for absent in ("", "P", "P0000-é00", "zzz"):
        assert made.row_of(absent) is None
    assert a_gallery(0).row_of("P") is None


def test_the_collection_in_chroma_has_every_id_and_vector(tmp_path: Path) -> None:
    made = a_gallery(5001)
    build(tmp_path, made)
    found: dict[str, NDArray[np.float32]] = {}
    with files.checked_copy(tmp_path / made.version) as copy:
        for ids, vectors in chroma.batches(chroma.folder_of(copy, graph=False)):
            found |= dict(zip(ids, vectors, strict=True))
    assert len(found) == 5001
    for row in (0, 17, 5000):
        assert np.array_equal(found[made.photo_ids[row]], made.templates[row])


def test_a_discarded_version_is_gone_and_a_running_search_goes_on(
    tmp_path: Path,
) -> None:
    made = a_gallery()
    read = load(tmp_path, made.version, build(tmp_path, made))
    rows = read.rows
    discard(tmp_path, made.version)
    read.close()
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]
    assert np.array_equal(rows.templates, made.templates)
    with pytest.raises(GalleryClosed):
        assert len(read.templates)
    with pytest.raises(GalleryDamaged, match="not there"):
        load(tmp_path, made.version, made.digest)
    discard(tmp_path, made.version)  # a second time is no error


def test_what_an_earlier_release_built_is_damaged_and_not_misread(
    tmp_path: Path,
) -> None:
    with files.only_one(tmp_path), files.appearing_whole(tmp_path / "v1") as folder:
        (folder / "chroma.sqlite3").write_bytes(b"of an earlier release")
    with pytest.raises(GalleryDamaged):
        load(tmp_path, "v1", "0" * 64)


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
    photos, subjects = list(made.photo_ids), list(made.subject_ids)
    minors = [bool(flag) for flag in made.rows.flags]
    given = (made.version, MODEL, photos, subjects, made.templates, minors)
    other_model = replace(MODEL, weights_sha256="cd" * 32)
    others = [
        Gallery("arrests-2", *given[1:]),
        Gallery(made.version, other_model, *given[2:]),
        Gallery(
            *given[:2],
            [photos[1], photos[0], *photos[2:]],
            subjects,
            made.templates,
            minors,
        ),
        Gallery(*given[:3], ["someone", *subjects[1:]], made.templates, minors),
        Gallery(*given[:4], nudged, minors),
        Gallery(*given[:5], [not minors[0], *minors[1:]]),
        a_gallery(39),
    ]
    assert Gallery(*given).digest == made.digest
    assert len({digest(one) for one in (made, *others)}) == 8


def test_a_gallery_other_than_the_recorded_one_is_refused(tmp_path: Path) -> None:
    build(tmp_path, a_gallery())
    with pytest.raises(GalleryDamaged, match="recorded"):
        load(tmp_path, "arrests-1", digest(a_gallery(seed=2)))


def test_a_large_gallery_is_searched_by_what_is_shared_and_gives_the_same_list(
    tmp_path: Path,
) -> None:
    made = a_gallery(140_000)  # more than a mebibyte of codes
    rng = np.random.default_rng(4)
    try:
        # Without Chroma, whose part takes a minute.
        final = tmp_path / made.version
        with files.only_one(tmp_path), files.appearing_whole(final) as folder:
            scanfiles.write(folder, made.version, MODEL, made.held)
        read = load(tmp_path, made.version, made.digest)
        if shared.MEMORY.is_dir():
            assert list(shared.place(tmp_path).glob("*/*"))
        for row in rng.integers(140_000, size=3):
            probe = made.templates[row]
            assert search(read, probe, MODEL, 50) == search(made, probe, MODEL, 50)
        discard(tmp_path, made.version)
        assert not list(shared.place(tmp_path).glob("*/*"))
    finally:
        shutil.rmtree(shared.place(tmp_path), ignore_errors=True)


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
    paths = [
        path
        for path in (tmp_path / made.version).rglob("*")
        if path.is_file() and path.stat().st_size
    ]
    assert len(paths) >= 15
    for path in paths:
        whole = path.read_bytes()
        harm(path)
        with pytest.raises(GalleryDamaged):
            load(tmp_path, made.version, recorded)
        path.write_bytes(whole)
    load(tmp_path, made.version, recorded).close()
    harm(tmp_path / made.version / "codes.i1")
    assert build(tmp_path, made) == recorded
    assert load(tmp_path, made.version, recorded).digest == recorded


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
    photos, subjects = list(made.photo_ids), list(made.subject_ids)
    for given in (
        (photos[1:], subjects, made.templates),
        ([photos[1], *photos[1:]], subjects, made.templates),
        (photos, subjects[1:], made.templates),
        (photos, subjects, made.templates[:, :4]),
        (photos, subjects, made.templates.astype(np.float64)),
        (photos, subjects, made.templates * np.float32("nan")),
        (photos, subjects, made.templates, [True]),
    ):
        with pytest.raises(ValueError, match="arrests-1"):
            Gallery("arrests-1", MODEL, *given)


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
from bot.matching import chroma, files, scanfiles, shared
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
        assert load(tmp_path, version, digest(made)).digest == made.digest
    following = a_gallery(50, f"v{len(present)}", len(present))
    again = load(tmp_path, following.version, build(tmp_path, following))
    assert again.digest == following.digest
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


CRAMPED = """
import resource, sys, threading
from pathlib import Path
import numpy as np
from bot.errors import Unavailable
from bot.matching.gallery import load
threading.stack_size(256 * 1024)
pages = int(Path("/proc/self/statm").read_text().split()[0])
room = pages * resource.getpagesize() + int(sys.argv[3]) * 1024**2
resource.setrlimit(resource.RLIMIT_AS, (room, room))
try:
    print(len(load(Path(sys.argv[1]), "v1", sys.argv[2])))
except Unavailable as error:
    print(type(error).__name__, error)
"""


@pytest.mark.parametrize(
    ("megabytes", "said"),
    [(8, "Unavailable There is not enough memory for gallery v1."), (2048, "9000")],
)
def test_a_gallery_for_which_there_is_no_memory_is_not_said_to_be_damaged(
    tmp_path: Path, megabytes: int, said: str
) -> None:
    """Built again it would not fit either, and whoever searches would build for ever."""
    model = ModelId("Facenet512", "ab" * 32, 512)
    rows = [f"P{n:05}" for n in range(9000)]
    made = Gallery("v1", model, rows, rows, np.ones((9000, 512), np.float32))
    with only_one(tmp_path), files.appearing_whole(tmp_path / "v1") as folder:
        scanfiles.write(folder, "v1", model, made.held)
    ended = subprocess.run(
        (sys.executable, "-c", CRAMPED, str(tmp_path), made.digest, str(megabytes)),
        env={**os.environ, "MALLOC_ARENA_MAX": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout.strip() == said, ended.stderr


def test_whoever_reads_a_copy_does_not_wait_for_a_builder_and_keeps_it(
    tmp_path: Path,
) -> None:
    """Building takes longer than a search may."""
    build(tmp_path, a_gallery())
    left = tmp_path / ".reading-left"
    left.mkdir()
    process = _started(_HOLDER, str(tmp_path))
    with files.reading_copy(tmp_path / "arrests-1" / "chroma") as copy:
        process.kill()
        _ended(process)
        left.mkdir(exist_ok=True)
        with only_one(tmp_path, 1.0):
            assert list(copy.iterdir())
            assert not left.exists()
    assert not copy.exists()


def test_nothing_that_was_in_the_memory_of_who_builds_is_in_the_files(
    tmp_path: Path,
) -> None:
    """Chroma writes memory that it never filled; here that held the template of a sealed photograph."""
    sealed = b"a template that was sealed since"

    def read(part: int) -> None:
        held = [sealed * times for times in (32, 128, 256, 512, 1024, 2048, 4000) * 9]
        del held[::2]

    with ThreadPoolExecutor(16) as threads:  # what one leaves, another is given
        list(threads.map(read, range(64)))
    build(tmp_path, a_gallery())
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert "data_level0.bin" in {path.name for path in written}
    assert [path.name for path in written if sealed in path.read_bytes()] == []


def test_a_build_whose_chroma_fails_says_why_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    made = a_gallery()
    with files.passing(tmp_path) as folder:
        scanfiles.write(folder, made.version, made.model, made.held)
        chroma.folder_of(folder, graph=False).mkdir()
        with pytest.raises(
            Unavailable, match="Chroma could not be written: FileExists"
        ):
            write_beside(folder, graph=False)
    assert [path.name for path in tmp_path.iterdir()] == []


def test_a_build_whose_chroma_is_killed_says_so(tmp_path: Path) -> None:
    made = a_gallery(20_000)

    def kill(done: int) -> None:
        for process in multiprocessing.active_children():
            process.kill()

    with files.passing(tmp_path) as folder:
        scanfiles.write(folder, made.version, made.model, made.held)
        with pytest.raises(Unavailable, match="the process was killed"):
            write_beside(folder, graph=False, told=kill)
