"""Read the tables of monitor.toml key by key, and collect every problem."""

import difflib
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from drift.config import toml_lines
from drift.config.toml_lines import Path
from drift.errors import BadSettings
from drift.model import sentence

MOST_ITEMS: Final = 1000

TextCheck = Callable[[str], str]
"""Returns the problem of a string, "" where the string is valid."""

_PLACE: Final = re.compile(r"at line (\d+)")
_EMPTY_LIST: Final = re.compile(r"[^=#]+= *\[ *\]")
_CLOSED: Final = re.compile(r"Cannot (?:declare|mutate)[^(]*\((.+?)\)")


class Problems:
    """Collects the problems of a file, each with its line and key."""

    def __init__(self, text: str, file: str) -> None:
        self._file = file
        self._lines = toml_lines.find(text)
        self._found: list[tuple[int, str]] = []

    @property
    def messages(self) -> tuple[str, ...]:
        """Return the problems, in the order of the lines."""
        return tuple(message for _, message in sorted(self._found, key=lambda each: each[0]))

    def add(self, path: Path, why: str) -> None:
        """Add one problem with the value at a path."""
        line = toml_lines.nearest(self._lines, path)
        place = f"line {line}, " if line else ""
        self._found.append(
            (line, f"{self._file}: {place}{toml_lines.dotted(path)}: {sentence(why)}")
        )


