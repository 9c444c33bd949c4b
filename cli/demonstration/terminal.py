"""How the demo looks in a terminal: plain text that prints anywhere, coloured where that shows."""

import os
import shutil
import sys
import textwrap
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from cli.demonstration.received import Heard, findings
from cli.demonstration.scenario import Step
from notifiers.wording import plain
from sandbox.world import Sandbox

_BOLD: Final = "1"
_DIM: Final = "2"
_RED: Final = "1;31"
_YELLOW: Final = "1;33"
_GREEN: Final = "1;32"
_COLOURS: Final = {"Critical": _RED, "High": _RED, "Medium": _YELLOW}
_WIDEST: Final = 110


def headline(text: str) -> None:
    """Print a line that begins a part."""
    _print(f"\n{_coloured(text, _BOLD)}")


def step(text: str) -> None:
    """Print what happens in the estate."""
    _print(f"\n{_coloured('▸', _BOLD)} {text}")


def paragraph(text: str) -> None:
    """Print running text."""
    _print(_wrapped(text, ""))


def alert(sandbox: Sandbox, told: Step, answers: Sequence[Heard], since: datetime) -> None:
    """Print what the channels heard of a step, and how many seconds after the write each did."""
    if not answers:
        _print(_coloured("  nobody was told", _RED))
        return
    finding = _finding(sandbox, told)
    ended = finding["activity_id"] == 3
    word = answers[0].verb.upper()
    colour = _GREEN if ended else _COLOURS.get(finding["severity"], _YELLOW)
    name = f"{told.control} on {told.resource.rsplit('/', 1)[-1]}"
    severity = "" if ended else f" {finding['severity'].lower()}"
    _print(f"  {_coloured(f'{word}{severity}', colour)}  {_coloured(name, _BOLD)}")
    for line in _words(finding, ended=ended):
        _print(_wrapped(plain(line), "    "))
    if not ended:
        _print(f"    fix: {plain(finding['remediation']['desc'].splitlines()[0])}")
    times = (f"{each.channel} {(each.at - since).total_seconds():.2f} s" for each in answers)
    _print(_coloured(f"    told: {', '.join(times)}", _DIM))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a small table."""
    widths = [max(len(row[at]) for row in (head, *rows)) for at in range(len(head))]
    for row in (head, *rows):
        cells = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        _print(f"  {_coloured(cells, _DIM) if row is head else cells}")


def verdict(*, good: bool, text: str) -> None:
    """Print how it ended."""
    _print(f"\n{_coloured('✓' if good else '✗', _GREEN if good else _RED)} {text}")


def _finding(sandbox: Sandbox, told: Step) -> Any:
    """Return the last finding that the SIEM took about the step's control and resource."""
    mine = (
        each
        for each in reversed(findings(sandbox))
        if each["compliance"]["control"] == told.control
        and each["resources"][0]["uid"].lower() == told.resource.lower()
    )
    return next(mine)


def _words(finding: Any, *, ended: bool) -> list[str]:
    own = finding["unmapped"]
    lines = list(finding["compliance"].get("status_details", ()))
    lines += [
        f"{each['path']}: {_value(each['before'])} → {_value(each['after'])}"
        for each in own["differences"]
    ]
    if actor := own.get("actor"):
        mfa = {True: "with MFA", False: "without MFA", None: "MFA unknown"}[actor.get("mfa")]
        part = (
            "mended by" if ended else "changed by" if own["actor_is_cause"] else "last written by"
        )
        origin = f" from {actor['ip']}" if actor.get("ip") else ""
        lines.append(f"{part} {actor['name']}{origin}, {mfa}")
    return lines


def _value(value: Any) -> str:
    return "absent" if value is None else str(value)


def _wrapped(text: str, indent: str) -> str:
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    return textwrap.fill(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _coloured(text: str, colour: str) -> str:
    shown = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    return f"\x1b[{colour}m{text}\x1b[0m" if shown else text


def _print(text: str) -> None:
    print(text, flush=True)
