"""Write the trace of decisions: one log line for each, with its fields as data beside it.

The line is logfmt, ``event key=value key="two words"``; https://brandur.org/logfmt. The log record
carries the event in its attribute ``trace`` and the same fields as a mapping in ``fields``, for the
JSON format and for Application Insights. No line carries a secret, an object name or a query string.
"""

import functools
import json
import logging
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import Final

from drift.clock import bounds
from drift.config.secret import Secret

Value = str | int | float | bool | None | datetime | Enum | Secret | Iterable[object]
"""The types of a field; a field that is None is left out."""

Plain = str | int | float | bool
"""The JSON-ready types of a field in the log record."""

MAX_TEXT: Final = 600
"""Maximum characters of one value; the longest ARM ids have about 500."""

MAX_ITEMS: Final = 10
"""Maximum items of one list; the number of the others follows them."""

MAX_LINE: Final = 4000
"""Maximum characters of one line; later fields are left out, and ``truncated=true`` is added."""

_HIDDEN: Final = "***"
_TRUNCATED: Final = "truncated"
_SPACE: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]+")
_ADDRESS: Final = re.compile(
    r"(?i)\b([a-z][a-z0-9+.-]{0,15}://)(?:[^\s/?#@]*@)?([^\s/?#\"']*)([/?#][^\s\"']*)?"
)
"""A URL: its user, path and query may be secrets, as in a webhook address."""

_QUERY: Final = re.compile(r"(?<=[\w/.-])\?[\w.~%$-]+=[^\s\"']*")
"""A query string of an address without its host."""

_NAMED_SECRET: Final = re.compile(
    r"(?i)(?<![\w-])([\w-]*(?:key|token|secret|password|pwd|sig|signature|authorization)[\"']?)"
    r"(?:(\s*=\s*)|(\s*:\s*)(?=(?:[a-z]+\s+)?[^\s,;]*\d))([\"']?)(?:[a-z]+\s+(?=[^\s,;]*\d))?[^\s\"'&,;)]{4,}"
)
"""A name that says that a secret follows; after a colon, which may end a sentence, one with a digit."""

_UNNAMED_SECRET: Final = re.compile(
    r"\b(?:(?i:bearer|basic|splunk|sharedkey)\s+(?=\S*\d)[^\s\"',;]{16,}"
    r"|eyJ[\w-]{8,}(?:\.[\w-]+)*|whsec_[\w+/=-]+|R0[0-9A-Z]{30}\b)"
)
"""A header, a JSON web token, the secret of a signed webhook, a routing key of PagerDuty."""

_OBJECT: Final = re.compile(r"(?i)(/(?:blobs|files|objects)/).*")
"""The path of an object; the name at its end may be PHI."""

_HARMLESS: Final = re.compile(r"(?:(?!eyJ|whsec_|R0|/(?i:blobs|files|objects)/)[A-Za-z0-9_./|-])*")
"""One word without a name's end, query or scheme, in which none of the patterns above finds anything."""

_BARE: Final = re.compile(r"[^\s=\"']+")


def trace(logger: logging.Logger, event: str, /, **fields: Value) -> None:
    """Log one event at INFO, with its fields in the given order."""
    trace_at(logger, logging.INFO, event, **fields)


def trace_at(logger: logging.Logger, level: int, event: str, /, **fields: Value) -> None:
    """Log one event at a level, with its fields in the given order."""
    if not logger.isEnabledFor(level):
        return
    kept, line = _bounded(event, fields)
    logger.log(level, "%s", line, extra={"trace": event, "fields": MappingProxyType(kept)})


def _bounded(event: str, fields: Mapping[str, Value]) -> tuple[dict[str, Plain], str]:
    """Return the fields that fit on one line, and the line."""
    kept: dict[str, Plain] = {}
    line = event
    for name, value in fields.items():
        if value is None:
            continue
        plain = _plain(value)
        part = f" {name}={written(plain)}"
        if len(line) + len(part) > MAX_LINE:
            kept[_TRUNCATED] = True
            return kept, f"{line} {_TRUNCATED}=true"
        kept[name] = plain
        line += part
    return kept, line


def _plain(value: Value) -> Plain:
    match value:
        case Secret():
            return _HIDDEN
        case Enum():
            return _text(str(value.value))
        case bool() | int() | float():
            return value
        case datetime():
            return bounds.in_utc(value).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case str():
            return _text(value)
        case None:
            return ""
    return _listed([*value])


def _listed(items: list[object]) -> str:
    shown = ",".join(
        _HIDDEN if isinstance(each, Secret) else _text(str(each)) for each in items[:MAX_ITEMS]
    )
    more = len(items) - MAX_ITEMS
    return _shortened(shown) + (f",+{more} more" if more > 0 else "")


@functools.lru_cache(maxsize=1024)
def _text(text: str) -> str:
    """Return a text on one line and within MAX_TEXT, without secrets, queries and object names."""
    if len(text) <= MAX_TEXT and _HARMLESS.fullmatch(text):
        return text
    masked = _ADDRESS.sub(_host, _SPACE.sub(" ", text[: 4 * MAX_TEXT]).strip())
    masked = _NAMED_SECRET.sub(rf"\1\2\3\4{_HIDDEN}", _QUERY.sub("?…", masked))
    return _shortened(_OBJECT.sub(r"\1…", _UNNAMED_SECRET.sub(_HIDDEN, masked)))


def _host(address: re.Match[str]) -> str:
    scheme, host, path = address.groups()
    return f"{scheme}{host}/…" if path else f"{scheme}{host}"


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"


def written(value: object) -> str:
    """Return a JSON-ready value as logfmt has it: quoted where it is not one bare word."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return text if _BARE.fullmatch(text) else json.dumps(text, ensure_ascii=False)
