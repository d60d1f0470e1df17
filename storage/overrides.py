"""Why examiners proposed somebody on an image that is warned about; the reasons sealed."""

from collections.abc import Sequence

from sqlalchemy import delete, insert, select

from bot.domain.overrides import Override
from bot.domain.quality import Warned
from storage.base import Storage
from storage.tables import QualityOverrideRow


class Overrides(Storage):
    async def add(self, override: Override) -> None:
        id = override.examination_id
        await self._run(
            insert(QualityOverrideRow).values(
                examination_id=id,
                warned=[kind.value for kind in override.warned],
                reason=self._seal(override.reason, _reason_of(id)),
                at=override.at,
            )
        )

    async def find(self, examination_id: str) -> Override | None:
        row = await self._find(
            select(QualityOverrideRow).where(
                QualityOverrideRow.examination_id == examination_id
            )
        )
        if row is None:
            return None
        return Override(
            examination_id=examination_id,
            warned=tuple(map(Warned, row["warned"])),
            reason=self._open(row["reason"], _reason_of(examination_id)),
            at=row["at"],
        )

    async def purge(self, examination_ids: Sequence[str]) -> None:
        """Destroy them: a reason may describe a candidate."""
        row = QualityOverrideRow
        await self._run(delete(row).where(row.examination_id.in_(examination_ids)))


def _reason_of(examination_id: str) -> str:
    return f"quality_overrides.reason:{examination_id}"
