"""Codes in memory once: several processes, processes that die, and a folder that is not ours."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bot.matching import shared

DATA = bytes(range(256)) * 64
SHA256 = hashlib.sha256(DATA).hexdigest()

_MAPPER = """
import sys
from pathlib import Path
from bot.matching import shared
root, version, source, sha256, memory = sys.argv[1:]
held = shared.mapped(Path(root), version, Path(source), sha256, Path(memory), least=1)
print(int(held[5]), flush=True)
sys.stdin.readline()
print(int(held[6]), flush=True)
"""


class Place:
    """A gallery's root with a source of codes, and a memory of its own."""

    def __init__(self, base: Path) -> None:
        self.root, self.memory = base / "galleries", base / "memory"
        self.root.mkdir()
        self.memory.mkdir()
        self.source = base / "codes.i1"
        self.source.write_bytes(DATA)

    def map(self, version: str = "v1") -> "np.typing.NDArray[np.int8]":
        return shared.mapped(
            self.root, version, self.source, SHA256, self.memory, least=1
        )

    def started(self, version: str = "v1") -> "subprocess.Popen[bytes]":
        arguments = (self.root, version, self.source, SHA256, self.memory)
        process = subprocess.Popen(
            [sys.executable, "-c", _MAPPER, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"5\n"
        return process

    def files(self) -> list[Path]:
        folder = shared.place(self.root, self.memory)
        return sorted(path for path in folder.glob("*/*") if path.is_file())


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_there_is_one_file_for_all_and_only_its_owner_may_read_it(
    place: Place,
) -> None:
    first = place.map()
    [file] = place.files()
    inode = file.stat().st_ino
    place.started().communicate()
    assert bytes(place.map()) == bytes(first) == DATA
    assert not first.flags.writeable
    assert [path.stat().st_ino for path in place.files()] == [inode]
    assert file.stat().st_mode & 0o777 == 0o600
    assert shared.place(place.root, place.memory).stat().st_mode & 0o777 == 0o700


def test_what_a_process_uses_stays_until_it_ends_or_is_killed(place: Place) -> None:
    process = place.started("v1")
    held = place.map("v2")
    assert len(place.files()) == 2
    process.kill()
    process.communicate()
    del held
    place.map("v3")
    assert [path.parent.name for path in place.files()] == ["v3"]


def test_a_forgotten_file_is_gone_and_whoever_has_it_goes_on(place: Place) -> None:
    process = place.started()
    shared.forget(place.root, "v1", place.memory)
    assert place.files() == []
    output, _ = process.communicate(b"go on\n")
    assert (output, process.returncode) == (b"6\n", 0)


@pytest.mark.parametrize("harm", [DATA[:-1], DATA[:-1] + b"!", b""])
def test_a_file_that_was_harmed_is_made_again(place: Place, harm: bytes) -> None:
    place.map()
    [file] = place.files()
    file.write_bytes(harm)
    assert bytes(place.map()) == DATA


def test_a_source_that_was_harmed_is_refused_and_nothing_stays(place: Place) -> None:
    place.source.write_bytes(DATA[::-1])
    with pytest.raises(ValueError, match="recorded"):
        place.map()
    assert place.files() == []


def test_what_a_killed_process_left_half_written_is_overwritten(place: Place) -> None:
    place.map()
    [file] = place.files()
    file.rename(file.with_name(".passing"))
    assert bytes(place.map()) == DATA
    assert [path.name for path in place.files()] == [SHA256]


@pytest.mark.parametrize("how", ["absent", "of others", "a link"])
def test_where_there_is_no_memory_of_our_own_the_file_is_mapped(
    place: Place, how: str
) -> None:
    folder = shared.place(place.root, place.memory)
    match how:
        case "absent":
            place.memory.rmdir()
        case "of others":
            folder.mkdir(mode=0o777)
            folder.chmod(0o777)
        case "a link":
            (place.memory / "elsewhere").mkdir(mode=0o700)
            folder.symlink_to(place.memory / "elsewhere")
    assert bytes(place.map()) == DATA
    assert place.files() == []


def test_few_codes_are_not_worth_sharing(place: Place) -> None:
    held = shared.mapped(place.root, "v1", place.source, SHA256, place.memory)
    assert bytes(held) == DATA
    assert place.files() == []