class TomlTable:
    """One table. Each key is taken once; ``close`` refuses the keys that were not taken."""

    def __init__(self, values: object, path: Path, problems: Problems) -> None:
        self.path = path
        self._problems = problems
        self._left: dict[str, Any] = {}
        self._known = set[str]()
        self._is_table = isinstance(values, Mapping)
        if isinstance(values, Mapping):
            self._left.update(values)
        else:
            problems.add(path, "must be a table")

    def refuse(self, key: str, why: str, *place: int) -> None:
        """Add a problem with a key, or with the item at that index of its list.

        If the table itself is not a table, that is the only problem.
        """
        if self._is_table:
            self._problems.add((*self.path, key, *place), why)

    def close(self) -> None:
        """Refuse every key that was not taken, and suggest the known key that is closest."""
        for key in self._left:
            close = difflib.get_close_matches(key, self._known, n=1)
            self.refuse(key, f"unknown key{f'; did you mean {close[0]}?' if close else ''}")

    def left(self) -> tuple[str, ...]:
        """Return the keys not yet taken."""
        return tuple(self._left)

    def table(self, key: str) -> "TomlTable":
        """Return the table at a key, an empty one where the key is absent."""
        return TomlTable(self._take(key, {}), (*self.path, key), self._problems)

    def tables(self, key: str) -> Iterator["TomlTable"]:
        """Yield the tables of an array of tables."""
        for place, values in enumerate(self._list(key, ()) or ()):
            yield TomlTable(values, (*self.path, key, place), self._problems)

    def number(self, key: str, default: float, low: float, high: float) -> float:
        """Return a number within the limits."""
        value = self._take(key, default)
        return value if self._is_number((low, high), value, key) else default

    def whole(self, key: str, default: int, low: int, high: int) -> int:
        """Return a whole number within the limits."""
        value = self._take(key, default)
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        self.refuse(key, f"must be a whole number from {low} to {high}")
        return default

    def wholes(self, key: str, default: tuple[int, ...], low: int, high: int) -> tuple[int, ...]:
        """Return a list of whole numbers within the limits."""
        values = self._list(key, default)
        if values is None:
            return default
        for place, value in enumerate(values):
            if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
                self.refuse(key, f"must be a whole number from {low} to {high}", place)
        return tuple(each for each in values if isinstance(each, int))

    def numbers(
        self, key: str, default: tuple[float, ...], *, low: float, high: float, empty: bool
    ) -> tuple[float, ...]:
        """Return a list of numbers within the limits; ``empty``: the list may be empty."""
        values = self._list(key, default)
        if values is None:
            return default
        if not values and not empty:
            self.refuse(key, "must not be empty")
        return tuple(
            value
            for place, value in enumerate(values)
            if self._is_number((low, high), value, key, place)
        )

    def word(self, key: str, check: TextCheck, default: str | None = None) -> str:
        """Return a string that passes the check; a key without a default is required."""
        value = self._take(key, default)
        if value is None:
            self.refuse(key, "the required key is missing")
        else:
            self._check_word(check, value, key)
        return str(value)

    def words(
        self, key: str, default: tuple[str, ...], check: TextCheck, *, if_empty: str = ""
    ) -> tuple[str, ...]:
        """Return a list of strings that pass the check; ``if_empty``: the problem of an empty list."""
        values = self._list(key, default)
        if values is None:
            return default
        if not values and if_empty:
            self.refuse(key, if_empty)
        for place, value in enumerate(values):
            self._check_word(check, value, key, place)
        return tuple(map(str, values))

    def moment(self, key: str) -> datetime:
        """Return a time with an offset, in UTC; a date means 00:00 UTC of that day."""
        value = self._take(key, None)
        if isinstance(value, datetime) and value.tzinfo:
            return value.astimezone(UTC)
        if isinstance(value, date) and not isinstance(value, datetime):
            return datetime(value.year, value.month, value.day, tzinfo=UTC)
        if value is None:
            self.refuse(key, "the required key is missing")
        else:
            self.refuse(
                key, "must be a date, or a time with an offset such as 2027-01-31T00:00:00Z"
            )
        return datetime.max.replace(tzinfo=UTC)

    def dates(self, key: str) -> tuple[str, ...]:
        """Return a list of dates, each as text such as 2027-01-31; none where the key is absent."""
        found = []
        for place, value in enumerate(self._list(key, ()) or ()):
            if isinstance(value, date) and not isinstance(value, datetime):
                found.append(value.isoformat())
            else:
                self.refuse(key, "must be a date such as 2027-01-31", place)
        return tuple(found)

    def _take(self, key: str, default: Any) -> Any:
        """Remove and return the value of a key, and note the key as known."""
        self._known.add(key)
        return self._left.pop(key, default)

    def _list(self, key: str, default: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """Return a list, None where the value is not a list and was refused."""
        value = self._take(key, default)
        if isinstance(value, list | tuple) and len(value) <= MOST_ITEMS:
            return tuple(value)
        self.refuse(key, f"must be a list of at most {MOST_ITEMS} items")
        return None

    def _is_number(self, limits: tuple[float, float], value: Any, key: str, *place: int) -> bool:
        low, high = limits
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if number and low <= value <= high:
            return True
        self.refuse(key, f"must be a number from {low:g} to {high:g}", *place)
        return False

    def _check_word(self, check: TextCheck, value: object, key: str, *place: int) -> None:
        text = value if isinstance(value, str) and value.strip() else ""
        wanted = check(text) or ("" if text else "must be a string that is not empty")
        if wanted:
            self.refuse(key, wanted, *place)


def parse_table(text: str, file: str) -> tuple[TomlTable, Problems]:
    """Return a file as a table, and the collector of its problems; raise BadSettings if it is not TOML.

    ``file`` is the name of the file in the problems.
    """
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadSettings((f"{file}: {_syntax_problem(text, str(error))}",)) from None
    except RecursionError:
        raise BadSettings((f"{file}: The file is nested too deeply",)) from None
    except ValueError:  # Python refuses to convert a number with more digits than its limit
        line = toml_lines.line_of_number(text, sys.get_int_max_str_digits())
        raise BadSettings((f"{file}: line {line}: A number has too many digits",)) from None
    problems = Problems(text, file)
    return TomlTable(values, (), problems), problems


def _syntax_problem(text: str, error: str) -> str:
    """Return why a text is not TOML; tomllib does not say where a key was defined before."""
    place = _PLACE.search(error)
    until = int(place[1]) if place else len(text.splitlines())
    twice = toml_lines.repeated(text)
    if twice and twice[2] <= until:
        path, first, second = twice
        return f"line {second}, {toml_lines.dotted(path)}: {_repetition(text, first, second)}"
    closed = _CLOSED.match(error)
    if closed:
        keys = tuple(re.findall(r"'([^']*)'", closed[1]))
        table = toml_lines.dotted(keys)
        return f"line {until}, {table}: The table is already complete and cannot be extended"
    return error.replace("at end of document", f"at line {until}, the end of the file")


def _repetition(text: str, first: int, second: int) -> str:
    """Return what to do about a key or table that is defined in two lines."""
    lines = ["", *text.split("\n")]
    both = [lines[each].strip() for each in (first, second)]
    if _EMPTY_LIST.fullmatch(both[0]):
        return f"The key is already set in line {first} ({both[0]}). Remove line {first}"
    if all(each.startswith("[") for each in both):
        return f"The table is already defined in line {first}. Move its keys there"
    return f"The key is already set in line {first}. Remove one of the two"
