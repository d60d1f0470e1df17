"""The engines of one process, by the model of the gallery that is to be searched."""

from collections.abc import Callable, Collection
from pathlib import Path

from bot.domain.galleries import ModelId
from bot.errors import FisError, Unavailable
from bot.matching.deepface_engine import DeepFaceEngine
from bot.matching.engine import FaceEngine
from bot.matching.weights import ModelFiles, prepare

Load = Callable[[ModelFiles], FaceEngine]
_KEPT = 2
"""One model and its successor: more would only be held in memory."""


class EngineMissing(Unavailable):
    """A gallery belongs to a model that cannot run here."""


class Engines:
    """Loads the engine of a model when it is first asked for; not to be asked from two threads at once."""

    def __init__(
        self,
        home: Path,
        accept_licences: Collection[str] = (),
        load: Load = DeepFaceEngine,
    ) -> None:
        self._home = home
        self._accept_licences = accept_licences
        self._load = load
        self._loaded: dict[ModelId, FaceEngine] = {}

    def named(self, name: str) -> FaceEngine:
        """The engine of the weights that are here under this name, for before there is a gallery."""
        return self._engine(self._prepared(name))

    def of(self, model: ModelId) -> FaceEngine:
        """Raise EngineMissing unless exactly these weights are here."""
        if (known := self._loaded.get(model)) is not None:
            return known
        try:
            files = self._prepared(model.name)
        except FisError as missing:
            raise EngineMissing(
                f"The gallery that is searched belongs to {model}, which cannot run here: {missing}"
            ) from missing
        if files.model != model:
            raise EngineMissing(
                f"The gallery that is searched belongs to {model}; the weights of that name here are "
                f"{files.model}. Put the weights with SHA-256 {model.weights_sha256} in their place, or have "
                "the gallery of these weights proposed with “app.py reindex”."
            )
        return self._engine(files)

    def _prepared(self, name: str) -> ModelFiles:
        return prepare(self._home, name, accept_licences=self._accept_licences)

    def _engine(self, files: ModelFiles) -> FaceEngine:
        if files.model not in self._loaded:
            while len(self._loaded) >= _KEPT:
                del self._loaded[next(iter(self._loaded))]
            self._loaded[files.model] = self._load(files)
        return self._loaded[files.model]
