"""One security rule as ARM shows it, validated: a property that is not understood is a doubt."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from drift import ids

_SHOWN: Final = 40
_T = TypeVar("_T")

_USUAL: Final = frozenset(
    {
        *("provisioningState", "description", "protocol", "access", "priority", "direction"),
        *("sourcePortRange", "sourcePortRanges", "destinationPortRange", "destinationPortRanges"),
        *("sourceAddressPrefix", "sourceAddressPrefixes", "sourceApplicationSecurityGroups"),
        *("destinationAddressPrefix", "destinationAddressPrefixes"),
        "destinationApplicationSecurityGroups",
    }
)
"""The names of a rule's properties as ARM spells them; a rule with any other name is respelt first."""

_USUAL_OF_DOCUMENT: Final = frozenset({"id", "name", "type", "etag", "properties"})

_SPELLINGS: Final = {each.lower(): each for each in _USUAL | _USUAL_OF_DOCUMENT}


class RuleFacts:
    """The properties of a rule, whatever their casing, and the doubts found in reading them.

    ``value`` returns a property by its name as ARM spells it, None where it is absent.
    """

    __slots__ = ("_document", "doubts", "value")

    def __init__(self, raw: object) -> None:
        self._document = _usual(raw, _USUAL_OF_DOCUMENT)
        properties = _usual(self._document.get("properties"), _USUAL)
        self.value: Callable[[str], Any] = properties.get
        self.doubts: list[str] = []

    def identity(self, parent: str) -> tuple[str, str]:
        """Return the rule's name and its id below ``parent``; "" where neither is shown."""
        named = (self._document.get(each) for each in ("name", "id"))
        name, rule_id = (each if isinstance(each, str) else "" for each in named)
        name = name or ids.name_of(rule_id)
        return name, rule_id or (f"{parent}/{name}" if name else "")

    def doubt(self, what: str, value: object) -> None:
        """Note that a property cannot be understood."""
        self.doubts.append(f"{what} {_shown(value)}")

    def word(self, name: str, meanings: Mapping[str, _T]) -> _T | None:
        """Return the meaning of a word, None with a doubt if it is missing or unknown."""
        value = self.value(name)
        meaning = meanings.get(value.lower()) if isinstance(value, str) else None
        if meaning is None:
            self.doubt(name, value)
        return meaning

    def whole(self, name: str) -> int | None:
        """Return a whole number, None with a doubt if it is missing or has another type."""
        value = self.value(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self.doubt(name, value)
        return None

    def texts(self, singular: str, plural: str) -> tuple[str, ...]:
        """Return the singular and the plural property together; both may be absent, null or empty.

        A value that is neither a string nor a number is shown by its type, which no parser accepts.
        """
        one, many = self.value(singular), self.value(plural)
        if type(one) is str and one and (many is None or many == []):
            return (one,)
        values = [] if one is None or one == "" else [one]
        if isinstance(many, list | tuple):
            values += many
        elif many is not None and many != "":
            values.append({})
        return tuple(each if type(each) is str else _text(each) for each in values)

    def group_ids(self, name: str) -> frozenset[str]:
        """Return the ids, in lower case, of a list of application security groups."""
        groups = self.value(name)
        if groups is None:
            return frozenset()
        if not isinstance(groups, list | tuple):
            groups = [groups]
        ids = [_lower(each).get("id") for each in groups]
        for each in ids:
            if not (isinstance(each, str) and each):
                self.doubt(name, each)
        return frozenset(each.lower() for each in ids if isinstance(each, str) and each)


def _usual(document: object, names: frozenset[str]) -> Mapping[str, Any]:
    """Return an object as it is where all its names are usual, else with its names as ARM spells them."""
    if isinstance(document, dict) and document.keys() <= names:
        return document
    return {_SPELLINGS.get(name, name): value for name, value in _lower(document).items()}


def _lower(document: object) -> dict[str, Any]:
    return {str(k).lower(): v for k, v in document.items()} if isinstance(document, Mapping) else {}


def _text(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return f"<{type(value).__name__}>"


def _shown(value: object) -> str:
    """Show a scalar of an unexpected type as JSON; a larger value is named by its type only."""
    if value is None:
        return "is missing"
    scalar = isinstance(value, str | int | float)
    shown = json.dumps(value, ensure_ascii=False) if scalar else f"<{type(value).__name__}>"
    return f"{shown[:_SHOWN]} is not understood"
