"""Results as text for a terminal: the most severe first, then the summaries."""

import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

from cli.output import colours
from cli.output.colours import Paint
from drift import ids
from drift.controls.result import ControlResult
from drift.model import MISSING, Outcome, Severity
from drift.remediation.az_commands import command
from drift.untrusted_json import printable
from notifiers.wording import shown

_WIDEST: Final = 140
_LONGEST: Final = 2000
_LABEL: Final = 8
"""Characters of the widest label, CRITICAL."""

_COLOURS: Final = {
    Severity.CRITICAL: colours.RED,
    Severity.HIGH: colours.ORANGE,
    Severity.MEDIUM: colours.YELLOW,
    Severity.LOW: colours.BLUE,
}
_PHI: Final = {True: "PHI", False: "no PHI", None: "PHI status unknown"}
_AFTER_FAILURES: Final = (
    *(Outcome.UNKNOWN, Outcome.EXCEPTED, Outcome.PASS, Outcome.NOT_APPLICABLE),
)
_COLUMNS: Final = (Outcome.FAIL, *_AFTER_FAILURES)
_WORDS: Final = {Outcome.NOT_APPLICABLE: "n/a"}
_NO_GROUP: Final = "(no resource group)"
_SCOPES: Final = {
    ids.GROUP: "resource group",
    ids.SUBSCRIPTION: "subscription",
    ids.MANAGEMENT_GROUP: "management group",
    ids.TENANT: "tenant",
}
"""The names of the types of scopes."""


@dataclass(frozen=True, slots=True)
class PrintedResult:
    """One result that is printed; ``case`` is the name that the input gave it, None without one."""

    resource_id: str
    result: ControlResult
    case: Any = None

    @property
    def rank(self) -> int:
        """Return the place of its section: failures from critical to low, then the other outcomes."""
        if self.result.verdict.outcome is Outcome.FAIL:
            return len(Severity) - 1 - (self.result.severity or Severity.CRITICAL).rank
        return len(Severity) + _AFTER_FAILURES.index(self.result.verdict.outcome)

    @property
    def section(self) -> tuple[int, str, str]:
        """Return the sort key of a result's section."""
        return self.rank, ids.key(self.resource_id), "" if self.case is None else str(self.case)


@dataclass(slots=True)
class Tallies:
    """How often each outcome came: in all, by control, and by resource group (lower-case id)."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    by_control: dict[str, Counter[Outcome]] = field(default_factory=dict)
    by_group: dict[str, Counter[Outcome]] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)

    def add(self, resource_id: str, result: ControlResult) -> None:
        """Count one result."""
        outcome, group = result.verdict.outcome, ids.group_of(resource_id)
        self.outcomes[outcome] += 1
        self.by_control.setdefault(result.control.id, Counter())[outcome] += 1
        self.by_group.setdefault(ids.key(group), Counter())[outcome] += 1
        self.groups.setdefault(ids.key(group), group)


@dataclass(frozen=True, slots=True)
class Style:
    """How wide the terminal is, how to colour, and whether ids, evidence and fixes are printed."""

    width: int
    paint: Paint
    is_verbose: bool = False


def rendered(results: Iterable[PrintedResult], tallies: Tallies, style: Style) -> str:
    """Return the results, then the summaries; the last line says how to see more."""
    ordered = sorted(results, key=lambda each: (each.section, each.result.control.id))
    lines: list[str] = []
    column = max((len(each.result.control.id) for each in ordered), default=0)
    for _, section in groupby(ordered, key=lambda each: each.section):
        lines += [*_section(tuple(section), column, style), ""]
    if tallies.outcomes:
        lines += [*_summary("BY CONTROL", _by_control(tallies), style.paint), ""]
        lines += [*_summary("BY RESOURCE GROUP", _by_group(tallies), style.paint), ""]
    if ordered and not style.is_verbose:
        lines.append(style.paint("--verbose adds ids, evidence and fixes.", colours.DIM))
    return "".join(f"{each}\n" for each in lines)


def _section(results: Sequence[PrintedResult], column: int, style: Style) -> Iterator[str]:
    yield _heading(results[0], style)
    for each in results:
        result = each.result
        name = result.control.id.ljust(column)
        lines = _wrapped(_shortened(result.verdict.reason, each.resource_id), column + 4, style)
        yield f"  {style.paint(name, colours.BOLD)}  {lines[0].strip()}".rstrip()
        yield from lines[1:]
        if style.is_verbose:
            yield from _details(result, column + 4, style)


def _shortened(reason: str, resource_id: str) -> str:
    """Return a reason in which the id of its heading is shortened to ``…``."""
    own = re.escape(resource_id.rstrip("/"))
    return re.sub(rf"{own}(?=/)", "…", reason, flags=re.IGNORECASE)


def _heading(shown: PrintedResult, style: Style) -> str:
    """Return the severity or the outcome, the resource's name, its type, its group and its scope."""
    outcome, severity = shown.result.verdict.outcome, shown.result.severity
    if outcome is Outcome.FAIL and severity:
        label, colour = severity.value, _COLOURS[severity]
    else:
        label = _WORDS.get(outcome, outcome.value)
        colour = colours.YELLOW if outcome is Outcome.UNKNOWN else colours.DIM
    own = shown.resource_id.rstrip("/")
    name = printable(ids.name_of(own))
    kind = _kind(own)
    group = ids.group_of(own)
    place = f" in {printable(ids.name_of(group))}" if group and group != own else ""
    case = "" if shown.case is None else f"; case {printable(str(shown.case), 80)}"
    text = f"{kind}{place}, {_PHI[shown.result.scope.phi]}{case}"
    if style.is_verbose:
        text = f"{text}\n  {style.paint(printable(own, _LONGEST), colours.DIM)}"
    label = style.paint(label.upper().ljust(_LABEL), colour)
    return f"{label}  {style.paint(name, colours.BOLD)}  {text}"


