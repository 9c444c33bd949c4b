"""The command ``phidrift``: find the subcommand, import only that, turn errors into exit codes."""

import signal

_ON_INTERRUPT = signal.getsignal(signal.SIGINT)
if __name__ == "__main__":  # nothing has begun: Ctrl-C during an import needs no traceback
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import argparse
import importlib
import io
import os
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol, cast

from adapters.checkout import code_version
from cli.command_line.parsers import USAGE, CommandParser, sentence
from cli.command_line.reading import read
from cli.command_line.words import hint
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

OUTPUT_LOST: Final = 74
"""Standard output cannot be written: EX_IOERR of sysexits.h, a code that no result has."""
INTERRUPTED: Final = 130
BROKEN_PIPE: Final = 141
"""The exit code that a shell reports for a process that SIGPIPE ended."""


class Command(Protocol):
    """The contract of a command's module."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the command's arguments."""

    def run(self, args: argparse.Namespace) -> int:
        """Do the work and return the exit code."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 2 for a usage or settings error."""
    if not _is_output_open():
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
    command = _command(name) if name in COMMANDS and name != _HELP else None
    top, parser = _parsers(name, command)
    if not words:
        top.print_help()
        return USAGE
    if name and name not in COMMANDS:
        return _unknown_command(name)
    place = words.index(name) + 1 if name else len(words)
    try:
        args = read(words[:place], words[place:], top, parser)
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else USAGE
    return cast(Command, command).run(args)


def _unknown_command(name: str) -> int:
    meant = hint(name, COMMANDS, f"the commands are {', '.join(COMMANDS)}")
    print(f"phidrift: {printable(name)} is not a command; {meant}", file=sys.stderr)
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


def _parsers(chosen: str, command: Command | None) -> tuple[CommandParser, CommandParser]:
    """Return a parser that knows every command, and that of the chosen one with its arguments."""
    top = CommandParser(
        prog="phidrift",
        description="Alerts when an Azure resource that holds PHI has drifted.",
        epilog="`phidrift help COMMAND` shows the arguments of a command.",
    )
    top.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    by_name = {
        name: commands.add_parser(name, help=words, description=sentence(words))
        for name, words in COMMANDS.items()
    }
    by_name[_HELP].usage = "phidrift help [COMMAND [ACTION]]"
    parser = by_name.get(chosen, top)
    if command:
        command.add_arguments(parser)
    return top, parser


def _is_output_open() -> bool:
    """Tell whether there is a standard output; errors go nowhere where theirs is closed.

    Else ``print`` would write them to standard output, among results.
    """
    if sys.stderr is None:
        sys.stderr = io.TextIOWrapper(io.FileIO(os.devnull, "w"), write_through=True)
    return sys.stdout is not None


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
