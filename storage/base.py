"""What the storage classes share: a connection, a cipher, and values to columns and back."""

import json
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import CursorResult, Executable, RowMapping, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.galleries import ModelId
from storage.cipher import Cipher
from storage.tables import RequestRow
from storage.undivided import undivided

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

V = TypeVar("V", bound="DataclassInstance")


class Storage:
    """Values in, values out, on the connection of one transaction or snapshot."""

    def __init__(self, connection: AsyncConnection, cipher: Cipher) -> None:
        self._connection, self._cipher = connection, cipher

    async def _run(self, statement: Executable) -> None:
        await self._result(statement)

    async def _scalar(self, statement: Executable) -> Any:
        return await undivided(self._connection.scalar(statement))

    async def _find(self, statement: Executable) -> RowMapping | None:
        return (await self._result(statement)).mappings().first()

    async def _all(self, statement: Executable) -> list[RowMapping]:
        return list((await self._result(statement)).mappings())

    async def _result(self, statement: Executable) -> CursorResult[Any]:
        return await undivided(self._connection.execute(statement))

    async def _touch(self, request_id: Any) -> None:
        """Say that the cards of this request may have to be redrawn."""
        await self._run(
            update(RequestRow)
            .where(RequestRow.id == request_id)
            .values(change_mark=RequestRow.change_mark + 1)
        )

    def _seal(self, value: Any, context: str) -> bytes:
        """Seal anything JSON can say; the context is ``table.column:key``."""
        return self._cipher.seal(json.dumps(value, separators=(",", ":")), context)

    def _open(self, sealed: bytes, context: str) -> Any:
        return json.loads(self._cipher.open(sealed, context))


def columns(value: "DataclassInstance", *without: str) -> dict[str, Any]:
    """The fields as columns of the same names."""
    return {
        f.name: getattr(value, f.name) for f in fields(value) if f.name not in without
    }


def flat(kind: type[V], row: RowMapping, **special: Any) -> V:
    """Build a value whose fields are the columns of the same names, except the special ones."""
    plain = {f.name: row[f.name] for f in fields(kind) if f.name not in special}
    return kind(**plain, **special)


def model_columns(model: ModelId) -> dict[str, Any]:
    return {f"model_{name}": value for name, value in columns(model).items()}


def model_of(row: RowMapping) -> ModelId:
    return ModelId(row["model_name"], row["model_weights_sha256"], row["model_dim"])
