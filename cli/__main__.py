"""The command ``phidrift``: find the subcommand, import only that, turn errors into exit codes."""

import signal

_ON_INTERRUPT = signal.getsignal(signal.SIGINT)
if __name__ == "__main__":  # nothing has begun: Ctrl-C during an import needs no traceback
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import argparse
import difflib
import importlib
import io
import os
import re
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import Final, Protocol, cast

from adapters.checkout import code_version
from drift.errors import BadSettings
from drift.untrusted_json import printable

COMMANDS: Final[Mapping[str, str]] = {
    "demo": "play drifts and repairs in a small sandbox on this machine, and show each alert",
    "serve": "run the functions on this machine, as the Functions host would",
    "health": "show the status and the figures of a running serve",
    "evaluate": "evaluate resources from a file, offline",
    "scan": "evaluate everything in the monitored subscriptions now, and print what is wrong",
    "replay": "post recorded events to a running serve",
    "controls": "list every control, or explain one",
    "config": "check monitor.toml",
    "explain": "show what the monitor knows about a resource, what happens next, and what it waits for",
    "incidents": "list incidents, show one, or record a decision in its breach clock",
    "evidence": "export records of the evidence log with their proofs, or verify them",
    "report": "write a report for auditors about an incident or a period",
    "doctor": "make each call the monitor needs, and name what is missing",
    "help": "show the help of a command",
}
"""Each command but help is the module of its name in this package."""

_ROOT: Final = Path(__file__).resolve().parent.parent
_HELP: Final = "help"
_OPTION: Final = re.compile(r"^  (?:-\w(?: \w+)?, )?(--[a-z-]+)", re.MULTILINE)
"""An option in the help of a parser."""
_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")
"""Python 3.14 colours the help in a terminal."""

USAGE: Final = 2
OUTPUT_LOST: Final = 74
"""Standard output cannot be written: EX_IOERR of sysexits.h, a code that no result has."""
INTERRUPTED: Final = 130
BROKEN_PIPE: Final = 141
"""The exit code that a shell reports for a process that SIGPIPE ended."""


class Command(Protocol):
    """The contract of a command's module."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's arguments."""

    def run(self, args: argparse.Namespace) -> int:
        """Do the work and return the exit code."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 2 for a usage or settings error."""
    if sys.stdout is None:
        return _lost("it is closed")
    try:
        _write_what_it_can()
        code = _run(sys.argv[1:] if argv is None else list(argv))
        sys.stdout.flush()
    except BadSettings as error:
        for problem in error.problems:
            print(f"phidrift: {problem}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output has closed it
        _give_up_output()
        return BROKEN_PIPE
    except OSError as error:
        if _can_write():
            raise
        _give_up_output()
        return _lost(error.strerror or type(error).__name__)
    return code


def _run(words: list[str]) -> int:
    if words[:1] == [_HELP]:
        words = [*words[1:], "--help"]
    name = next((each for each in words if not each.startswith("-")), "")
    if name and name not in COMMANDS:
        return _unknown(name, "a command", COMMANDS)
    command = _command(name) if name and name != _HELP else None
    parser, helps = _parser(name, command)
    if not words:
        parser.print_help()
        return USAGE
    options = _OPTION.findall(_COLOUR.sub("", helps))
    if wrong := _unknown_option(words, options):
        return _unknown(wrong, "an option", options, help_of=name)
    try:
        args = parser.parse_args(words)
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else USAGE
    return cast(Command, command).run(args)


def _unknown_option(words: Sequence[str], options: Sequence[str]) -> str:
    """Return the first unknown long option, "" if there is none.

    argparse would name another problem first, such as a missing command.
    """
    named = (each.partition("=")[0] for each in takewhile(lambda each: each != "--", words))
    unknown = (each for each in named if not any(known.startswith(each) for known in options))
    return next((each for each in unknown if each.startswith("--")), "")


def _unknown(word: str, kind: str, known: Iterable[str], *, help_of: str = "") -> int:
    """Print that a word is unknown, with a suggestion; return the exit code."""
    close = difflib.get_close_matches(word, known, n=1)
    help_command = f"phidrift help {help_of}".rstrip()
    hint = f"did you mean {close[0]}?" if close else f"`{help_command}` lists them"
    command = f"phidrift {help_of}".rstrip()
    print(f"{command}: {printable(word)} is not {kind}; {hint}", file=sys.stderr)
    return USAGE


def _command(name: str) -> Command:
    with _ending_on_interrupt():
        return cast(Command, importlib.import_module(f"cli.{name}"))


@contextmanager
def _ending_on_interrupt() -> Iterator[None]:
    """Let Ctrl-C end the process without a traceback: an import may print one, or lose the signal."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)


class _Version(argparse.Action):
    """Prints the version; the commit is looked up only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(f"phidrift {code_version(_ROOT).sentence}")
        parser.exit()


def _parser(chosen: str, command: Command | None) -> tuple[argparse.ArgumentParser, str]:
    """Return a parser that knows every command and the arguments of the chosen one, and its help texts."""
    parser = argparse.ArgumentParser(
        prog="phidrift",
        description="Alerts when an Azure resource that holds PHI has drifted.",
        epilog="`phidrift help COMMAND` shows the arguments of a command.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    helps = parser.format_help()
    for name, words in COMMANDS.items():
        each = commands.add_parser(name, help=words, description=f"{words[0].upper()}{words[1:]}.")
        if command and name == chosen:
            command.add_arguments(each)
            helps += each.format_help()
    return parser, helps


def _write_what_it_can() -> None:
    """Print a character that the terminal lacks as its number, as standard error does."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _can_write() -> bool:
    """Tell whether standard output accepts a line: if so, the fault is elsewhere."""
    try:
        print(flush=True)
    except OSError:
        return False
    return True


def _give_up_output() -> None:
    """Discard the remaining output: Python would report the fault again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _lost(why: str) -> int:
    print(f"phidrift: standard output cannot be written: {why}", file=sys.stderr)
    return OUTPUT_LOST


if __name__ == "__main__":
    signal.signal(signal.SIGINT, _ON_INTERRUPT)
    sys.exit(main())
