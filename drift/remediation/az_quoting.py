"""Write values so that az parses them with the correct type."""

import ast
import json
from collections.abc import Mapping
from typing import Any


def given(value: Any) -> Any:
    """Return a value without null fields, which az refuses."""
    if isinstance(value, Mapping):
        return {name: given(each) for name, each in value.items() if each is not None}
    return [given(each) for each in value] if isinstance(value, list | tuple) else value


def as_json(value: Any) -> str:
    """Return a value as compact JSON."""
    return json.dumps(value, separators=(",", ":"))


def spelt(value: Any) -> str:
    """Return a value for ``--set``, with quotes where az would parse a string as another type.

    az parses the text after the equals sign as JSON, then as a Python literal, and only then as a
    string: without quotes the strings None, true and 1 would change their type.
    """
    return value if isinstance(value, str) and not _is_literal(value) else as_json(value)


def _is_literal(word: str) -> bool:
    for parse in (json.loads, ast.literal_eval):
        try:
            parse(word)
        except (ValueError, SyntaxError):
            continue
        return True
    return False
