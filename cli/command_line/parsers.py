"""Parsers of commands and of their actions; they report a problem in one line."""

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NoReturn

from drift.untrusted_json import printable

USAGE: Final = 2
"""The exit code for wrong usage."""

_LONGEST: Final = 2000


@dataclass(frozen=True, slots=True)
class CommandAction:
    """One action of a command, such as ``show`` of ``phidrift incidents``."""

    help: str
    add_arguments: "Callable[[CommandParser], None]"


class CommandParser(argparse.ArgumentParser):
    """Has parsers of actions below it, and reports a problem in one line."""

    actions: Mapping[str, "CommandParser"] = MappingProxyType({})
    """The parser of each action, where a command has actions."""

    def add_actions(self, actions: Mapping[str, CommandAction]) -> None:
        """Give each action a parser of its own with this parser's epilog; ``args.action`` is its name."""
        parsers = self.add_subparsers(
            dest="action", metavar="ACTION", required=True, title="actions"
        )
        self.actions = {
            name: parsers.add_parser(
                name, help=each.help, description=sentence(each.help), epilog=self.epilog
            )
            for name, each in actions.items()
        }
        for name, each in actions.items():
            each.add_arguments(self.actions[name])

    @property
    def help_command(self) -> str:
        """Return the command that shows the help of this parser."""
        program, _, command = self.prog.partition(" ")
        return f"{program} help {command}".rstrip()

    def error(self, message: str) -> NoReturn:
        """Print the problem with the command that shows the usage, and exit with USAGE."""
        self.refuse(message, f"`{self.help_command}` shows the usage")

    def refuse(self, problem: str, hint: str) -> NoReturn:
        """Print the problem with a hint, and exit with USAGE."""
        print(printable(f"{self.prog}: {problem}; {hint}", _LONGEST), file=sys.stderr)
        raise SystemExit(USAGE)


def sentence(words: str) -> str:
    """Return a help text as a sentence."""
    return f"{words[0].upper()}{words[1:]}."
