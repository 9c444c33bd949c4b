"""How values are spelt so that az takes them for what they are."""

import ast
import json
from collections.abc import Mapping
from typing import Any


def given(value: Any) -> Any:
    """Return a value without what is null in it: az refuses a null where it wants an object's field."""
    if isinstance(value, Mapping):
        return {name: given(each) for name, each in value.items() if each is not None}
    return [given(each) for each in value] if isinstance(value, list | tuple) else value


def as_json(value: Any) -> str:
    """Return a value as compact JSON."""
    return json.dumps(value, separators=(",", ":"))


def spelt(value: Any) -> str:
    """Return a value as ``--set`` must have it: a word that az would take for another type, quoted.

    az reads what follows the equals sign as JSON, then as a Python literal, and only then as a
    string: None, true and 1 would not arrive as the strings they are.
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
