"""KQL literals and query files: Azure Monitor takes no query parameters, so values are quoted."""

import functools
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

MAX_TEXT: Final = 512

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
    """Return a datetime literal in UTC."""
    return f"datetime({at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z)"


def with_values(query: str, values: Mapping[str, str | datetime]) -> str:
    """Return the query of a file in queries/ with ``values`` declared before it."""
    declared = [f"let {name} = {_literal(value)};" for name, value in values.items()]
    return "\n".join([*declared, _read(query)])


def _literal(value: str | datetime) -> str:
    return time_literal(value) if isinstance(value, datetime) else text_literal(value)


@functools.cache
def _read(query: str) -> str:
    if not _NAME.fullmatch(query):
        raise ValueError("a query is named by its file, in lower case and underscores")
    return (_QUERIES / f"{query}.kql").read_text(encoding="utf-8")
