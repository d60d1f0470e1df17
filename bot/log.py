"""Structured logging for operators: ids only; what could tell about a person is struck out."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

_SECRET = re.compile(r"xox[a-z]-[\w-]+|xapp-[\w-]+|https?://\S+|Bearer \S+")
_PRIVATE_KEYS = frozenset(
    {"case_number", "name", "reason", "factual_basis", "text", "blocks", "particulars"}
)
STRUCK_OUT = "[struck out]"


def redact(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> Mapping[str, Any]:
    """Strike out private fields by name, tokens and file links wherever they stand."""
    return _clean_fields(event)


def _clean_fields(fields: Mapping[Any, Any]) -> dict[Any, Any]:
    return {
        key: STRUCK_OUT if key in _PRIVATE_KEYS else _clean(value)
        for key, value in fields.items()
    }


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _SECRET.sub(STRUCK_OUT, value)
    if isinstance(value, Mapping):
        return _clean_fields(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(one) for one in value]
    return value


class _Redacting(logging.Formatter):
    """For what libraries say: they know nothing of our fields, but tokens and links look alike."""

    def format(self, record: logging.LogRecord) -> str:
        return _SECRET.sub(STRUCK_OUT, super().format(record))


def configure(level: str = "info") -> None:
    """One JSON object a line, on standard error; the libraries' own logs only from warnings up."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redact,
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Redacting(logging.BASIC_FORMAT))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
