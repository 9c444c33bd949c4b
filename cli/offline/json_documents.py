"""The JSON objects in a file or on standard input, in any arrangement, with their lines.

One object, an array of them, one a line, or one after another as jq prints them. A line that cannot
be read is reported, and the others are still returned.
"""

import errno
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from drift.untrusted_json import UnfitNumber, load, load_at

STDIN: Final = "-"

_MAX_DEPTH: Final = 100
"""Maximum nesting of one object, so that recursion does not exhaust the stack."""

_SPACE: Final = re.compile(r"[ \t\r\n]*")
_WHOLE: Final = re.compile(r"^\{.*\},?[ \t\r]*$", re.MULTILINE)
_STRING_OR_WORD: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[-+.\w]+', re.DOTALL)
_BEGINS_WITH_ID: Final = re.compile(
    r'\s*\{\s*"id"\s*:\s*"/?subscriptions/([^/"]+)["/]', re.IGNORECASE
)
_UNDECODED: Final = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True, slots=True)
class Item:
    """A JSON object and the line it begins on."""

    line: int
    value: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line without a valid JSON object; ``subscription`` is that of its id, "" where not known."""

    line: int
    why: str
    subscription: str = ""


_MOST_BYTES: Final = 256 * 1024**2
"""A larger input is refused before it fills the memory. A body has some KiB."""


def read(name: str) -> str:
    """Return the text of a file, or of standard input for "-"; raise OSError, also where it is too large.

    PowerShell writes UTF-16 with a byte order mark. Bytes that are not UTF-8 are kept as lone
    surrogates, so that only their line is refused.
    """
    if name == STDIN:
        raw = _bounded(sys.stdin.buffer)
    else:
        with Path(name).open("rb") as opened:
            raw = _bounded(opened)
    encoding = json.detect_encoding(raw)
    errors = "surrogateescape" if encoding.startswith("utf-8") else "replace"
    return raw.decode(encoding, errors).removeprefix("\ufeff")


def _bounded(opened: BinaryIO) -> bytes:
    raw = opened.read(_MOST_BYTES + 1)
    if len(raw) > _MOST_BYTES:
        raise OSError(errno.EFBIG, f"it is larger than {_MOST_BYTES // 1024**2} MiB: split it")
    return raw


def items(text: str) -> tuple[Item | BadLine, ...]:
    """Return every object of the text and every line without one, in order."""
    values = tuple(_values(text))
    if not values:
        return (BadLine(1, "the input is empty"),) if not text.strip() else ()
    bad = tuple(each for each in values if isinstance(each, BadLine))
    if not bad or not _stands_by_line(text):
        return values
    by_line = tuple(_lines(text))
    return by_line if any(isinstance(each, BadLine) for each in by_line) else (*by_line, *bad)


def _values(text: str) -> Iterator[Item | BadLine]:
    """Yield the objects one after another, up to the first text that is not JSON."""
    scanner = _Scanner(text)
    try:
        while first := scanner.peek():
            if first == "[":
                yield from scanner.array()
            else:
                yield scanner.item()
    except json.JSONDecodeError as error:
        yield BadLine(error.lineno, f"it is not JSON: {error.msg}")
    except UnfitNumber as error:
        yield BadLine(scanner.line_of(error.text), f"it is not JSON: {error}")
    except ValueError as error:
        yield BadLine(scanner.line, f"it is not JSON: {error}")


class _Scanner:
    """A position in a text of several JSON values."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self.line = 1

    def peek(self) -> str:
        """Return the next character that is not white space, "" at the end."""
        space = _SPACE.match(self._text, self._at)
        self._move(space.end() if space else self._at)
        return self._text[self._at : self._at + 1]

    def item(self) -> Item | BadLine:
        """Take the value that begins at the position."""
        line, names = self.line, _Names()
        value, end = load_at(self._text, self._at, names.object)
        if _UNDECODED.search(self._text, self._at, end):
            raise ValueError("its bytes are not UTF-8")
        self._move(end)
        return _item(line, value, names)

    def array(self) -> Iterator[Item | BadLine]:
        """Take the items of the array that begins at the position, one by one."""
        self._at += 1
        if self.peek() == "]":
            self._at += 1
            return
        while self.peek():
            yield self.item()
            separator = self.peek()
            self._at += 1
            if separator == "]":
                return
            if separator != ",":
                raise ValueError("an item of an array must be followed by a comma or ]")
        raise ValueError("the array has no closing ]")

    def line_of(self, word: str) -> int:
        """Return the line of a word, outside of strings, in the value that begins at the position."""
        found = _STRING_OR_WORD.finditer(self._text, self._at)
        at = next((each.start() for each in found if each.group() == word), self._at)
        return self.line + self._text.count("\n", self._at, at)

    def _move(self, end: int) -> None:
        self.line += self._text.count("\n", self._at, end)
        self._at = end


def _stands_by_line(text: str) -> bool:
    """Tell whether a line holds a whole object that is not part of another one."""
    return any(isinstance(_of_line(0, each.group()), Item) for each in _WHOLE.finditer(text))


def _lines(text: str) -> Iterator[Item | BadLine]:
    """Yield the object of each line; lines with only a bracket of an array are skipped."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() not in ("", "[", "]"):
            yield _of_line(number, line)


def _of_line(number: int, line: str) -> Item | BadLine:
    if _UNDECODED.search(line):
        return BadLine(number, "it is not JSON: its bytes are not UTF-8")
    names = _Names()
    try:
        return _item(number, load(line.strip().removesuffix(","), names.object), names)
    except json.JSONDecodeError as error:
        return BadLine(number, f"it is not JSON: {error.msg}", _subscription_of(line))
    except ValueError as error:
        return BadLine(number, f"it is not JSON: {error}", _subscription_of(line))


def _subscription_of(line: str) -> str:
    """Return the subscription of an object that begins with its id, as Azure's own answers do."""
    found = _BEGINS_WITH_ID.match(line)
    return found.group(1).lower() if found else ""


class _Names:
    """Builds objects, and records a name that one object has twice; ARM ignores the case of names."""

    def __init__(self) -> None:
        self.twice: str | None = None

    def object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """Make one object."""
        seen = set[str]()
        for name, _ in pairs:
            if name.lower() in seen:
                self.twice = name
            seen.add(name.lower())
        return dict(pairs)


def _item(line: int, value: object, names: _Names) -> Item | BadLine:
    if names.twice is not None:
        return BadLine(line, f'"{names.twice}" appears twice in one object')
    if not isinstance(value, dict):
        return BadLine(line, "it is not an object")
    return BadLine(line, "it is nested too deeply") if _is_deep(value) else Item(line, value)


def _is_deep(value: dict[str, Any]) -> bool:
    level: list[Any] = [value]
    for _ in range(_MAX_DEPTH):
        inner = (each.values() if isinstance(each, dict) else each for each in level)
        level = [item for items in inner for item in items if isinstance(item, dict | list)]
    return bool(level)
