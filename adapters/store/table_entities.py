"""Encode a row's JSON as properties of an Azure table, and decode it without loss.

Text, booleans and whole numbers of 64 bits are Azure's own types. Everything else (null, which Azure drops;
fractions, whose digits it rewrites; lists and objects; text with characters that some Azure clients
reject) is JSON text after ``json:``, and so is text that itself begins with ``json:``.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

COMMIT: Final = "commit_mark"
"""The property that says which commit wrote a row last; no row of ours may use the name."""

_JSON: Final = "json:"
_UNSAFE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def stored(value: Any) -> str | int:
    """Return the stored form of a value; raise TypeError or ValueError if it is not JSON."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return int(value)
    if isinstance(value, str) and not value.startswith(_JSON) and not _UNSAFE.search(value):
        return str.__str__(value)  # an enum's value, not its name
    return _JSON + json.dumps(value, separators=(",", ":"), allow_nan=False)


def restored(encoded: Any) -> Any:
    """Return the value that ``stored`` was given."""
    if isinstance(encoded, str) and encoded.startswith(_JSON):
        return json.loads(encoded.removeprefix(_JSON))
    return encoded


def properties(data: Mapping[str, Any]) -> dict[str, str | int]:
    """Return the properties that hold a row."""
    return {name: stored(value) for name, value in data.items()}