def _kind(resource_id: str) -> str:
    """Return a resource's type without its provider, in the case of its id."""
    kind = ids.type_of(resource_id)
    if kind in _SCOPES:
        return _SCOPES[kind]
    return printable("/".join(resource_id.rpartition("/providers/")[2].split("/")[1::2]))


def _details(result: ControlResult, indent: int, style: Style) -> Iterator[str]:
    """Yield the scope, the evidence and the fix of a result; a command is never broken."""
    if result.scope.phi is None:
        yield from _wrapped(result.scope.why, indent, style)
    for each in result.verdict.evidence:
        value = "absent" if each.value is MISSING else printable(shown(each.value), 200)
        expected = f" (expected: {each.expected})" if each.expected else ""
        yield from _wrapped(f"{each.path}: {value}{expected}", indent, style)
    fix = result.verdict.fix
    if fix is None:
        return
    if done := command(fix):
        yield f"{' ' * indent}{style.paint('fix:', colours.GREEN)} {printable(done, 8000)}"
    if fix.note:
        yield from _wrapped(fix.note, indent, style)


def _wrapped(text: str, indent: int, style: Style) -> list[str]:
    width = min(style.width, _WIDEST)
    spaces = " " * indent
    return textwrap.wrap(
        printable(text, _LONGEST),
        width,
        initial_indent=spaces,
        subsequent_indent=spaces,
        break_on_hyphens=False,
        break_long_words=False,
    ) or [""]


def _by_control(tallies: Tallies) -> list[tuple[str, Counter[Outcome]]]:
    return sorted(tallies.by_control.items())


def _by_group(tallies: Tallies) -> list[tuple[str, Counter[Outcome]]]:
    """Name each group, with its subscription where there is more than one."""
    subscriptions = {ids.subscription_of(each) for each in tallies.by_group if each}
    named = []
    for key, counts in tallies.by_group.items():
        name = printable(ids.name_of(tallies.groups[key])) or _NO_GROUP
        if key and len(subscriptions) > 1:
            name = f"{name} ({ids.subscription_of(key)})"
        named.append((name, counts))
    return sorted(named)


def _summary(
    title: str, rows: Sequence[tuple[str, Counter[Outcome]]], paint: Paint
) -> Iterator[str]:
    """Yield a table of how often each outcome came, the right-hand columns under their names."""
    heads = [_WORDS.get(each, each.value).upper() for each in _COLUMNS]
    widths = [max(len(head), 6) for head in heads]
    column = max(len(title), *(len(name) for name, _ in rows))
    right = "  ".join(head.rjust(width) for head, width in zip(heads, widths, strict=True))
    yield paint(f"{title.ljust(column)}  {right}", colours.DIM)
    for name, counts in rows:
        cells = (
            _count(counts[outcome], width, outcome, paint)
            for outcome, width in zip(_COLUMNS, widths, strict=True)
        )
        yield f"{name.ljust(column)}  {'  '.join(cells)}"


def _count(count: int, width: int, outcome: Outcome, paint: Paint) -> str:
    text = str(count).rjust(width)
    alarming = {Outcome.FAIL: colours.RED, Outcome.UNKNOWN: colours.YELLOW}
    return paint(text, alarming[outcome]) if count and outcome in alarming else text
