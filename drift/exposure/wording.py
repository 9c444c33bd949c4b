"""The answer as one line of numbers that a person reads in five seconds. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from drift.clock import bounds
from drift.exposure.callers import Exposes
from drift.exposure.log_proof import WHOLE
from drift.exposure.metric_counts import RequestCounts
from drift.exposure.window import Window
from drift.notices import Access

_UNITS: Final = ("bytes", "kB", "MB", "GB", "TB", "PB")
_WHO: Final = {
    Exposes.ANONYMOUS: ("anonymous caller", "anonymous callers"),
    Exposes.NETWORK: (
        "caller from outside the approved networks",
        "callers from outside the approved networks",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The numbers of an answer: of the log (``logged``), and of the metrics (None: not known)."""

    callers: int
    is_cut: bool
    objects: int | None
    size: int
    logged: RequestCounts
    counted: RequestCounts | None
    coverage: str
    is_counted: bool
    failures: tuple[str, ...]


def summary(exposes: Exposes, access: Access, figures: Figures, window: Window) -> str:
    """Return the line."""
    parts = "; ".join(_parts(exposes, access, figures, window))
    return f"{parts[:1].upper()}{parts[1:]}."


def _parts(exposes: Exposes, access: Access, figures: Figures, window: Window) -> Iterator[str]:
    one, many = _WHO[exposes]
    if access is Access.EXCLUDED:
        yield _excluded(many, window)
        return
    if figures.logged.done:
        yield _logged(one, many, figures)
        yield figures.coverage
        yield from _more_by_metrics(exposes, figures)
    elif exposes is Exposes.ANONYMOUS and figures.counted and figures.counted.done:
        yield f"{_counted(many, figures.counted)} by the account's metrics"
        yield f"callers and objects are not known: {figures.coverage}"
    else:
        yield f"no access by {many} was seen {between(window)}"
        yield _open_question(exposes, figures, window)


def _logged(one: str, many: str, figures: Figures) -> str:
    """Return who did how much, and when."""
    logged = figures.logged
    at_least = "at least " if figures.is_cut or figures.coverage != WHOLE else ""
    who = f"{at_least}{number(figures.callers, one, many)}"
    if not logged.reads:
        times = number(logged.listings, "time", "times")
        return f"{who} listed names of objects {times}, {span(logged.first, logged.last)}"
    what = number(logged.reads, "time", "times")
    if figures.objects is not None:
        what = number(figures.objects, "object", "objects")
    return f"{who} read {what} ({_size(figures.size)}), {span(logged.first, logged.last)}"


def _more_by_metrics(exposes: Exposes, figures: Figures) -> Iterator[str]:
    counted = figures.counted
    if exposes is Exposes.ANONYMOUS and counted and counted.reads > figures.logged.reads:
        yield f"the metrics count {counted.reads:,} reads, the log {figures.logged.reads:,}"


def _counted(many: str, counted: RequestCounts) -> str:
    times = span(counted.first, counted.last)
    if counted.reads:
        return f"{many} made {number(counted.reads, 'read', 'reads')}, {times},"
    return f"{many} listed names of objects {number(counted.listings, 'time', 'times')}, {times},"


def _excluded(many: str, window: Window) -> str:
    proof = "the account's metrics count none in any minute"
    return f"no object was read and no name listed by {many} {between(window)}: {proof}"


def _open_question(exposes: Exposes, figures: Figures, window: Window) -> str:
    """Return why access cannot be excluded."""
    if window.until is None:
        return figures.coverage or "it was still open"
    if figures.failures:
        return f"it cannot be excluded: no answer to {', '.join(dict.fromkeys(figures.failures))}"
    if window.since is None or not figures.is_counted:
        return f"it cannot be excluded yet: {figures.coverage}"
    if exposes is Exposes.NETWORK:
        return (
            "it cannot be excluded: the logs of files, queues and tables of the account are not "
            "queried"
        )
    return "it cannot be excluded: some requests cannot be distinguished from them"


def between(window: Window) -> str:
    """Return a window in words."""
    if window.since is None:
        return f"until {_moment(window.until)}" if window.until else "so far"
    return span(window.since, window.until) if window.until else f"since {_moment(window.since)}"


def span(first: datetime | None, last: datetime | None) -> str:
    """Return two times, with the date of the second only where it is another one."""
    if first is None or last is None:
        return "at times that are not known"
    same_day = bounds.in_utc(first).date() == bounds.in_utc(last).date()
    end = f"{bounds.in_utc(last):%H:%M} UTC" if same_day else _moment(last)
    begin = f"{bounds.in_utc(first):%Y-%m-%d %H:%M}"
    return begin + " UTC" if end == f"{bounds.in_utc(first):%H:%M} UTC" else f"{begin} to {end}"


def _moment(at: datetime) -> str:
    return f"{bounds.in_utc(at):%Y-%m-%d %H:%M} UTC"


def number(count: int, one: str, many: str) -> str:
    """Return a number with its noun."""
    return f"{count:,} {one if count == 1 else many}"


def _size(size: int) -> str:
    value, unit = float(size), 0
    while value >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.0f} {_UNITS[unit]}" if not unit else f"{value:.1f} {_UNITS[unit]}"
