"""Decide which channels are told of an incident."""

from collections.abc import Iterable
from typing import Final

from drift.config.model import Route
from drift.model import Severity
from drift.ports import Channel

_DEFAULT_FROM: Final = {"teams": Severity.MEDIUM, "pagerduty": Severity.CRITICAL}
"""Without routes SIEMs get everything, Teams medium and above, PagerDuty critical."""

_PAGERS: Final = frozenset({"pagerduty"})
"""Channels that wake somebody."""


def channels_for(
    control_id: str, severity: Severity, channels: Iterable[Channel], routes: tuple[Route, ...]
) -> tuple[str, ...]:
    """Return the names of the channels that a failure of this severity goes to."""
    return tuple(each.name for each in channels if _goes_to(each, control_id, severity, routes))


def at_first_sight(
    told: tuple[str, ...], channels: Iterable[Channel], *, pages: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return who is told of a finding of a first look by itself, and who by the digest alone.

    ``told`` are those it would go to on any other day. Machines get it as they get everything; a
    pager rings, or is left out of it, since nobody is to be woken by what has been so for months.
    """
    siem = set(siems(channels))
    alone = tuple(each for each in told if each in siem or (pages and each in _PAGERS))
    return alone, tuple(each for each in told if each not in siem and each not in _PAGERS)


def people(channels: Iterable[Channel]) -> tuple[str, ...]:
    """Return the names of the channels that people read at their leisure."""
    return tuple(each.name for each in channels if not each.siem and each.name not in _PAGERS)


def siems(channels: Iterable[Channel]) -> tuple[str, ...]:
    """Return the names of the channels that machines read: they are told of unknowns too."""
    return tuple(each.name for each in channels if each.siem)


def around(refusing: str, told: tuple[str, ...], channels: Iterable[Channel]) -> tuple[str, ...]:
    """Return who is told that a channel refuses: never that channel, and a person if possible."""
    others = [each for each in channels if each.name != refusing]
    chosen = [each for each in others if each.name in told]
    if all(each.siem for each in chosen):
        chosen += [each for each in others if not each.siem][:1]
    return tuple(each.name for each in chosen)


def _goes_to(
    channel: Channel, control_id: str, severity: Severity, routes: tuple[Route, ...]
) -> bool:
    if not routes:
        least = Severity.LOW if channel.siem else _DEFAULT_FROM.get(channel.name, Severity.MEDIUM)
        return severity.rank >= least.rank
    return any(
        channel.name in route.channels
        and severity.rank >= route.severity.rank
        and (not route.controls or control_id in route.controls)
        for route in routes
    )
