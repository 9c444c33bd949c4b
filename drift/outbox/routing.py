"""Decide which channels get an incident."""

from collections.abc import Iterable

from drift.config.model import Route
from drift.model import Severity
from drift.ports import Audience, Channel


def channels_for(
    control_id: str, severity: Severity, channels: Iterable[Channel], routes: tuple[Route, ...]
) -> tuple[str, ...]:
    """Return the names of the channels that a failure of this severity goes to."""
    return tuple(each.name for each in channels if _goes_to(each, control_id, severity, routes))


def at_first_sight(
    usual: tuple[str, ...], channels: Iterable[Channel], *, pages: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the channels that get a finding of the initial scan itself, and those that get the digest.

    ``usual`` are the channels that it would go to after that scan. SIEMs get every finding itself.
    A pager gets it only if ``pages``, and never the people's digest: it must not wake anybody for a
    failure that may have existed for months.
    """
    audience = {each.name: each.audience for each in channels}
    alone = tuple(
        each
        for each in usual
        if audience.get(each) is Audience.SIEM or (pages and audience.get(each) is Audience.PAGER)
    )
    return alone, tuple(each for each in usual if audience.get(each) is Audience.PEOPLE)


def pagers(usual: tuple[str, ...], channels: Iterable[Channel]) -> tuple[str, ...]:
    """Return those of the usual channels that page."""
    return tuple(
        each.name for each in channels if each.audience is Audience.PAGER and each.name in usual
    )


def people(channels: Iterable[Channel]) -> tuple[str, ...]:
    """Return the names of the channels that people read when they have time."""
    return tuple(each.name for each in channels if each.audience is Audience.PEOPLE)


def siems(channels: Iterable[Channel]) -> tuple[str, ...]:
    """Return the names of the channels that programs read: they get unknown verdicts too."""
    return tuple(each.name for each in channels if each.audience is Audience.SIEM)


def channels_except(
    refusing: str, usual: tuple[str, ...], channels: Iterable[Channel]
) -> tuple[str, ...]:
    """Return who gets the report that a channel refuses: never that channel, and a person if possible."""
    others = [each for each in channels if each.name != refusing]
    chosen = [each for each in others if each.name in usual]
    if all(each.audience is Audience.SIEM for each in chosen):
        chosen += [each for each in others if each.audience is not Audience.SIEM][:1]
    return tuple(each.name for each in chosen)


def _goes_to(
    channel: Channel, control_id: str, severity: Severity, routes: tuple[Route, ...]
) -> bool:
    if not routes:
        return severity.rank >= channel.audience.least.rank
    return any(
        channel.name in route.channels
        and severity.rank >= route.severity.rank
        and (not route.controls or control_id in route.controls)
        for route in routes
    )
