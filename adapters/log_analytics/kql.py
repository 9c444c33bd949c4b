"""KQL literals and query files: Azure Monitor takes no query parameters, so values are quoted."""

import functools
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from drift.access.ports import QueryValue

MAX_TEXT: Final = 512
MAX_ITEMS: Final = 2000
"""Maximum number of texts in one list; a query of this length is far below the service's limit."""

_QUERIES: Final = Path(__file__).with_name("queries")
_NAME: Final = re.compile(r"[a-z_]+")
_UNFIT: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class UnfitLiteral(ValueError):
    """A text that cannot be a KQL literal; the message never contains it."""


def text_literal(text: str) -> str:
    """Return the string literal of a text; raise UnfitLiteral."""
    if len(text) > MAX_TEXT or _UNFIT.search(text):
        raise UnfitLiteral("too long, or a control character in it")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def time_literal(at: datetime) -> str:
    """Return a datetime literal in UTC; raise UnfitLiteral for a time without a zone."""
    if at.tzinfo is None:
        raise UnfitLiteral("a time without a zone")
    return f"datetime({at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z)"


def span_literal(span: timedelta) -> str:
    """Return a timespan literal, to the microsecond."""
    sign = "-" if span < timedelta() else ""
    seconds, micros = divmod(abs(span) // timedelta(microseconds=1), 1_000_000)
    days, left = divmod(seconds, 86_400)
    clock = f"{left // 3600:02}:{left // 60 % 60:02}:{left % 60:02}.{micros:06}"
    return f"time({sign}{days}.{clock})"


def list_literal(texts: Sequence[str]) -> str:
    """Return the dynamic literal of a list of texts; raise UnfitLiteral."""
    if len(texts) > MAX_ITEMS:
        raise UnfitLiteral("too many items")
    return f"dynamic([{','.join(map(text_literal, texts))}])"


def with_values(query: str, values: Mapping[str, QueryValue]) -> str:
    """Return the query of a file in queries/ with ``values`` declared before it; raise UnfitLiteral."""
    declared = [f"let {_named(name)} = {_literal(value)};" for name, value in values.items()]
    return "\n".join([*declared, _read(query)])


def _literal(value: QueryValue) -> str:
    match value:
        case str():
            return text_literal(value)
        case datetime():
            return time_literal(value)
        case timedelta():
            return span_literal(value)
        case _:
            return list_literal(value)


def _named(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError("a value is named in lower case and underscores")
    return name


@functools.cache
def _read(query: str) -> str:
    if not _NAME.fullmatch(query):
        raise ValueError("a query is named by its file, in lower case and underscores")
    return (_QUERIES / f"{query}.kql").read_text(encoding="utf-8")
