"""Column types: moments that are aware and in UTC, enums by value."""

from datetime import UTC, datetime
from enum import Enum
from typing import Any, TypeVar

from sqlalchemy import DateTime, Dialect, Integer, String
from sqlalchemy.types import TypeDecorator, TypeEngine

E = TypeVar("E", bound=Enum)


class Utc(TypeDecorator[datetime]):
    """A moment; refuses a naive one, which could be any of two dozen."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive datetime cannot be stored: {value}")
        return value.astimezone(UTC)

    def process_result_value(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        # SQLite keeps no zone; what bind_param wrote is UTC.
        if value is None or dialect.name != "sqlite":
            return value
        return value.replace(tzinfo=UTC)


class Choice(TypeDecorator[E]):
    """An enum by its value, so that renaming a member in the code breaks no row."""

    impl = String(40)
    cache_ok = True

    def __init__(self, kind: type[E]) -> None:
        super().__init__()
        self.kind = kind

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        numbers = all(isinstance(member.value, int) for member in self.kind)
        return dialect.type_descriptor(Integer() if numbers else String(40))

    def process_bind_param(self, value: E | None, dialect: Dialect) -> Any:
        return None if value is None else self.kind(value).value

    def process_result_value(self, value: Any, dialect: Dialect) -> E | None:
        return None if value is None else self.kind(value)
