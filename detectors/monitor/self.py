"""Whether Event Grid delivers every watched change of a subscription to the monitor."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from detectors.evidence import evidence, listed
from detectors.facets import weakest
from detectors.monitor.deliveries import (
    DESTINATION,
    FUNCTION,
    KIND,
    SOURCE,
    SUBSCRIPTIONS,
    TOPICS,
    WATCHED,
    DeliveryGap,
    EventSubscription,
    Required,
    function_of,
    gaps_of,
)
from detectors.monitor.redelivery import DEPLOY, repair_of
from drift import ids
from drift.controls.monitor_controls import SELF
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix
from drift.ids import relative_to
from drift.intake.event_topics import CHANGES, PAYLOADS, POLICY
from drift.model import MISSING, Control, Evidence, Outcome, Resource, Severity, Verdict

_CONTENTS: Final = {
    CHANGES: "changes of resources",
    PAYLOADS: "resources in their events",
    POLICY: "policy states",
}

_SETTINGS: Final = "microsoft.web/sites/config"
"""A write of the monitor's own settings is reported by its event: reading them takes more than Reader."""

CONTROL: Final[Control] = replace(
    SELF,
    fix="az resource create --id <topic id>/eventSubscriptions/phidrift --is-full-object --properties "
    """'{"properties":{"destination":{"endpointType":"AzureFunction"}}}'""",
    watches={ids.SUBSCRIPTION: (), **WATCHED, _SETTINGS: ()},
    leaves_out="event subscriptions that call a webhook, which shows no function, and whether the topic of "
    "resource payloads exists, which is optional",
)


