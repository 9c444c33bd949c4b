"""The log of ``phidrift serve``: one line for each entry, as text for people or JSON for machines."""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from traceback import extract_tb
from typing import Any, Final, TextIO

from cli.output.log_line import is_for_people, readable_line

TEXT: Final = "text"
JSON: Final = "json"
FORMATS: Final = (TEXT, JSON)

OURS: Final = ("drift", "phidrift")
"""The loggers whose INFO is shown; a library logs whole requests there."""


def write_to(stream: TextIO, format_: str, *, root: logging.Logger = logging.root) -> None:
    """Send the log to a stream: ours from INFO, everything else from WARNING."""
    handler = logging.StreamHandler(stream)
    if format_ == JSON:
        handler.setFormatter(JsonFormatter())
    else:
        handler.setFormatter(TextFormatter())
        handler.addFilter(_is_for_people)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)


class TextFormatter(logging.Formatter):
    """Local time, level, and a readable event or a message with its logger, on one line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        at = datetime.fromtimestamp(record.created).astimezone()
        moment = at.isoformat(sep=" ", timespec="milliseconds")
        if traced := _traced(record):
            return f"{moment} {record.levelname} {readable_line(*traced, str(at.date()))}"
        return f"{moment} {record.levelname} {record.name}: {_message(record)}"


class JsonFormatter(logging.Formatter):
    """One JSON object: time (UTC), level, logger, message; of a trace its event, and its fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        at = datetime.fromtimestamp(record.created, UTC)
        entry = {
            "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
        }
        if traced := _traced(record):
            entry["message"], fields = traced
            entry = {**entry, **{name: fields[name] for name in fields if name not in entry}}
        return json.dumps(entry, ensure_ascii=False, default=str)


def _traced(record: logging.LogRecord) -> tuple[str, Mapping[str, Any]] | None:
    """Return the event of a record of the decision log and its fields, None of another record."""
    fields, event = getattr(record, "fields", None), getattr(record, "trace", None)
    return (event, fields) if isinstance(event, str) and isinstance(fields, Mapping) else None


def _is_for_people(record: logging.LogRecord) -> bool:
    traced = _traced(record)
    return traced is None or is_for_people(*traced)


def _message(record: logging.LogRecord) -> str:
    """Return the message on one line; for an exception only its type and place, because it may quote PHI."""
    message = " ".join(record.getMessage().split())
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return message
    frames = extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{message} ({type(error).__name__}{place})"
