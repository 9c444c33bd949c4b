"""The lines of the decision log, read as data."""

import logging
from collections.abc import Iterator, Mapping
from datetime import datetime

import pytest

from tests.support.rig import Rig

Line = Mapping[str, object]


class Lines:
    """The lines of the log, as the JSON format has their fields."""

    def __init__(self, log: pytest.LogCaptureFixture) -> None:
        self._log = log

    def of(self, name: str, /, **fields: object) -> list[Line]:
        """Return the fields of the lines of an event that have these values."""
        found = (
            vars(each)["fields"]
            for each in self._log.records
            if each.getMessage().partition(" ")[0] == name
        )
        return [each for each in found if fields.items() <= each.items()]

    def all(self) -> list[tuple[str, Line]]:
        """Return every line in order: its event, and its fields."""
        return [
            (vars(each)["trace"], vars(each)["fields"])
            for each in self._log.records
            if hasattr(each, "fields")
        ]

    def only(self, name: str, /, **fields: object) -> Line:
        """Return the fields of the only line of an event that has these values."""
        (line,) = self.of(name, **fields)
        return line

    def clear(self) -> None:
        """Forget the lines so far."""
        self._log.clear()


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[Lines]:
    with caplog.at_level(logging.DEBUG, logger="drift"):
        yield Lines(caplog)


def shown(rig: Rig) -> str:
    """Return the present time as the log writes it."""
    return logged_time(rig.clock.now)


def logged_time(at: datetime) -> str:
    """Return a time as the log writes it."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
