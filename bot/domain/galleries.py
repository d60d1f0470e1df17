"""Which model made a template: numbers of two models must never be compared."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelId:
    """A model by name and by the SHA-256 of the weights that really ran."""

    name: str
    weights_sha256: str
    dim: int

    def __str__(self) -> str:
        return f"{self.name}@{self.weights_sha256[:8]}"
