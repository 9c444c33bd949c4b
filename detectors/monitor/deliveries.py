"""The event subscriptions by which Event Grid delivers to the monitor, and their gaps.

https://learn.microsoft.com/rest/api/eventgrid/controlplane/system-topic-event-subscriptions/get
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from detectors.evidence import check_objects, evidence
from drift.arm.references import items_at
from drift.errors import Unreadable
from drift.intake.event_topics import EVENT_TYPES, FILTER_KEYS
from drift.model import MISSING, Evidence, Resource, Severity, dig, word_of

TOPICS: Final = "Microsoft.EventGrid/systemTopics"
SUBSCRIPTIONS: Final = "eventSubscriptions"
FUNCTION: Final = "/functions/resource_changed"

KIND: Final = "properties.topicType"
SOURCE: Final = "properties.source"
STATE: Final = "properties.provisioningState"
IDENTITY: Final = "identity"

DESTINATION: Final = "properties.destination"
BY_IDENTITY: Final = "properties.deliveryWithResourceIdentity"
INCLUDED: Final = "properties.filter.includedEventTypes"
ADVANCED: Final = "properties.filter.advancedFilters"
SUBJECTS: Final = ("properties.filter.subjectBeginsWith", "properties.filter.subjectEndsWith")
EXPIRES: Final = "properties.expirationTimeUtc"
RETRIES: Final = "properties.retryPolicy"
TRIES: Final = f"{RETRIES}.maxDeliveryAttempts"
MINUTES: Final = f"{RETRIES}.eventTimeToLiveInMinutes"
DEAD_LETTERS: Final = "properties.deadLetterWithResourceIdentity"
PLAIN_DEAD_LETTERS: Final = "properties.deadLetterDestination"

WATCHED: Final = {
    TOPICS.lower(): (KIND, SOURCE, STATE, IDENTITY),
    f"{TOPICS}/{SUBSCRIPTIONS}".lower(): (
        *(DESTINATION, BY_IDENTITY, INCLUDED, ADVANCED, *SUBJECTS, STATE, EXPIRES, TRIES, MINUTES),
        *(DEAD_LETTERS, PLAIN_DEAD_LETTERS),
    ),
}

MOST_TRIES: Final = 30
MOST_MINUTES: Final = 1440
"""The most that Event Grid takes, and its defaults:
https://learn.microsoft.com/azure/event-grid/delivery-and-retry#retry-schedule"""

_BEGINS_WITH: Final = "stringbeginswith"
_AT_WORK: Final = frozenset({"succeeded", "creating", "updating"})
_NOT_AT_WORK: Final = {
    "failed": "failed in its last change",
    "canceled": "had its last change canceled",
    "deleting": "is being deleted",
    "awaitingmanualaction": "waits for approval",
}
_NAMED: Final = 3
"""How many missing types a reason names; the evidence has the filter."""


@dataclass(frozen=True, slots=True)
class EventSubscription:
    """An event subscription of a topic, and the id of the function that it calls."""

    topic: Resource
    subscription: Resource
    function: str


@dataclass(frozen=True, slots=True)
class DeliveryGap:
    """A gap of an event subscription, as the end of a sentence, and its severity.

    ``in_place``: writing the event subscription again repairs it.
    """

    what: str
    severity: Severity
    shown: tuple[Evidence, ...]
    in_place: bool = True


@dataclass(frozen=True, slots=True)
class Required:
    """The events that a kind of topic must deliver: the beginnings of its filter's field."""

    kind: str
    beginnings: Sequence[str]
    of: Resource
    now: datetime


def function_of(subscription: Resource) -> str:
    """Return the id of the function that an event subscription calls, "" for none.

    Raise Unreadable where the destination is not shown.
    """
    check_objects(subscription, DESTINATION, BY_IDENTITY, f"{BY_IDENTITY}.destination")
    for path in (DESTINATION, f"{BY_IDENTITY}.destination"):
        kind = subscription.word(f"{path}.endpointType")
        if kind is MISSING:
            continue
        if kind != "azurefunction":
            return ""
        function = subscription.get(f"{path}.properties.resourceId")
        if not isinstance(function, str):
            raise Unreadable(f"{subscription.id}#{path}", "the function is not shown")
        return function.rstrip("/")
    raise Unreadable(f"{subscription.id}#{DESTINATION}", "absent")


def gaps_of(
    delivery: EventSubscription, required: Required
) -> tuple[list[DeliveryGap], Unreadable | None]:
    """Return the gaps of a delivery, and why the rest is not known."""
    found: list[DeliveryGap] = []
    doubt: Unreadable | None = None
    try:
        check_objects(delivery.subscription, "properties", "properties.filter", RETRIES)
        check_objects(delivery.topic, "properties", IDENTITY)
    except Unreadable as error:
        return found, error
    for check in _CHECKS:
        try:
            found += check(delivery, required)
        except Unreadable as error:
            doubt = error
    return found, doubt


def _state(delivery: EventSubscription, required: Required) -> Iterator[DeliveryGap]:
    for each, whose in (
        (delivery.topic, "cannot deliver: its topic "),
        (delivery.subscription, ""),
    ):
        state = each.word(STATE)
        if state in _AT_WORK:
            continue
        if state not in _NOT_AT_WORK:
            why = "absent" if state is MISSING else "not a known state"
            raise Unreadable(f"{each.id}#{STATE}", why)
        shown = (evidence(each, STATE, "Succeeded", of=required.of),)
        told = f"{whose}{_NOT_AT_WORK[str(state)]}"
        yield DeliveryGap(told, Severity.CRITICAL, shown, in_place=each is delivery.subscription)


