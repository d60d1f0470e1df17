"""The settings that two people decide on, as they are in force: the value approved last, for every process."""

from collections.abc import Mapping

from storage.database import Snapshot


class Governed:
    """``given`` are the values of this process's settings; they count only until the record has others,
    that is before the first start of a bot on it."""

    def __init__(self, given: Mapping[str, object]) -> None:
        self._given = given

    async def list_length(self, snapshot: Snapshot) -> int:
        return int(str(await self._value(snapshot, "FIS_LIST_LENGTH")))

    async def blind_check_share(self, snapshot: Snapshot) -> float:
        return float(str(await self._value(snapshot, "FIS_BLIND_CHECK_SHARE")))

    async def weak_below(self, snapshot: Snapshot) -> float:
        return float(str(await self._value(snapshot, "FIS_WEAK_BELOW")))

    async def is_approximate(self, snapshot: Snapshot) -> bool:
        """Whether Chroma's graph is asked in the place of every template."""
        return await self._value(snapshot, "FIS_SEARCH") == "chroma"

    async def _value(self, snapshot: Snapshot, name: str) -> object:
        return (await snapshot.changes.in_force()).get(name, self._given[name])
