"""Stands for the monitor's composition root where the host is tested with an app of its own."""

import functools
import os

from drift.errors import BadSettings


class Monitor:
    """A monitor that has nothing open."""

    def close(self) -> None:
        """End nothing."""


@functools.cache
def monitor() -> Monitor:
    """Refuse what FIXTURE_PROBLEMS names, one problem a line."""
    problems = os.environ.get("FIXTURE_PROBLEMS", "")
    if problems:
        raise BadSettings(tuple(problems.splitlines()))
    return Monitor()


def open_state() -> None:
    """Open nothing."""


def warm() -> None:
    """Import nothing."""
