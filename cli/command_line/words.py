"""Finds the action and unknown options in a command line, and suggests the word that was meant."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

_OPTION: Final = re.compile(r"^  (?:-\w(?: \w+)?, )?(--[a-z-]+)( \S)?", re.MULTILINE)
"""An option in the help of a parser, and the space before the name of its value."""

_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")
"""Python 3.14 colours the help in a terminal."""

_MEANT: Final[Mapping[str, str]] = {
    "check": "config check",
    "export": "evidence export",
    "list": "incidents list",
    "run": "serve",
    "show": "incidents show",
    "start": "serve",
    "status": "health",
    "verify": "evidence verify",
    "version": "--version",
}
"""Words that are not commands here: actions of a command, or commands of other programs."""


@dataclass(frozen=True, slots=True)
class Options:
    """The long options of parsers: all of them, and those that a value follows."""

    names: tuple[str, ...]
    with_value: frozenset[str]

    def take_value(self, word: str) -> bool:
        """Tell whether a word, which may be shortened, is an option whose value is the next word."""
        return any(each.startswith(word) for each in self.with_value)


def options_in(helps: Iterable[str]) -> Options:
    """Return the options of parsers, read from their help texts."""
    found = _OPTION.findall(_COLOUR.sub("", "\n".join(helps)))
    names = dict.fromkeys(name for name, _ in found)
    return Options(tuple(names), frozenset(name for name, value in found if value))


def unknown_option(words: Iterable[str], options: Options) -> str:
    """Return the first unknown long option, "" if there is none.

    argparse would name another problem first, such as a missing argument.
    """
    named = (each.partition("=")[0] for each in takewhile(lambda each: each != "--", words))
    unknown = (each for each in named if not any(known.startswith(each) for known in options.names))
    return next((each for each in unknown if each.startswith("--")), "")


def place_of_action(words: Sequence[str], options: Options) -> int | None:
    """Return the place of the first word that is neither an option nor the value of one."""
    is_value = False
    for place, word in enumerate(words):
        if is_value:
            is_value = False
        elif not word.startswith("-"):
            return place
        else:
            is_value = options.take_value(word)
    return None


def action_first(words: Sequence[str], place: int) -> list[str]:
    """Return the words with the action in front: argparse expects the options of an action after it."""
    return [words[place], *words[:place], *words[place + 1 :]]


def hint(word: str, known: Iterable[str], otherwise: str) -> str:
    """Return a known word that is similar to the word; if there is none, ``otherwise``."""
    close = difflib.get_close_matches(word.lower(), known, n=1)
    meant = close[0] if close else _MEANT.get(word.lower(), "")
    return f"did you mean {meant}?" if meant else otherwise
