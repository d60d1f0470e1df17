"""Codes in memory once for all processes: a file in the system's shared memory, mapped by each.

Every process that has mapped a file holds a shared lock on it, also one that is killed loses it: so
what nobody uses any more is known, and removed by whoever comes next.
"""

import fcntl
import hashlib
import mmap
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

MEMORY = Path("/dev/shm")  # noqa: S108 - every file in it is checked by its SHA-256
_LOCK = ".lock"
_PASSING = ".passing"
_WORTH_IT = 2**20  # bytes; less is in every processor's cache anyhow


def place(root: Path, memory: Path = MEMORY) -> Path:
    """Return the folder for the galleries in ``root``."""
    key = hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:16]
    return memory / f"fis-bot-{os.geteuid()}-{key}"


def mapped(
    root: Path,
    version: str,
    source: Path,
    sha256: str,
    memory: Path = MEMORY,
    least: int = _WORTH_IT,
) -> NDArray[np.int8]:
    """Map what ``source`` holds: from shared memory, put there by whoever comes first; where there is
    none, or too little, or the file has fewer than ``least`` bytes, the file itself.

    Raises ValueError unless its SHA-256 is as told.
    """

    def copy(file: BinaryIO) -> None:
        with source.open("rb") as origin:
            shutil.copyfileobj(origin, file, 1 << 20)

    def is_right(found: NDArray[np.int8]) -> bool:
        return hashlib.sha256(found.data).hexdigest() == sha256

    size = source.stat().st_size
    found = made(root, version, sha256, size, copy, is_right, memory, least)
    if found is None:
        found = _map(source)
        if not is_right(found):
            raise ValueError("the codes are not the recorded ones")
    return found


def made(
    root: Path,
    version: str,
    name: str,
    size: int,
    fill: Callable[[BinaryIO], object],
    is_right: Callable[[NDArray[np.int8]], bool],
    memory: Path = MEMORY,
    least: int = _WORTH_IT,
) -> NDArray[np.int8] | None:
    """Map a file that ``fill`` makes if it is not there, or not right; None if it cannot be had."""
    with suppress(OSError):
        folder = place(root, memory)
        if size >= max(least, 1) and memory.is_dir() and _is_ours(folder):
            with _alone(folder):
                return _mapped_there(folder / version / name, size, fill, is_right)
    return None


def forget(root: Path, version: str, memory: Path = MEMORY) -> None:
    """Remove what was put there of a version; who has it mapped keeps it until the end."""
    folder = place(root, memory)
    if folder.is_dir():
        with _alone(folder):
            shutil.rmtree(folder / version, ignore_errors=True)


def _mapped_there(
    path: Path,
    size: int,
    fill: Callable[[BinaryIO], object],
    is_right: Callable[[NDArray[np.int8]], bool],
) -> NDArray[np.int8] | None:
    _remove_unused(path)
    with suppress(FileNotFoundError):
        found = _map(path)
        if len(found) == size and is_right(found):
            return found
    _put(path, size, fill)
    found = _map(path)
    if is_right(found):
        return found
    path.unlink()
    return None


def _is_ours(folder: Path) -> bool:
    """Anybody may write to shared memory: nothing of another user is read."""
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    private = stat.S_ISDIR(found.st_mode) and not stat.S_IMODE(found.st_mode) & 0o077
    return private and found.st_uid == os.geteuid()


@contextmanager
def _alone(folder: Path) -> Iterator[Path]:
    lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder
    finally:
        os.close(lock)


def _put(path: Path, size: int, fill: Callable[[BinaryIO], object]) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    passing = path.with_name(_PASSING)
    passing.unlink(missing_ok=True)
    handle = os.open(passing, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        # All of it now: a mapped page for which there is no memory would kill who reads it.
        os.posix_fallocate(handle, 0, size)
        with open(handle, "r+b", closefd=False) as file:
            fill(file)
        passing.rename(path)
    finally:
        os.close(handle)
        passing.unlink(missing_ok=True)


def _remove_unused(wanted: Path) -> None:
    """Of all versions what nobody has mapped."""
    for path in wanted.parent.parent.glob("*/*"):
        if path == wanted:
            continue
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
        except BlockingIOError:
            continue
        finally:
            os.close(handle)
        with suppress(OSError):
            path.parent.rmdir()


def _map(path: Path) -> NDArray[np.int8]:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if not os.fstat(handle).st_size:
            return np.empty(0, np.int8)
        fcntl.flock(handle, fcntl.LOCK_SH)
        # The map keeps a copy of the handle, and with it the lock, until the last array is gone.
        whole = mmap.mmap(handle, 0, prot=mmap.PROT_READ)
    finally:
        os.close(handle)
    with suppress(OSError):  # the system may not give huge pages to files in memory
        whole.madvise(mmap.MADV_HUGEPAGE)
    return np.frombuffer(whole, np.int8)
