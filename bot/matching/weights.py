"""Where a model's weights are, and that they are the right ones; nothing is ever fetched."""

import hashlib
import os
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from bot.domain.galleries import ModelId
from bot.errors import Refusal, Unavailable
from bot.matching.joined import PART
from bot.matching.models import KNOWN_MODELS, YUNET, Carrier, KnownModel

OPENCV = "4.14"


class MissingWeights(Unavailable):
    """A configured model's file is not where deepface looks for it."""


class WrongWeights(Unavailable):
    """A file is there, but it is not the one that was checked before."""


class LicenceForbids(Refusal):
    """The weights' licence forbids this use, and nobody has accepted it by name."""

    rule = "MODEL_LICENCE"


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """Checked files; enough to build an engine in any process."""

    model: ModelId
    home: Path
    detector: Path
    """The detector's graph as it is run."""
    recogniser: Path
    """The weights that ``model`` names."""
    graph: Path
    """The recogniser's graph as it is run: the same weights, perhaps in another order of work."""
    recogniser_sha256: str
    """Of the recogniser alone: ``model`` may be two."""
    second: Path | None = None
    """The weights of the model whose template is joined to the first one's."""

    @property
    def recogniser_name(self) -> str:
        """By which deepface knows it."""
        return self.model.name.partition("+")[0]


def prepare(
    home: Path, model: str = "SFace", *, accept_licences: Collection[str] = ()
) -> ModelFiles:
    """Put the weights where deepface looks for them, or find them there, and check their SHA-256.

    ``$FIS_MODELS`` takes the place of ``home`` when set. Safe to run in several processes at once.
    """
    home = Path(os.environ.get("FIS_MODELS") or home).absolute()
    known = _permitted(model, accept_licences)
    check_opencv()
    folder = home / ".deepface" / "weights"
    folder.mkdir(parents=True, exist_ok=True)
    detector, recogniser = _place(YUNET, folder), _place(known, folder)
    digest = known.sha256 or _remembered(recogniser)
    second = None
    named = digest
    if known.beside is not None:
        beside = _permitted(known.beside, accept_licences)
        second = _place(beside, folder)
        both = f"{digest} {beside.sha256 or _remembered(second)} {PART}"
        named = hashlib.sha256(both.encode()).hexdigest()
    return ModelFiles(
        ModelId(known.name, named, known.dim),
        home,
        _as_run(YUNET, detector),
        recogniser,
        _as_run(known, recogniser),
        digest,
        second,
    )


def check_opencv() -> None:
    """Refuse an OpenCV whose data or functions this program has not been measured with."""
    import cv2

    if not cv2.__version__.startswith(OPENCV):
        raise Unavailable(
            f"OpenCV is {cv2.__version__}; this program needs {OPENCV}. Two packages share the folder cv2: install both "
            "opencv-python-headless and opencv-contrib-python-headless at the version in requirements.lock."
        )


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _permitted(model: str, accepted: Collection[str]) -> KnownModel:
    known = KNOWN_MODELS.get(model)
    if known is None:
        raise Unavailable(
            f"No model is called {model!r}; known are {', '.join(sorted(KNOWN_MODELS))}."
        )
    if not known.allowed and model not in accepted:
        raise LicenceForbids(
            f"{model} may not be used here: {known.licence}. An administrator who holds a licence can accept it by naming "
            f"{model} in the configuration."
        )
    if known.needs and find_spec(known.needs) is None:
        raise Unavailable(
            f"{model} needs the module {known.needs}, which is not installed. For dlib: python -m pip install "
            "--require-hashes --no-deps -r requirements-dlib.lock"
        )
    return known


def _place(known: KnownModel, folder: Path) -> Path:
    path = folder / known.file
    if not path.exists():
        _write_atomically(path, _from_carrier(known, path))
    if known.sha256 is not None:
        _check(path, known.sha256)
    return path


def _as_run(known: KnownModel, weights: Path) -> Path:
    """Write the graph that is run beside the weights it is made from, once, and check it at every start."""
    if (rewritten := known.runs_as) is None:
        return weights
    path = weights.with_name(rewritten.file)
    if not path.exists():
        from bot.matching import graphs  # as below: not worth its import at every start

        _write_atomically(path, getattr(graphs, rewritten.by)(weights.read_bytes()))
    _check(path, rewritten.sha256)
    return path


def _from_carrier(known: KnownModel, wanted: Path) -> bytes:
    carrier = known.carrier
    source = _inside_package(carrier) if carrier else None
    if carrier is None or source is None or not source.is_file():
        raise MissingWeights(
            f"The weights of {known.name} are missing. Put {known.file} into {wanted.parent}. Source: {known.source}. "
            f"SHA-256: {known.sha256 or 'not published'}. Licence: {known.licence}. Nothing is fetched by this program."
        )
    _check(source, carrier.sha256)
    data = source.read_bytes()
    if not carrier.packed:
        return data
    # Needed once in the life of an installation: not worth its import time at every start.
    from bot.matching.sface import to_fp32

    return to_fp32(data)


def _inside_package(carrier: Carrier) -> Path | None:
    """Locate without importing: these packages are trusted as carriers of files, not as code."""
    spec = find_spec(carrier.package)
    folders = spec.submodule_search_locations if spec else None
    return Path(folders[0]) / carrier.path if folders else None


def _check(path: Path, expected: str) -> None:
    found = sha256_of(path)
    if found != expected:
        raise WrongWeights(
            f"{path} is not the file it should be (SHA-256 {found}, expected {expected}). Remove it and find out who changed "
            "it; then start again."
        )


def _remembered(path: Path) -> str:
    """Hold a model whose hash nobody publishes to the hash it had when it was first used."""
    note = path.with_name(path.name + ".sha256")
    if not note.exists():
        _write_atomically(note, sha256_of(path).encode())
    expected = note.read_text().strip()
    _check(path, expected)
    return expected


def _write_atomically(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)
