"""Find the line on which each key and item of a TOML file begins; tomllib does not report it."""

import re
from collections.abc import Iterator
from typing import Final

Path = tuple[str | int, ...]
"""The keys and list indexes that lead to a value: ``("routes", 1, "channels", 0)``."""

_TOKEN: Final = re.compile(
    r"""
    [ \t\r]+ | \#[^\n]*                                  # skipped below
    | \"{3}(?:\\.|[^\\])*?\"{3,5} | '{3}.*?'{3,5}        # strings, the long ones first
    | "(?:\\.|[^"\\\n])*" | '[^'\n]*'
    | [^\s\[\]{},=.\#"']+                                # names, numbers, times
    | .                                                  # punctuation and line ends
    """,
    re.VERBOSE | re.DOTALL,
)
_SKIPPED: Final = (" ", "\t", "\r", "#")
_END: Final = ("", "\n")


def find(text: str) -> dict[Path, int]:
    """Return the line, counted from 1, of each table, key and item."""
    lines: dict[Path, int] = {}
    for path, line in _Scanner(text).places():
        for length in range(1, len(path) + 1):  # a dotted key also defines the tables in it
            lines.setdefault(path[:length], line)
    return lines


def repeated(text: str) -> tuple[Path, int, int] | None:
    """Return the first table or key that is defined a second time, and the lines of both definitions.

    The text need not be TOML: then the result is meaningful only before its first error.
    """
    seen: dict[Path, int] = {}
    for path, line in _Scanner(text).places():
        if path in seen:
            return path, seen[path], line
        seen[path] = line
    return None


def line_of_number(text: str, digits: int) -> int:
    """Return the line of the first number with more than ``digits`` digits, 0 where there is none."""
    long = (line for token, line in _tokens(text) if len(token) > digits and token[-1].isdigit())
    return next(long, 0)


def nearest(lines: dict[Path, int], path: Path) -> int:
    """Return the line of a value, else of the nearest table around it, else 0."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 0)


def dotted(path: Path) -> str:
    """Return a path as text: ``routes[1].channels[0]``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


class _Scanner:
    """Walks the tokens of a text; it ends for any text, even one that is not TOML."""

    def __init__(self, text: str) -> None:
        self._tokens = tuple(_tokens(text))
        self._at = 0

    def places(self) -> Iterator[tuple[Path, int]]:
        """Yield the path of each table, key and item and its line, in order."""
        table: Path = ()
        seen: dict[Path, int] = {}
        while found := self._next():
            if found == "[":
                line = self._line()
                table = self._header(seen)
                if (
                    table and table[-1] == 0
                ):  # the first item of an array of tables also defines the array
                    yield table[:-1], line
                yield table, line
            elif found != "\n":
                yield from self._pair(table)
            self._take()

    def _header(self, seen: dict[Path, int]) -> Path:
        """Consume a table header and return its path, with an index for an array of tables."""
        self._take()
        is_item = self._next() == "["
        table: Path = self._names("]", "\n", "")
        while self._next() not in _END:
            self._take()
        if is_item:
            seen[table] = seen.get(table, -1) + 1
            table = (*table, seen[table])
        return table

    def _pair(self, above: Path) -> Iterator[tuple[Path, int]]:
        line = self._line()
        path = (*above, *self._names("=", "\n", ""))
        yield path, line
        self._take()
        yield from self._value(path)

    def _value(self, path: Path) -> Iterator[tuple[Path, int]]:
        opening = self._next()
        if opening in ("[", "{"):
            self._take()
            yield from self._items(path) if opening == "[" else self._pairs(path)
            self._take()
            return
        while self._next() not in (*_END, ",", "]", "}"):
            self._take()

    def _items(self, path: Path) -> Iterator[tuple[Path, int]]:
        place = 0
        while (found := self._next()) not in ("", "]"):
            if found in ("\n", ",", "}"):
                self._take()
                continue
            yield (*path, place), self._line()
            yield from self._value((*path, place))
            place += 1

    def _pairs(self, path: Path) -> Iterator[tuple[Path, int]]:
        while (found := self._next()) not in ("", "}"):
            if found in ("\n", ","):
                self._take()
            else:
                yield from self._pair(path)

    def _names(self, *ends: str) -> tuple[str, ...]:
        """Consume a dotted key up to one of the end tokens, and return its names."""
        names = []
        while (found := self._next()) not in ends:
            if found not in (".", "["):
                names.append(found.strip("\"'"))
            self._take()
        return tuple(names)

    def _next(self) -> str:
        """Return the next token, "" at the end."""
        return self._tokens[self._at][0] if self._at < len(self._tokens) else ""

    def _line(self) -> int:
        return self._tokens[self._at][1]

    def _take(self) -> None:
        self._at += 1


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    line = 1
    for found in _TOKEN.findall(text):
        if not found.startswith(_SKIPPED):
            yield found, line
        line += found.count("\n")
