"""``phidrift controls``: every control, what it requires and why, as a table, JSON or Markdown."""

import argparse
import json
from collections.abc import Iterable
from typing import Any, Final

from cli.output.results import known_control
from detectors import DETECTORS
from drift.controls.citations import by_rule
from drift.controls.monitor_controls import MONITOR_CONTROLS
from drift.model import Control

_COLUMNS: Final = ("CONTROL", "SEVERITY", "HIPAA", "TITLE")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("id", nargs="?", metavar="ID", help="explain this control alone")
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--json", action="store_true", help="print a JSON array; with ID one JSON object"
    )
    form.add_argument("--markdown", action="store_true", help="print docs/controls.md")


def run(args: argparse.Namespace) -> int:
    """Print every control, or the one that is named; raise BadSettings where there is none such."""
    if args.id is not None:
        return _explain(args)
    if args.json:
        print(json.dumps([as_data(each) for each in every_control()], indent=2))
    elif args.markdown:
        print(markdown(every_control()), end="")
    else:
        print(table(every_control()), end="")
    return 0


def _explain(args: argparse.Namespace) -> int:
    controls = {each.id: each for each in every_control()}
    control = controls[known_control(args.id, controls)]
    if args.json:
        print(json.dumps(as_data(control), indent=2))
    elif args.markdown:
        print(_section(control), end="")
    else:
        print(explained(control), end="")
    return 0


def explained(control: Control) -> str:
    """Return one control as a person reads it in a terminal."""
    rows = [
        ("Service", control.service),
        ("Severity", f"{control.severity} with PHI, {control.otherwise} without"),
        ("HIPAA", ", ".join(control.hipaa)),
        ("Fix", control.fix),
        *(("Watches", f"{kind}: {', '.join(paths)}") for kind, paths in control.watches.items()),
    ]
    details = "".join(f"{f'{name}:':<10}{text.removesuffix(': ')}\n" for name, text in rows)
    limits = f"\nNot checked: {control.leaves_out}\n" if control.leaves_out else ""
    return f"{control.id}: {control.title}.\n\n{control.why}\n{limits}\n{details}"


def every_control() -> tuple[Control, ...]:
    """Return the controls of resources, then those by which the monitor watches itself."""
    return (*(each.CONTROL for each in DETECTORS), *MONITOR_CONTROLS)


def as_data(control: Control) -> dict[str, Any]:
    """Return a control as --json prints it; ``severity`` is that of a PHI resource."""
    return {
        "id": control.id,
        "title": control.title,
        "service": control.service,
        "severity": control.severity.value,
        "hipaa": list(control.hipaa),
        "fix": control.fix,
        "watches": {kind: list(paths) for kind, paths in control.watches.items()},
    }


def table(controls: Iterable[Control]) -> str:
    """Return the controls as lines of a terminal."""
    rows = [_COLUMNS, *(_row(each) for each in controls)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS) - 1)]
    return "".join(
        "  ".join((*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]))
        + "\n"
        for row in rows
    )


def _row(control: Control) -> tuple[str, ...]:
    return (control.id, control.severity, by_rule(control.hipaa), control.title)


def markdown(controls: Iterable[Control]) -> str:
    """Return docs/controls.md; a test keeps the file in step."""
    chosen = tuple(controls)
    rows = "".join(_summary(each) for each in chosen)
    return "\n".join((_INTRODUCTION + rows, *(_section(each) for each in chosen)))


_INTRODUCTION: Final = """\
# Controls

<!-- Made by `phidrift controls --markdown > docs/controls.md`; a test compares the two. -->

Each control evaluates one resource type, or several by the same rule, with the result pass, fail,
unknown or not applicable. HIPAA citations are of 45 CFR, listed by rule.

The severity is that of the worst case, for resources with PHI and for those without. A smaller failure has
a lower severity: on PHI a minimum of TLS 1.0 is medium, and an account that allows public access and has
no public container is high.

| control | requirement | PHI | no PHI |
|---|---|---|---|
"""


def _summary(control: Control) -> str:
    link = f"[{control.id}](#{control.id.lower()})"
    return f"| {link} | {control.title} | {control.severity} | {control.otherwise} |\n"


def _section(control: Control) -> str:
    otherwise = (
        f", {control.otherwise} without PHI" if control.otherwise != control.severity else ""
    )
    watches = "".join(
        f"  - `{kind}`{': ' if paths else ''}{', '.join(f'`{path}`' for path in paths)}\n"
        for kind, paths in control.watches.items()
    )
    leaves_out = f"Not evaluated: {control.leaves_out}\n\n" if control.leaves_out else ""
    return (
        f"## {control.id}\n\n{control.title}.\n\n{control.why}\n\n{leaves_out}"
        f"- Service: {control.service}\n"
        f"- Severity: {control.severity}{otherwise}\n"
        f"- HIPAA: {by_rule(control.hipaa)}\n"
        f"- Fix: {_literal(control.fix)}\n"
        f"- Watches:\n{watches}"
    )


def _literal(fix: str) -> str:
    """Return a command as code: a placeholder such as <id> would vanish from a page as a tag."""
    return f"`{fix}`" if fix.startswith("az ") else fix
