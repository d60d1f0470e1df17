"""Directories that are there whole or not at all, whoever is killed when."""

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from bot.errors import Unavailable

_SUMS = "SHA256.json"
_PASSING = ".passing-"
_READING = ".reading-"
_PATIENCE_S = 120.0


@contextmanager
def only_one(root: Path, patience_s: float = _PATIENCE_S) -> Iterator[None]:
    """Let one process at a time into ``root``; the others wait, then give up. A killed one lets go by itself."""
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with FileLock(root / ".lock", timeout=patience_s):
            _clean(root)
            yield
    except Timeout:
        raise Unavailable(
            f"Another process has been working in {root} for {patience_s:.0f} s."
        ) from None


@contextmanager
def appearing_whole(final: Path) -> Iterator[Path]:
    """Give a folder to fill; when that is done, put it in the place of ``final`` in one step."""
    with passing(final.parent) as folder:
        yield folder
        put(folder, final)


def put(folder: Path, final: Path) -> None:
    """Put a filled ``passing`` folder in the place of ``final`` in one step; then nothing else is there."""
    sums = _sums(folder)
    (folder / _SUMS).write_text(json.dumps(sums, indent=1, sort_keys=True))
    _sync(folder)
    if final.exists():
        final.rename(Path(tempfile.mkdtemp(dir=final.parent, prefix=_PASSING)))
    folder.rename(final)
    _sync_one(final.parent)
    _clean(final.parent)


def discard(final: Path) -> None:
    """Remove a folder: it is gone under its name at once; what a killed process leaves, the next one
    that is alone removes."""
    if not final.exists():
        return
    doomed = Path(tempfile.mkdtemp(dir=final.parent, prefix=_PASSING))
    final.rename(doomed)
    _sync_one(final.parent)
    shutil.rmtree(doomed, ignore_errors=True)


def check(final: Path) -> dict[str, str]:
    """Return the SHA-256 of every file; raise ValueError or OSError unless every one is there and as it
    was written, and no other."""
    expected = json.loads((final / _SUMS).read_text())
    if (sums := _sums(final)) != expected:
        raise ValueError("files differ from when they were written")
    return sums


@contextmanager
def checked_copy(final: Path) -> Iterator[Path]:
    """Give a copy to work in, after proving that every file is as it was written.

    Torn files are found here, before a library that may crash on them sees them.
    """
    with passing(final.parent) as folder:
        shutil.copytree(final, folder, dirs_exist_ok=True)
        check(folder)
        yield folder


@contextmanager
def reading_copy(folder: Path) -> Iterator[Path]:
    """Give a copy of a folder within a version that may be written to for as long as it is open.

    The lock on it is gone with the process: then the next one that is alone removes the copy. Nobody
    who builds is waited for: that may take longer than a search may.
    """
    copy, handle = _held(folder.parent.parent, folder.parent.name)
    try:
        shutil.copytree(folder, copy, dirs_exist_ok=True)
        yield copy
    finally:
        os.close(handle)
        shutil.rmtree(copy, ignore_errors=True)


@contextmanager
def passing(root: Path) -> Iterator[Path]:
    """Give a folder that is gone afterwards, unless it was put somewhere."""
    folder = Path(tempfile.mkdtemp(dir=root, prefix=_PASSING))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def clean(root: Path) -> None:
    """Remove what killed processes left, unless somebody works there now: who comes in does so himself."""
    if root.is_dir():
        with suppress(Unavailable), only_one(root, 0):
            pass


def beside(root: Path, versions: Collection[str]) -> list[str]:
    """The folders that are being filled or removed, and the copies of others than these versions."""
    if not root.is_dir():
        return []
    copies = [path.name for path in root.glob(f"{_READING}*")]
    of = {name: name.removeprefix(_READING).rpartition("-")[0] for name in copies}
    passing = [path.name for path in root.glob(f"{_PASSING}*")]
    return passing + [name for name in copies if of[name] not in versions]


def _clean(root: Path) -> None:
    """Remove what killed processes left; only for the one that holds the lock."""
    for left in root.glob(f"{_PASSING}*"):
        shutil.rmtree(left, ignore_errors=True)
    for copy in root.glob(f"{_READING}*"):
        _remove_unless_held(copy)


def _held(root: Path, version: str) -> tuple[Path, int]:
    """A new folder, and the handle that holds it: another one if it was removed before it was held."""
    while True:
        copy = Path(tempfile.mkdtemp(dir=root, prefix=f"{_READING}{version}-"))
        with suppress(FileNotFoundError):
            handle = os.open(copy, os.O_RDONLY)
            fcntl.flock(handle, fcntl.LOCK_SH)
            if copy.exists():
                return copy, handle
            os.close(handle)


def _remove_unless_held(copy: Path) -> None:
    with suppress(FileNotFoundError):  # whoever held it is removing it
        handle = os.open(copy, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(copy, ignore_errors=True)
        except BlockingIOError:
            pass
        finally:
            os.close(handle)


def _sums(folder: Path) -> dict[str, str]:
    paths = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != _SUMS
    ]
    # Hashing lets go of the interpreter: two large files are read at once.
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as threads:
        sums = list(threads.map(_sha256, paths))
    return {
        path.relative_to(folder).as_posix(): found
        for path, found in zip(paths, sums, strict=True)
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        _sync_one(path)


def _sync_one(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
