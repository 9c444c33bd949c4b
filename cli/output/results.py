"""The results of ``evaluate`` and ``scan``: which are printed, in which format, and the counts."""

import argparse
import csv
import difflib
import enum
import os
import sys
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TextIO

from cli.offline.result_line import as_data, line
from cli.output.colours import paint_for
from cli.output.progress import Progress
from cli.output.results_table import PrintedResult, Style, Tallies, rendered
from cli.output.width import terminal_width
from drift.controls.result import ControlResult
from drift.errors import BadSettings
from drift.model import Outcome, Severity
from drift.untrusted_json import printable

_CSV_COLUMNS: Final = (
    *("case", "resourceId", "control", "outcome", "severity", "phi", "reason", "hipaa"),
    *("fixCommand", "fixNote"),
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet runs a cell that begins with one of these: https://owasp.org/www-community/attacks/CSV_Injection."""


class Format(enum.StrEnum):
    """How results are printed."""

    TABLE = "table"
    JSONL = "jsonl"
    CSV = "csv"


class Printer(Protocol):
    """Prints results in one format."""

    def add(self, shown: PrintedResult) -> None:
        """Print a result, now or at the end."""

    def end(self, tallies: Tallies, /) -> None:
        """Print the end of the output."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which results are printed: failures of a severity or above, results of some controls."""

    severity: Severity | None = None
    controls: frozenset[str] = frozenset()

    def accepts(self, result: ControlResult) -> bool:
        """Tell whether a result is printed. An unknown result has no severity and counts as the highest."""
        if self.controls and result.control.id not in self.controls:
            return False
        if self.severity is None or result.verdict.outcome is Outcome.UNKNOWN:
            return True
        return result.severity is not None and result.severity.rank >= self.severity.rank


@dataclass(slots=True)
class Results:
    """Counts every result and prints those that are asked for."""

    printer: Printer
    progress: Progress
    filter: Filter = field(default_factory=Filter)
    tallies: Tallies = field(default_factory=Tallies)
    hidden: Counter[Outcome] = field(default_factory=Counter)

    def add(
        self, resource_id: str, result: ControlResult, *, case: Any = None, is_asked: bool = True
    ) -> None:
        """Count a result, and print it if it ``is_asked`` for and the filter accepts it."""
        self.tallies.add(resource_id, result)
        if not is_asked:
            return
        if self.filter.accepts(result):
            self.progress.clear()
            self.printer.add(PrintedResult(resource_id, result, case))
        else:
            self.hidden[result.verdict.outcome] += 1

    @property
    def has_drifted(self) -> bool:
        """Tell whether anything fails or is unknown, printed or not."""
        return any(self.tallies.outcomes[each] for each in (Outcome.FAIL, Outcome.UNKNOWN))

    def end(self) -> None:
        """Print the end of the output, and how many results the filters have hidden."""
        self.progress.clear()
        self.printer.end(self.tallies)
        if self.hidden:
            sys.stdout.flush()
            self.progress.say(hidden_results(self.hidden))


def hidden_results(hidden: Counter[Outcome]) -> str:
    """Say how many results the filters have hidden, and that the exit code counts them."""
    count = hidden.total()
    outcomes = ", ".join(f"{hidden[each]} {each}" for each in Outcome if hidden[each])
    results, them = ("1 result is", "it") if count == 1 else (f"{count} results are", "them")
    return f"{results} hidden by --severity or --control ({outcomes}); the exit code counts {them}"


class JsonLines:
    """Prints each result at once as a line of JSON."""

    def add(self, shown: PrintedResult) -> None:
        """Print a result."""
        print(line(shown.resource_id, shown.result, case=shown.case), flush=True)

    def end(self, _: Tallies) -> None:
        """Print nothing more: each line is complete."""


class CsvRows:
    """Prints each result at once as a row of CSV, below a row with the names of the columns."""

    def __init__(self, stream: TextIO) -> None:
        self._writer = csv.writer(stream, lineterminator="\n")
        self._has_head = False

    def add(self, shown: PrintedResult) -> None:
        """Print a result."""
        self._head()
        data = as_data(shown.resource_id, shown.result, case=shown.case)
        fix, phi = data["fix"], data["phi"]
        cells = data | {
            "phi": "unknown" if phi is None else str(phi).lower(),
            "hipaa": " ".join(data["hipaa"]),
            "fixCommand": fix["command"],
            "fixNote": fix["note"],
        }
        self._writer.writerow([_cell(cells[name]) for name in _CSV_COLUMNS])
        sys.stdout.flush()

    def end(self, _: Tallies) -> None:
        """Print the names of the columns where there was no result."""
        self._head()

    def _head(self) -> None:
        if not self._has_head:
            self._has_head = True
            self._writer.writerow(_CSV_COLUMNS)


def _cell(value: object) -> str:
    text = "" if value is None else printable(str(value), 32_000)
    return f"'{text}" if text.startswith(_FORMULA) else text


class ResultsTable:
    """Keeps the results and prints them at the end, the most severe first, with the summaries."""

    def __init__(self, style: Style) -> None:
        self._style = style
        self._shown: list[PrintedResult] = []

    def add(self, shown: PrintedResult) -> None:
        """Keep a result."""
        self._shown.append(shown)

    def end(self, tallies: Tallies) -> None:
        """Print all that was kept."""
        print(rendered(self._shown, tallies, self._style), end="", flush=True)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare how results are printed and which of them."""
    parser.add_argument(
        "--format",
        choices=[each.value for each in Format],
        help="default: table in a terminal, else jsonl (JSON lines)",
    )
    parser.add_argument(
        "--severity",
        choices=[each.value for each in Severity],
        help="print only failures of this severity or above, and what is unknown",
    )
    parser.add_argument(
        "--control",
        action="append",
        metavar="ID",
        default=[],
        help="print only results of this control (may be repeated)",
    )


def results_of(
    args: argparse.Namespace, progress: Progress, known: Collection[str], *, is_verbose: bool
) -> Results:
    """Return the printer of results for the arguments; raise BadSettings."""
    controls = frozenset(known_control(each, known, option="--control ") for each in args.control)
    severity = Severity(args.severity) if args.severity else None
    wanted = Format.TABLE if sys.stdout.isatty() else Format.JSONL
    if args.format:
        wanted = Format(args.format)
    return Results(_printer(wanted, is_verbose=is_verbose), progress, Filter(severity, controls))


def _printer(wanted: Format, *, is_verbose: bool) -> Printer:
    match wanted:
        case Format.TABLE:
            paint = paint_for(sys.stdout, os.environ)
            return ResultsTable(Style(terminal_width(), paint, is_verbose=is_verbose))
        case Format.CSV:
            return CsvRows(sys.stdout)
        case Format.JSONL:
            return JsonLines()


def known_control(name: str, known: Collection[str], *, option: str = "") -> str:
    """Return a control's id in its own case; raise BadSettings where there is none of that id."""
    wanted = name.strip().upper()
    if wanted in known:
        return wanted
    close = difflib.get_close_matches(wanted, known, n=1)
    hint = f"; did you mean {close[0]}?" if close else "; `phidrift controls` lists them"
    raise BadSettings((f"{option}{printable(name)}: there is no such control{hint}",))