@dataclass(frozen=True, slots=True)
class _Topic:
    """The topic of one kind, its deliveries to the monitor and to others, and why more are not known."""

    topic: Resource | None
    own: Sequence[EventSubscription] = ()
    others: Sequence[Resource] = ()
    doubt: Unreadable | None = None


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate the topics of the subscription, each with its best event subscription.

    If the id of the monitor's function app is not known, an event subscription that calls a
    function with the monitor's function name counts as its own. If there is none, there is nothing
    to evaluate.
    """
    app = estate.baseline.monitor_app
    wanted = estate.baseline.required_events
    if not wanted:
        return Verdict(Outcome.NOT_APPLICABLE, "No control needs an event of this subscription.")
    topics, doubt = listed(lambda: estate.extensions(resource.id, TOPICS))
    found = {kind: _found(kind, topics, resource, estate) for kind in wanted}
    if not app and not any(each.own for each in found.values()):
        doubts = (doubt, *(each.doubt for each in found.values()))
        if known := next((each for each in doubts if each), None):
            raise known
        return Verdict(
            Outcome.NOT_APPLICABLE, "No event subscription here calls a function of the monitor."
        )
    facets = [
        partial(_delivered, each, doubt, app, Required(kind, wanted[kind], resource, estate.now))
        for kind, each in found.items()
    ]
    verdict = weakest(CONTROL, facets, resource, estate)
    if verdict.outcome is not Outcome.PASS:
        return verdict
    return replace(verdict, reason="Event Grid delivers every watched change to the monitor.")


def _found(kind: str, topics: Sequence[Resource], of: Resource, estate: Estate) -> _Topic:
    """Return the topic of a kind; Azure allows one of each kind in a subscription."""
    doubt: Unreadable | None = None
    for each in topics:
        try:
            if not _is_of(each, kind, of):
                continue
        except Unreadable as error:
            doubt = error
            continue
        known, unread = listed(partial(estate.children, each.id, SUBSCRIPTIONS))
        return _sorted(each, known, estate.baseline.monitor_app, unread)
    return _Topic(None, doubt=doubt)


def _is_of(topic: Resource, kind: str, of: Resource) -> bool:
    """Tell whether a topic is of a kind: then its source is the subscription that it lies in."""
    shown = topic.word(KIND)
    if shown is MISSING:
        raise Unreadable(f"{topic.id}#{KIND}", "absent")
    if shown != kind.lower():
        return False
    if ids.key(str(topic.word(SOURCE))) != ids.key(of.id):
        raise Unreadable(f"{topic.id}#{SOURCE}", "not the subscription")
    return True


def _sorted(
    topic: Resource, known: Sequence[Resource], app: str, doubt: Unreadable | None
) -> _Topic:
    own: list[EventSubscription] = []
    others: list[Resource] = []
    for each in known:
        try:
            function = function_of(each)
        except Unreadable as error:
            doubt = doubt or error
            continue
        if function.lower().endswith(f"{app}{FUNCTION}".lower()):
            own.append(EventSubscription(topic, each, function))
        else:
            others.append(each)
    return _Topic(topic, own, others, doubt)


def _delivered(
    found: _Topic, listing: Unreadable | None, app: str, required: Required, *_: object
) -> Verdict:
    """Evaluate one kind; a delivery without a gap is enough, else the one with the smallest gap counts."""
    doubt = found.doubt or (None if found.topic else listing)
    lacking: list[tuple[EventSubscription, Sequence[DeliveryGap]]] = []
    for each in found.own:
        gaps, unread = gaps_of(each, required)
        if gaps:
            lacking.append((each, gaps))
        elif unread:
            doubt = doubt or unread
        else:
            return Verdict(Outcome.PASS, "", _shown([each.subscription], "", required))
    if doubt:
        raise doubt
    if lacking:
        return _fail(*min(lacking, key=_badness), app, required)
    if required.kind == PAYLOADS and not found.topic:
        return Verdict(Outcome.NOT_APPLICABLE, "Resources in their events are optional.")
    return _nothing(found, app, required)


def _badness(judged: tuple[EventSubscription, Sequence[DeliveryGap]]) -> tuple[int, int]:
    return max(each.severity.rank for each in judged[1]), len(judged[1])


def _fail(
    delivery: EventSubscription, gaps: Sequence[DeliveryGap], app: str, required: Required
) -> Verdict:
    name, topic = delivery.subscription.name, delivery.topic.name
    told = ", and ".join(dict.fromkeys(each.what for each in gaps))
    in_place = all(each.in_place for each in gaps)
    return Verdict(
        Outcome.FAIL,
        f"Event subscription {name} of topic {topic} {told}.",
        tuple({each.path: each for gap in gaps for each in gap.shown}.values()),
        _severity(max((each.severity for each in gaps), key=lambda each: each.rank), required),
        repair_of(delivery.topic, delivery, app, required) if in_place else Fix(note=DEPLOY),
    )


def _nothing(found: _Topic, app: str, required: Required) -> Verdict:
    what = _CONTENTS[required.kind]
    where = (
        f"no event subscription of topic {found.topic.name} calls the monitor"
        if found.topic
        else "the subscription has no topic of them"
    )
    return Verdict(
        Outcome.FAIL,
        f"Event Grid does not deliver {what} to the monitor: {where}.",
        tuple(_missing(found, app, required)),
        _severity(Severity.CRITICAL, required),
        repair_of(found.topic, None, app, required),
    )


def _missing(found: _Topic, app: str, required: Required) -> Iterator[Evidence]:
    if found.others:
        yield from _shown(found.others, f"{app}{FUNCTION}", required)
        return
    above = found.topic.id if found.topic else f"{required.of.id}/providers"
    path = f"{SUBSCRIPTIONS}#{DESTINATION}" if found.topic else f"{TOPICS}#{KIND}"
    expected = f"{app}{FUNCTION}" if found.topic else required.kind
    yield Evidence(relative_to(f"{above}/{path}", required.of.id), None, expected)


def _shown(
    subscriptions: Sequence[Resource], expected: str, required: Required
) -> tuple[Evidence, ...]:
    path = f"{DESTINATION}.properties.resourceId"
    return tuple(evidence(each, path, expected, of=required.of) for each in subscriptions)


def _severity(severity: Severity, required: Required) -> Severity:
    """Return the severity: medium if only additional events of the same writes are missing."""
    return severity if required.kind == CHANGES else Severity.MEDIUM
