"""Find the line that a key of a TOML file stands in, which the reader itself forgets."""

import re
from collections.abc import Iterator
from typing import Final

Path = tuple[str | int, ...]
"""Where a value stands: ``("routes", 1, "channels")``."""

_NAME: Final = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
_NAMES: Final = rf"{_NAME}(?:\s*\.\s*{_NAME})*"
_TABLE: Final = re.compile(rf"\s*(\[\[?)\s*({_NAMES})\s*\]\]?\s*(?:#.*)?")
_KEY: Final = re.compile(rf"\s*({_NAMES})\s*=")


def find(text: str) -> dict[Path, int]:
    """Return the line, counted from 1, of each table and key that begins one.

    A value inside an array or an inline table has none of its own: ask for what it stands in.
    """
    lines: dict[Path, int] = {}
    table: Path = ()
    seen: dict[Path, int] = {}
    for number, line in _outside_long_strings(text):
        if header := _TABLE.fullmatch(line):
            table = _names(header[2])
            if header[1] == "[[":
                seen[table] = seen.get(table, -1) + 1
                table = (*table, seen[table])
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault((*table, *_names(key[1])), number)
    return lines


def nearest(lines: dict[Path, int], path: Path) -> int:
    """Return the line of a value or of the closest thing around it, 0 where nothing is known."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 0)


def shown(path: Path) -> str:
    """Return a path as people write it: ``routes[1].channels``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def _names(dotted: str) -> tuple[str, ...]:
    return tuple(each.strip("\"'") for each in re.findall(_NAME, dotted))


def _outside_long_strings(text: str) -> Iterator[tuple[int, str]]:
    inside = ""
    for number, line in enumerate(text.splitlines(), 1):
        if not inside:
            yield number, line
        for mark in ('"""', "'''"):
            if inside in ("", mark) and line.count(mark) % 2:
                inside = "" if inside else mark
