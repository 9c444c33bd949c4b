"""Rows of the queries for changes that raised no event, as the domain reads them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from drift.ports import LoggedChange

COLUMNS: Final = frozenset(
    (
        *("At", "Id", "Operation", "Resource", "Document", "Person", "ObjectId", "Application"),
        *("ApplicationId", "Address", "Authentication", "Correlation"),
    )
)
"""The columns of each query's answer."""


def change_of(row: Mapping[str, Any]) -> LoggedChange:
    """Return a row; an address loses the port that storage logs add to it."""
    at: datetime = row["At"]
    return LoggedChange(
        id=_text(row["Id"]),
        at=at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC),
        operation=_text(row["Operation"]),
        resource=_text(row["Resource"]),
        document=_text(row["Document"]),
        person=_text(row["Person"]),
        object_id=_text(row["ObjectId"]),
        application=_text(row["Application"]),
        application_id=_text(row["ApplicationId"]),
        address=_address(_text(row["Address"])),
        authentication=_text(row["Authentication"]),
        correlation_id=_text(row["Correlation"]),
    )


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _address(text: str) -> str:
    """Return an address without its port: ``203.0.113.9:51324``, ``[2001:db8::1]:51324``."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text
