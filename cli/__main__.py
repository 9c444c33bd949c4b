"""The command ``phidrift``: find the subcommand, import only that, turn errors into exit codes."""

import argparse
import importlib
import io
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Final, Protocol, cast

from drift.errors import BadSettings
from drift.version import __version__

COMMANDS: Final[Mapping[str, str]] = {
    "demo": "run the main job on this machine: a small estate drifts, and alerts arrive",
    "serve": "run the functions on this machine, as the Functions host would",
    "evaluate": "judge resources from a file, offline",
    "scan": "judge everything in the monitored subscriptions now, and print what is wrong",
    "replay": "post recorded events to a running serve",
    "controls": "list every control",
    "doctor": "make each call the monitor needs, and name whatever is missing",
}
"""Each command is the module of its name in this package."""

USAGE: Final = 2
OUTPUT_LOST: Final = 74
"""What was to be printed cannot be written: EX_IOERR of sysexits.h, which no verdict has."""
INTERRUPTED: Final = 130
BROKEN_PIPE: Final = 141
"""What a shell reports for a process that SIGPIPE ended."""


class Command(Protocol):
    """What a command's module offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's arguments."""

    def run(self, args: argparse.Namespace) -> int:
        """Do the work and return the exit code."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 2 for a usage or settings error."""
    if sys.stdout is None:
        return _lost("it is closed")
    _write_what_it_can()
    try:
        code = _run(sys.argv[1:] if argv is None else list(argv))
        sys.stdout.flush()
    except BadSettings as error:
        for problem in error.problems:
            print(f"phidrift: {problem}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has gone
        _give_up_output()
        return BROKEN_PIPE
    except OSError as error:
        if _can_write():
            raise
        _give_up_output()
        return _lost(error.strerror or type(error).__name__)
    return code


def _run(words: list[str]) -> int:
    name = next((each for each in words if not each.startswith("-")), "")
    command = _command(name) if name in COMMANDS else None
    try:
        args = _parser(name, command).parse_args(words)
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else USAGE
    return cast(Command, command).run(args)


def _command(name: str) -> Command:
    return cast(Command, importlib.import_module(f"cli.{name}"))


def _parser(chosen: str, command: Command | None) -> argparse.ArgumentParser:
    """Return a parser that knows every command, and the arguments of the chosen one."""
    parser = argparse.ArgumentParser(
        prog="phidrift", description="Tells when an Azure resource that holds PHI has drifted."
    )
    parser.add_argument("--version", action="version", version=f"phidrift {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, words in COMMANDS.items():
        each = commands.add_parser(name, help=words, description=f"{words[0].upper()}{words[1:]}.")
        if command and name == chosen:
            command.add_arguments(each)
    return parser


def _write_what_it_can() -> None:
    """Have a character that the terminal lacks printed as its number, as on standard error."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _can_write() -> bool:
    """Tell whether standard output takes a line: then the fault lies elsewhere."""
    try:
        print(flush=True)
    except OSError:
        return False
    return True


def _give_up_output() -> None:
    """Let nothing be written any more: Python would complain once more as it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _lost(why: str) -> int:
    print(f"phidrift: standard output cannot be written: {why}", file=sys.stderr)
    return OUTPUT_LOST


if __name__ == "__main__":
    sys.exit(main())
