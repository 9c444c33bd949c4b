"""Read a command line: check its words one by one, then let argparse parse them."""

import argparse
from collections.abc import Sequence

from cli.command_line.parsers import CommandParser
from cli.command_line.words import (
    Options,
    action_first,
    hint,
    options_in,
    place_of_action,
    unknown_option,
)


def read(
    before: Sequence[str], after: Sequence[str], top: CommandParser, command: CommandParser
) -> argparse.Namespace:
    """Return the arguments of the words up to a command's name, and of those after it.

    The options of an action may stand in front of it. A wrong word is printed with a
    suggestion, and raises SystemExit.
    """
    chosen, rest = command, list(after)
    _check_options(before, top, _options(top))
    options = _options(command, *command.actions.values())
    place = place_of_action(rest, options) if command.actions else None
    if place is not None:
        chosen, rest = _action(rest[place], command), action_first(rest, place)
        options = _options(chosen)
    _check_options(rest, chosen, options)
    if place is None and command.actions and not {"-h", "--help"} & set(rest):
        command.refuse("an action is missing", _known(command))
    args, unread = top.parse_known_args([*before, *rest])
    if unread:
        is_option = unread[0].startswith("-")
        chosen.error(f"{unread[0]} is {'not an option' if is_option else 'one argument too many'}")
    return args


def _action(word: str, command: CommandParser) -> CommandParser:
    """Return the parser of an action; refuse an unknown word."""
    found = command.actions.get(word)
    if found is None:
        meant = hint(word, command.actions, _known(command))
        command.refuse(f"{word} is not an action", meant)
    return found


def _known(command: CommandParser) -> str:
    names = ", ".join(command.actions)
    return f"the actions are {names}" if len(command.actions) > 1 else f"the only action is {names}"


def _check_options(words: Sequence[str], parser: CommandParser, options: Options) -> None:
    """Refuse an unknown long option."""
    if wrong := unknown_option(words, options):
        listed = f"`{parser.help_command}` lists them"
        parser.refuse(f"{wrong} is not an option", hint(wrong, options.names, listed))


def _options(*parsers: CommandParser) -> Options:
    return options_in(each.format_help() for each in parsers)
