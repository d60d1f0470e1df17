"""The collections of photographs that can be searched, and on what footing each is held."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from bot.domain.photographs import STANDARD_REPOSITORY
from bot.errors import Refusal

NAME_MAX = 60


@dataclass(frozen=True, slots=True)
class Repository:
    """One collection: the standard one, or an exceptional one that a commander has to open."""

    name: str
    legal_basis: str
    owner: str
    contact: str
    data_sharing_basis: str

    def facts(self) -> dict[str, str]:
        return asdict(self)


STANDARD = Repository(
    name=STANDARD_REPOSITORY,
    legal_basis="Photographs lawfully taken at arrest or on parole",
    owner="Facial Identification Section",
    contact="FIS supervisor on duty",
    data_sharing_basis="Held by the department itself",
)


@dataclass(frozen=True, slots=True)
class Repositories:
    """Every collection this installation knows; whatever is not here cannot be searched or filled."""

    standard: Repository
    exceptional: Mapping[str, Repository]

    def get(self, name: str) -> Repository:
        """Return any of them; refuse an unknown name and say which there are."""
        if name == self.standard.name:
            return self.standard
        if (found := self.exceptional.get(name)) is not None:
            return found
        known = ", ".join([self.standard.name, *self.exceptional])
        raise Refusal(
            f"There is no repository “{name}”. Known are: {known}. An administrator adds one in the "
            "file of repositories.",
            rule="UNKNOWN_REPOSITORY",
        )

    def get_exceptional(self, name: str) -> Repository:
        """Return one that needs an authorization; refuse the standard one: it needs none."""
        repository = self.get(name)
        if repository is self.standard:
            raise Refusal(
                "The standard repository needs no authorization.",
                rule="NOT_EXCEPTIONAL",
            )
        return repository
