"""Photographs of an evaluation into templates, as they are and degraded, in processes of their own."""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.errors import Refusal, Unavailable
from bot.matching.degradations import DEGRADATIONS
from bot.matching.engine import FaceEngine, Template, main_face
from bot.matching.images import MAX_BYTES, Image, decode
from bot.matching.processes import EngineProcesses


@dataclass(frozen=True, slots=True)
class Task:
    """A photograph, the degradations to be made of it, and what chance in them depends on."""

    path: Path
    name: str
    degradations: tuple[str, ...] = ()
    seed: int = 0


class Encoders(EngineProcesses):
    """No degraded face is ever written anywhere: it is made in the process that encodes it."""

    def encode(self, tasks: Iterable[Task]) -> Iterator[list[Template | None]]:
        """Yield, in order, the template of each photograph and then of its degradations; None: no face found."""
        return self.through(encode, tasks)


def encode(engine: FaceEngine, task: Task) -> list[Template | None]:
    """Encode the main face of a photograph and of each of its degradations.

    A photograph without a face cannot be degraded (nobody knows where the mask belongs): no face is
    found in its degradations either. A file that cannot be read at all stops the evaluation.
    """
    try:
        with task.path.open("rb") as file:
            image = decode(file.read(MAX_BYTES + 1)).image
    except OSError as error:
        raise Unavailable(f"{task.name} cannot be read: {error.strerror}.") from error
    except Refusal:
        return [None] * (1 + len(task.degradations))
    if not (faces := engine.faces(image)):
        return [None] * (1 + len(task.degradations))
    face = main_face(faces, image)
    spoilt = (
        DEGRADATIONS[name](image, face.points, _random(task, name))
        for name in task.degradations
    )
    return [face.template, *(_template(engine, one) for one in spoilt)]


def _template(engine: FaceEngine, image: Image) -> Template | None:
    faces = engine.faces(image)
    return main_face(faces, image).template if faces else None


def _random(task: Task, degradation: str) -> np.random.Generator:
    """The same for the same photograph and degradation, whatever else is evaluated and in which order."""
    names = (zlib.crc32(text.encode()) for text in (task.name, degradation))
    return np.random.default_rng([task.seed, *names])
