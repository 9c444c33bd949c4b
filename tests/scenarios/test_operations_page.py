"""The example log of docs/operations.md has the fields of the real lines, in their order."""

import re
from pathlib import Path

import pytest

from cli.output.log_line import readable_line
from tests.scenarios.decisions import opened
from tests.support.open_account import mended
from tests.support.rig import ACCOUNT, Rig

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
LINE = re.compile(r"^    \d\d:\d\d:\d\d\.\d{3} (.+)$", re.MULTILINE)
QUOTED = re.compile(r'"[^"]*"')


def shape(line: str) -> tuple[str, ...]:
    """Return the event of a line and the names of its fields; the page leaves the resource out."""
    event, *fields = QUOTED.sub("", line).split()
    names = (each.partition("=")[0] for each in fields)
    return (event, *(each for each in names if each != "resource"))


def test_each_line_of_the_example_is_one_that_such_a_story_writes(
    known: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", logger="drift"):
        opened(known)
        known.clock.advance(seconds=25)
        mended(known)
        known.write(ACCOUNT)
        known.later(minutes=3)
    real = {
        shape(readable_line(vars(each)["trace"], vars(each)["fields"], ""))
        for each in caplog.records
    }
    told = [shape(line) for line in LINE.findall(PAGE.read_text(encoding="utf-8"))]

    assert len(told) == 7
    assert [each for each in told if each not in real] == []
