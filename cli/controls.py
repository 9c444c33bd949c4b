"""``phidrift controls``: every control, what it requires and why, as a table, JSON or Markdown."""

import argparse
import json
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any, Final

from cli.controls_page import markdown, runbook, section
from cli.output.results import known_control
from cli.output.width import terminal_width
from cli.peers import peers_of
from detectors import DETECTORS
from drift.controls.citations import by_rule
from drift.controls.monitor_controls import BREACH_CLOCK, MONITOR_CONTROLS
from drift.model import Control

_HEADS: Final = ("CONTROL", "SEVERITY", "REQUIREMENT, HIPAA")
_GAP: Final = "  "
_LABEL: Final = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("id", nargs="?", metavar="ID", help="explain this control alone")
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--json", action="store_true", help="print a JSON array; with ID one JSON object"
    )
    form.add_argument("--markdown", action="store_true", help="print docs/controls.md")


def run(args: argparse.Namespace) -> int:
    """Print every listed control, or the named one; raise BadSettings if there is none of that name."""
    if args.id is not None:
        return _explain(args)
    if args.json:
        print(json.dumps([as_data(each) for each in listed_controls()], indent=2))
    elif args.markdown:
        print(markdown(every_control()), end="")
    else:
        print(table(listed_controls(), terminal_width()), end="")
    return 0


def _explain(args: argparse.Namespace) -> int:
    controls = {each.id: each for each in every_control()}
    control = controls[known_control(args.id, controls)]
    if args.json:
        print(json.dumps(as_data(control), indent=2))
    elif args.markdown:
        print(section(control), end="")
    else:
        print(explained(control, terminal_width()), end="")
    return 0


def explained(control: Control, width: int) -> str:
    """Return one control as text for a terminal; a command is never wrapped."""
    rows = [
        ("Service", control.service),
        ("Severity", f"{control.severity} with PHI, {control.otherwise} without"),
        ("HIPAA", by_rule(control.hipaa)),
        ("Fix", control.fix),
        ("Runbook", runbook(control.id)),
        *(("Watches", f"{kind}: {', '.join(paths)}") for kind, paths in control.watches.items()),
    ]
    head = [f"{control.id}: {control.title}.", "", *_filled(control.why, width), ""]
    if control.leaves_out:
        head += [*_filled(f"Not checked: {control.leaves_out}", width), ""]
    details = (_detail(name, text.removesuffix(": "), width) for name, text in rows)
    return "".join(f"{line}\n" for lines in (head, *details) for line in lines)


def _detail(name: str, text: str, width: int) -> list[str]:
    label = f"{name}:".ljust(_LABEL)
    return [f"{label}{text}"] if text.startswith("az ") else _filled(text, width, label)


def _filled(text: str, width: int, label: str = "") -> list[str]:
    """Return a text in lines of a terminal, indented below its label."""
    return textwrap.wrap(
        text,
        width,
        initial_indent=label,
        subsequent_indent=" " * len(label),
        break_long_words=False,
        break_on_hyphens=False,
    )


def every_control() -> tuple[Control, ...]:
    """Return the controls of resources, then those about the monitor itself."""
    controls = (*(each.CONTROL for each in DETECTORS), *MONITOR_CONTROLS)
    return tuple({each.id: each for each in reversed(controls)}.values())[::-1]


def listed_controls() -> tuple[Control, ...]:
    """Return every control that evaluates something: a reminder of a breach clock only names a day."""
    return tuple(each for each in every_control() if each.id != BREACH_CLOCK.id)


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
        "peers": {tool: list(ids) for tool, ids in _peers(control).items() if tool != "cis"},
        "cis": list(_peers(control)["cis"]),
        "runbook": runbook(control.id),
    }


def _peers(control: Control) -> dict[str, tuple[str, ...]]:
    return asdict(peers_of(control.id))


def table(controls: Iterable[Control], width: int) -> str:
    """Return the controls as lines of a terminal: the citations stand below the requirement."""
    chosen = tuple(controls)
    ids, severities, _ = _HEADS
    first = max(len(ids), *(len(each.id) for each in chosen))
    second = max(len(severities), *(len(each.severity) for each in chosen))
    lines = [_GAP.join((ids.ljust(first), severities.ljust(second), _HEADS[-1]))]
    for each in chosen:
        label = _GAP.join((each.id.ljust(first), each.severity.ljust(second), ""))
        lines += _row(each, label, width)
    return "".join(f"{line}\n" for line in lines)


def _row(control: Control, label: str, width: int) -> Iterator[str]:
    yield from _filled(control.title, width, label)
    yield from _filled(by_rule(control.hipaa), width, " " * len(label))
