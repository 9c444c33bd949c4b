"""``summarize`` in Resource Graph's query language: counts and minima of groups of rows."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from sandbox.core.arm_errors import invalid
from sandbox.core.documents import Body

Value = Callable[[Body], Any]

_NAMED: Final = re.compile(r"([a-z]\w*) = (.+)")
_TEXT: Final = re.compile(r"tolower\(tostring\((properties(?:\.\w+)+)\)\)")
_OLDEST: Final = re.compile(r"min\(todatetime\((properties(?:\.\w+)+)\)\)")
_COUNT: Final = "count()"


@dataclass(frozen=True, slots=True)
class Summary:
    """The columns of a summary: one that counts, those that hold a minimum, those that group."""

    count: str
    minima: dict[str, Value]
    groups: dict[str, Value]

    @property
    def order(self) -> str:
        """Return the fixed order of its rows."""
        return ", ".join(f"{name} asc" for name in self.groups)

    def of(self, rows: Iterable[Body]) -> list[Body]:
        """Return one row for each group, in order."""
        found: dict[tuple[str, ...], list[Body]] = {}
        for row in rows:
            found.setdefault(tuple(value(row) for value in self.groups.values()), []).append(row)
        return [self._row(key, found[key]) for key in sorted(found)]

    def _row(self, key: tuple[str, ...], rows: list[Body]) -> Body:
        minima = {
            name: min(filter(None, map(value, rows)), default=None)
            for name, value in self.minima.items()
        }
        return {**dict(zip(self.groups, key, strict=True)), self.count: len(rows), **minima}


def read_summary(text: str) -> Summary:
    """Parse what follows ``summarize``; refuse any other form than the monitor's."""
    aggregates, _, grouped = text.partition(" by ")
    count, minima = "", {}
    for name, expression in _named(aggregates):
        if expression == _COUNT:
            count = name
        else:
            minima[name] = _value(expression, _OLDEST, lambda found: found)
    groups = {name: _value(each, _TEXT, _lowered) for name, each in _named(grouped)}
    if not count or not groups:
        raise invalid("Query is invalid: a summary needs a count and a group here.")
    return Summary(count, minima, groups)


def _named(text: str) -> Iterable[tuple[str, str]]:
    for each in text.split(", "):
        found = _NAMED.fullmatch(each.strip())
        if found is None:
            raise invalid(f"Query is invalid near '{each}'")
        yield found[1], found[2]


def _value(expression: str, form: re.Pattern[str], shown: Value) -> Value:
    found = form.fullmatch(expression)
    if found is None:
        raise invalid(f"Failed to resolve scalar expression named '{expression}'", "SEM0100")
    names = found[1].split(".")

    def value(row: Body) -> Any:
        at: Any = row
        for name in names:
            at = at.get(name) if isinstance(at, dict) else None
        return shown(at)

    return value


def _lowered(value: Any) -> str:
    return "" if value is None else str(value).lower()
