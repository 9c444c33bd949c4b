"""Write a value as text that is the same before it is stored and after."""

import json
from typing import Any

from drift.codec import encode


def canonical(value: Any) -> str:
    """Return a value as text that is the same before and after storing, for any order of names.

    True becomes 1 in it: Event Grid and Resource Graph show booleans as numbers.
    """
    return json.dumps(_numbered(encode(value)), sort_keys=True, default=str)


def _numbered(value: Any) -> Any:
    match value:
        case bool():
            return int(value)
        case dict():
            return {name: _numbered(each) for name, each in value.items()}
        case list():
            return [_numbered(each) for each in value]
        case _:
            return value
