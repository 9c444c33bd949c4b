"""Whether channels are set and their hosts answer, and which channels get which findings."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from cli.doctor_checks.check import Check, fail, ok, warn
from cli.doctor_checks.connection import causes
from drift.config.app_settings import Settings
from drift.config.clouds import Service
from drift.config.model import Config
from drift.config.secret import Secret
from drift.model import Control, Severity
from drift.outbox.routing import channels_for
from drift.ports import Channel
from notifiers.channels import CHANNELS, Channels

ConnectionProblemOf = Callable[[Secret], str | None]

_TEAMS: Final = "teams"
_ROUTES: Final = "routing"


def far_ends(
    settings: Settings, connection_problem: ConnectionProblemOf, specs: Channels = CHANNELS
) -> Iterator[Check]:
    """Yield for each channel whether it is set and its host answers; nothing is sent to it."""
    for spec in specs:
        name, first = f"channel {spec.name}", spec.setting_names[0]
        if spec.name not in settings.channels:
            yield ok(name, f"off: {first} is not set")
            continue
        chosen = settings.channels[spec.name]
        yield reached(name, first, connection_problem(spec.address(chosen)))
        if advice := spec.advice(chosen):
            yield warn(name, advice.finding, advice.step)


def signing_in(settings: Settings, specs: Channels = CHANNELS) -> Iterator[tuple[str, Service]]:
    """Yield the channels to which the app's identity signs in, by name, with the service of the token."""
    for spec in specs:
        chosen = settings.channels.get(spec.name)
        if chosen is not None and (service := spec.sign_in(chosen)):
            yield spec.name, service


def reached(name: str, setting: str, connection_problem: str | None) -> Check:
    """Return the result of a TLS handshake with a channel's host."""
    if connection_problem is None:
        finding = "set; its host is behind a proxy, only a test message shows whether it works"
        return warn(name, finding, "phidrift doctor --send-test")
    if connection_problem:
        step = f"check {setting}, {causes(connection_problem)}"
        return fail(
            name, f"the host behind {setting} cannot be reached: {connection_problem}", step
        )
    return ok(name, "set, and its host answers; --send-test shows whether it takes messages")


@dataclass(frozen=True, slots=True)
class Audience:
    """The channels that get a control's failure on a PHI resource, and its severity."""

    control_id: str
    severity: Severity
    channels: frozenset[str]


def audiences(
    controls: Iterable[Control], channels: tuple[Channel, ...], config: Config
) -> tuple[Audience, ...]:
    """Return the channels for each enabled control."""
    return tuple(
        Audience(
            each.id, severity, frozenset(channels_for(each.id, severity, channels, config.routes))
        )
        for each in controls
        if each.id not in config.disabled
        for severity in (config.severities.get(each.id, each.severity),)
    )


def routing_checks(routed: tuple[Audience, ...], siems: frozenset[str]) -> Iterator[Check]:
    """Yield controls whose failure reaches no channel, no person, or Teams only."""
    yield from _unrouted(routed)
    critical = [each for each in routed if each.severity is Severity.CRITICAL and each.channels]
    alone = [each.control_id for each in critical if each.channels == {_TEAMS}]
    machines = [each.control_id for each in critical if each.channels <= siems]
    if alone:
        yield warn(
            _ROUTES,
            f"only Teams gets critical findings ({', '.join(alone)}), and acceptance by a flow does "
            "not prove that a card was posted",
            "set PagerDuty or a SIEM as well",
        )
    if machines:
        yield warn(
            _ROUTES,
            f"only a SIEM gets critical findings ({', '.join(machines)}), no person does",
            "set Teams or PagerDuty, or make sure that the SIEM alerts a person",
        )
    if critical and not alone and not machines:
        names = frozenset().union(*(each.channels for each in critical))
        yield ok(_ROUTES, f"critical findings go to {', '.join(sorted(names))}")


def _unrouted(routed: tuple[Audience, ...]) -> Iterator[Check]:
    """Yield a check for each severity with controls that reach no channel."""
    for severity in reversed(Severity):
        unheard = [
            each.control_id for each in routed if each.severity is severity and not each.channels
        ]
        if unheard:
            finding = f"no channel gets findings of {', '.join(unheard)} ({severity})"
            step = "set another channel, or a route in monitor.toml"
            yield (fail if severity is Severity.CRITICAL else warn)(_ROUTES, finding, step)