def _end(delivery: EventSubscription, required: Required) -> Iterator[DeliveryGap]:
    """Event Grid removes an event subscription at its expiration time; the deployment sets none."""
    text = delivery.subscription.get(EXPIRES)
    if text is MISSING:
        return
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        raise Unreadable(f"{delivery.subscription.id}#{EXPIRES}", "not a time") from None
    if at.tzinfo is None:
        raise Unreadable(f"{delivery.subscription.id}#{EXPIRES}", "without a time zone")
    shown = (evidence(delivery.subscription, EXPIRES, "absent", of=required.of),)
    is_over = at <= required.now
    told = f"{'ended' if is_over else 'will end'} on {at:%Y-%m-%d}"
    yield DeliveryGap(told, Severity.CRITICAL if is_over else Severity.MEDIUM, shown)


def _event_types(delivery: EventSubscription, required: Required) -> Iterator[DeliveryGap]:
    """Without a list all types are delivered."""
    listed = delivery.subscription.items(INCLUDED)
    included = {word_of(each, f"{delivery.subscription.id}#{INCLUDED}") for each in listed}
    wanted = EVENT_TYPES[required.kind]
    left_out = [each for each in wanted if included and each.lower() not in included]
    if left_out:
        is_first = wanted[0] in left_out
        shown = (evidence(delivery.subscription, INCLUDED, ", ".join(wanted), of=required.of),)
        names = _some([each.rpartition(".")[2] for each in left_out])
        yield DeliveryGap(
            f"leaves out events of the type {names}",
            Severity.CRITICAL if is_first else Severity.HIGH,
            shown,
        )


def _subjects(delivery: EventSubscription, required: Required) -> Iterator[DeliveryGap]:
    for path in SUBJECTS:
        if delivery.subscription.word(path) not in (MISSING, ""):
            shown = (evidence(delivery.subscription, path, "absent", of=required.of),)
            yield DeliveryGap("delivers certain subjects only", Severity.CRITICAL, shown)


def _fields(delivery: EventSubscription, required: Required) -> Iterator[DeliveryGap]:
    """All advanced filters must let an event through; a value of one suffices."""
    shown = (evidence(delivery.subscription, ADVANCED, _expected(required), of=required.of),)
    for each in items_at(delivery.subscription, ADVANCED):
        operator = word_of(dig(each, "operatorType"), ADVANCED)
        key = word_of(dig(each, "key"), ADVANCED)
        if operator is MISSING or key is MISSING:
            raise Unreadable(f"{delivery.subscription.id}#{ADVANCED}", "a filter is incomplete")
        if operator != _BEGINS_WITH or key != FILTER_KEYS[required.kind].lower():
            told = f"has a filter on {dig(each, 'key')} that the monitor does not need"
            yield DeliveryGap(told, Severity.CRITICAL, shown)
            continue
        left_out = [one for one in required.beginnings if not one.startswith(_values(each))]
        if left_out:
            is_all = len(left_out) == len(required.beginnings)
            told = f"leaves out changes of {_some([one.rstrip('/') for one in left_out])}"
            yield DeliveryGap(told, Severity.CRITICAL if is_all else Severity.HIGH, shown)


def _values(condition: Any) -> tuple[str, ...]:
    return tuple(str(word_of(each, ADVANCED)) for each in items_at(condition, "values"))


def _expected(required: Required) -> str:
    if not required.beginnings:
        return "no filter"
    return f"{FILTER_KEYS[required.kind]} begins with {', '.join(required.beginnings)}"


def _retries(delivery: EventSubscription, required: Required) -> Iterator[DeliveryGap]:
    for path, most in ((TRIES, MOST_TRIES), (MINUTES, MOST_MINUTES)):
        chosen = delivery.subscription.number(path)
        if chosen is not MISSING and int(chosen) < most:
            shown = (evidence(delivery.subscription, path, str(most), of=required.of),)
            yield DeliveryGap("stops retrying an event too soon", Severity.MEDIUM, shown)


def _dead_letters(delivery: EventSubscription, required: Required) -> Iterator[DeliveryGap]:
    """Require dead letters of a topic with an identity, which was deployed to write them: no other can."""
    if not writes_dead_letters(delivery.topic):
        return
    check_objects(delivery.subscription, DEAD_LETTERS, PLAIN_DEAD_LETTERS)
    places = (f"{DEAD_LETTERS}.deadLetterDestination", PLAIN_DEAD_LETTERS)
    container = "properties.blobContainerName"
    if any(delivery.subscription.word(f"{each}.{container}") for each in places):
        return
    shown = (evidence(delivery.subscription, DEAD_LETTERS, "a container", of=required.of),)
    yield DeliveryGap("does not store the events that it cannot deliver", Severity.MEDIUM, shown)


def writes_dead_letters(topic: Resource) -> bool:
    """Tell whether a topic has an identity, by which it can write them."""
    return topic.word(f"{IDENTITY}.type") not in (MISSING, "none")


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"


_CHECKS: Final[tuple[Callable[[EventSubscription, Required], Iterator[DeliveryGap]], ...]] = (
    *(_state, _end, _event_types, _subjects, _fields, _retries, _dead_letters),
)
