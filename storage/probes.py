"""Probes: the original by its hash, and what was found in it."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import RowMapping, insert, select, update

from bot.domain.origins import Mark, Sign
from bot.domain.probes import Probe, ProbeFace
from bot.domain.quality import ImageQuality
from storage.base import Storage, columns, flat
from storage.errors import Unknown
from storage.tables import ProbeRow


class Probes(Storage):
    async def add(self, probe: Probe) -> None:
        name = self._seal(probe.file_name, _name_of(probe.request_id))
        await self._run(
            insert(ProbeRow).values(
                **columns(probe, "faces", "file_name", "signs"),
                faces=[asdict(face) for face in probe.faces],
                file_name=name,
                signs=self._sealed_signs(probe),
            )
        )
        await self._touch(probe.request_id)

    async def save(self, probe: Probe) -> None:
        """Write what was found in the original; the original itself never becomes another."""
        statement = (
            update(ProbeRow)
            .where(ProbeRow.request_id == probe.request_id)
            .where(ProbeRow.sha256 == probe.sha256)
            .values(
                format=probe.format,
                width=probe.width,
                height=probe.height,
                faces=[asdict(face) for face in probe.faces],
                chosen=probe.chosen,
                signs=self._sealed_signs(probe),
            )
            .returning(ProbeRow.request_id)
        )
        if await self._scalar(statement) is None:
            raise Unknown(f"There is no such probe of the request {probe.request_id}.")
        await self._touch(probe.request_id)

    async def find(self, request_id: str) -> Probe | None:
        row = await self._find(
            select(ProbeRow).where(ProbeRow.request_id == request_id)
        )
        return None if row is None else self._value(row)

    async def get(self, request_id: str) -> Probe:
        if (probe := await self.find(request_id)) is None:
            raise Unknown(f"There is no probe of the request {request_id}.")
        return probe

    def _sealed_signs(self, probe: Probe) -> bytes | None:
        """What a file says of itself may name anything, also people."""
        if probe.signs is None:
            return None
        found = [asdict(sign) for sign in probe.signs]
        return self._seal(found, _signs_of(probe.request_id))

    def _signs(self, row: RowMapping) -> tuple[Sign, ...] | None:
        if row["signs"] is None:
            return None
        found = self._open(row["signs"], _signs_of(row["request_id"]))
        return tuple(Sign(Mark(one["mark"]), one["found"]) for one in found)

    def _value(self, row: RowMapping) -> Probe:
        return flat(
            Probe,
            row,
            faces=tuple(face_of(face) for face in row["faces"]),
            file_name=self._open(row["file_name"], _name_of(row["request_id"])),
            signs=self._signs(row),
        )


def _name_of(request_id: str) -> str:
    return f"probes.file_name:{request_id}"


def _signs_of(request_id: str) -> str:
    return f"probes.signs:{request_id}"


def face_of(kept: dict[str, Any]) -> ProbeFace:
    left, top, width, height = kept["box"]
    return ProbeFace(
        index=kept["index"],
        box=(left, top, width, height),
        points=tuple((x, y) for x, y in kept["points"]),
        score=kept["score"],
        quality=ImageQuality(**kept["quality"]),
    )
