"""Chroma's files, written by a process that has never held another template.

Chroma writes parts of its memory that it never filled. In a process that read a photograph since
sealed, or only the log of a database that still had it, those parts may hold its template.
"""

import multiprocessing
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from bot.errors import Unavailable
from bot.matching import chroma, scanfiles
from bot.matching.processes import end_with_parent
from bot.matching.scanfiles import MANIFEST, Manifest

Told = Callable[[int], object]
"""How many are done."""

_DONE = ""
_READY = ["__main__", "bot.matching.chroma_writing", "chromadb"]


def write_beside(folder: Path, *, graph: bool, told: Told = lambda done: None) -> None:
    """Write the collection of the scan files in ``folder``, whose manifest is written already.

    The process is forked from a clean one, which has done nothing but import Chroma: nobody pays that
    second twice. Raises Unavailable if it fails or is killed.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_READY)
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_write, args=(folder, graph, sender))
    process.start()
    sender.close()
    try:
        while not isinstance(said := receiver.recv(), str):
            told(said)
    except EOFError:
        said = "the process was killed"
    except BaseException:
        process.kill()
        raise
    finally:
        receiver.close()
        process.join()
    if said != _DONE:
        raise Unavailable(f"The files of Chroma could not be written: {said}.")


def _write(folder: Path, graph: bool, sender: Connection) -> None:
    # Ctrl-C reaches every process of the terminal, and whoever asked for the work decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    try:
        manifest = Manifest.read((folder / MANIFEST).read_bytes())
        held = scanfiles.mapped(
            folder, manifest.rows, manifest.model.dim, manifest.limits
        )
        chroma.write(
            chroma.folder_of(folder, graph=graph),
            held.photo_ids,
            held.rows.templates,
            graph=graph,
            told=sender.send,
        )
    except Exception as error:  # noqa: BLE001 - whoever asked has to hear of it, whatever it is
        sender.send(f"{type(error).__name__}: {error}")
        return
    sender.send(_DONE)
