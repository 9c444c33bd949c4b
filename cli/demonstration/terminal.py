"""The output of the demo: plain text, coloured in a terminal."""

import os
import sys
import textwrap
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from cli.demonstration.received import ReceivedMessage, findings
from cli.demonstration.scenario import DemoStep
from cli.output.colours import BOLD, DIM, GREEN, ORANGE, RED, YELLOW, paint_for
from cli.output.width import terminal_width
from drift import ids
from drift.model import Actor
from drift.outbox.actor_names import shown_name
from notifiers.wording import plain, shown
from sandbox.world import Sandbox

_COLOURS: Final = {"Critical": RED, "High": ORANGE, "Medium": YELLOW}
_WIDEST: Final = 110


def headline(text: str) -> None:
    """Print a line that begins a part."""
    _print(f"\n{_coloured(text, BOLD)}")


def step(text: str) -> None:
    """Print what happens in the estate."""
    _print(f"\n{_coloured('▸', BOLD)} {text}")


def paragraph(text: str) -> None:
    """Print a paragraph."""
    _print(_wrapped(text, ""))


def alert(
    sandbox: Sandbox, shown_step: DemoStep, answers: Sequence[ReceivedMessage], since: datetime
) -> None:
    """Print what the channels received for a step, and how many seconds after the write."""
    if not answers:
        _print(_coloured("  no channel received a message", RED))
        return
    finding = _finding(sandbox, shown_step)
    ended = finding["activity_id"] == 3
    word = answers[0].verb.upper()
    colour = GREEN if ended else _COLOURS.get(finding["severity"], YELLOW)
    name = f"{shown_step.control} on {ids.name_of(shown_step.resource)}"
    severity = "" if ended else f" {finding['severity'].lower()}"
    _print(f"  {_coloured(f'{word}{severity}', colour)}  {_coloured(name, BOLD)}")
    for line in _words(finding, ended=ended):
        _print(_wrapped(plain(line), "    "))
    if not ended:
        _print(f"    fix: {plain(finding['remediation']['desc'].splitlines()[0])}")
    times = (f"{each.channel} {(each.at - since).total_seconds():.2f} s" for each in answers)
    _print(_coloured(f"    delivered: {', '.join(times)}", DIM))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a small table."""
    widths = [max(len(row[at]) for row in (head, *rows)) for at in range(len(head))]
    for row in (head, *rows):
        cells = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        _print(f"  {_coloured(cells, DIM) if row is head else cells}")


def verdict(*, good: bool, text: str) -> None:
    """Print the result."""
    _print(f"\n{_coloured('✓' if good else '✗', GREEN if good else RED)} {text}")


def _finding(sandbox: Sandbox, shown_step: DemoStep) -> Any:
    """Return the last finding that the SIEM received for the step's control and resource."""
    mine = (
        each
        for each in reversed(findings(sandbox))
        if each["compliance"]["control"] == shown_step.control
        and each["resources"][0]["uid"].lower() == shown_step.resource.lower()
    )
    return next(mine)


_PARTS: Final = {
    "proven": "{} by",
    "most likely": "most likely {} by",
    "one of several": "{} by one of several, the last of them",
    "last writer": "last written by",
}


def _words(finding: Any, *, ended: bool) -> list[str]:
    own = finding["unmapped"]
    lines = list(finding["compliance"].get("status_details", ()))
    lines += [
        f"{each['path']}: {_value(each['before'])} → {_value(each['after'])}"
        for each in own["differences"]
    ]
    if actor := own.get("actor"):
        mfa = {True: "with MFA", False: "without MFA", None: "MFA unknown"}[actor.get("mfa")]
        part = _PARTS[own["actor_standing"]].format("fixed" if ended else "changed")
        origin = f" from {actor['ip']}" if actor.get("ip") else ""
        lines.append(f"{part} {shown_name(_actor(actor))}{origin}, {mfa}")
    return lines


def _actor(data: Mapping[str, Any]) -> Actor:
    """Return the actor of a finding."""
    name, object_id, app_id = (data.get(each) or "" for each in ("name", "object_id", "app_id"))
    return Actor(name=name, object_id=object_id, app_id=app_id)


def _value(value: Any) -> str:
    return "absent" if value is None else shown(value)


def _wrapped(text: str, indent: str) -> str:
    width = min(terminal_width(), _WIDEST)
    return textwrap.fill(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _coloured(text: str, colour: str) -> str:
    return paint_for(sys.stdout, os.environ)(text, colour)


def _print(text: str) -> None:
    print(text, flush=True)
