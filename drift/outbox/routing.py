"""Decide which channels are told of an incident."""

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
    told: tuple[str, ...], channels: Iterable[Channel], *, pages: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return who gets a finding of a first sweep as a message of its own, and who in the digest alone.

    ``told`` are the channels that it would go to on any other day. SIEMs get it as they get
    everything. A pager gets it only if ``pages``, and never the digest: nobody is to be woken by what
    has been so for months.
    """
    audience = {each.name: each.audience for each in channels}
    alone = tuple(
        each
        for each in told
        if audience.get(each) is Audience.SIEM or (pages and audience.get(each) is Audience.PAGER)
    )
    return alone, tuple(each for each in told if audience.get(each) is Audience.PEOPLE)


def people(channels: Iterable[Channel]) -> tuple[str, ...]:
    """Return the names of the channels that people read when they have time."""
    return tuple(each.name for each in channels if each.audience is Audience.PEOPLE)


def siems(channels: Iterable[Channel]) -> tuple[str, ...]:
    """Return the names of the channels that programs read: they get unknown verdicts too."""
    return tuple(each.name for each in channels if each.audience is Audience.SIEM)


def channels_except(
    refusing: str, told: tuple[str, ...], channels: Iterable[Channel]
) -> tuple[str, ...]:
    """Return who is told that a channel refuses: never that channel, and a person if possible."""
    others = [each for each in channels if each.name != refusing]
    chosen = [each for each in others if each.name in told]
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
