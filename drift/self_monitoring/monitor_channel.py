"""Report through the other channels that a channel accepts no messages."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from drift import ids
from drift.codec import encode, time_in, versioned
from drift.config.model import Route
from drift.controls.monitor_controls import CHANNEL
from drift.estate import Scope
from drift.fixes import Fix
from drift.incidents.decision import DecisionContext
from drift.model import Evidence, Outcome, Severity, Verdict, sentence
from drift.notices import HEARTBEAT
from drift.outbox import routing
from drift.ports import Delete, Put, Row, Store, Write
from drift.queues.outbound import Outbound
from drift.self_monitoring.incident import Report, SelfReporter
from drift.self_monitoring.monitor_blind import AffectedCount, count_key, next_count
from drift.services import Services
from drift.state import held_rows, keys, paging
from drift.state.keys import RowKind

_PHI: Final = Scope(None, "the undelivered messages may be about PHI")

_CONTINUED: Final = "Incidents about this channel have a new id, without a subscription."


def channel_id(channel: str) -> str:
    """Return the resource id that stands for a channel, which serves all subscriptions."""
    return f"/providers/phidrift/channels/{channel}"


def is_former(resource_id: str) -> bool:
    """Tell whether an id stood for a channel in an earlier version: it names a subscription."""
    own = channel_id(ids.name_of(resource_id))
    return resource_id != own and ids.type_of(resource_id) == ids.type_of(own)


def on_channel(
    services: Services, channel: str, home: str, due_key: str, *, took: bool
) -> Outbound:
    """Open or close the incident of one channel by the messages that it does not accept now.

    A second count within 15 minutes is skipped if it cannot change anything, because a channel that
    refuses a thousand messages requests a count after each.
    """
    names = [each.name for each in services.channels]
    title = services.channel_titles.get(channel, channel)

    def assess() -> Report | None:
        if channel not in names:
            why = f"{title} is switched off: its settings were removed"
            return Report(Verdict(Outcome.NOT_APPLICABLE, sentence(why)), _PHI)
        counted.clear()
        return _report(services, channel, title, counted, took=took)

    subject, counted = channel_id(channel), list[Put]()
    done: list[Write] = [Delete(due_key)] if due_key else []
    is_asked = home == subject or is_former(home) or channel not in names
    if not is_asked and _is_known(services, channel, took=took):
        services.store.commit(keys.partition(home), done)
        return Outbound()
    reporter = SelfReporter.of(services)
    reporter = replace(reporter, context=_through_others(reporter.context, channel))
    follow_up = reporter.apply(subject, CHANNEL, assess)
    if is_former(home):
        former = Report(Verdict(Outcome.NOT_APPLICABLE, _CONTINUED), _PHI)
        follow_up += reporter.apply(home, CHANNEL, lambda: former)
    last: list[Write] = [*counted] or [Delete(count_key(subject))]
    services.store.commit(keys.partition(subject), last)
    services.store.commit(keys.partition(home), done)
    return follow_up


def _is_known(services: Services, channel: str, *, took: bool) -> bool:
    """Tell whether the incident is open, was counted a moment ago, and stays open."""
    store, subject = services.store, channel_id(channel)
    if not is_reported(store, channel) or next_count(store, subject) <= services.clock():
        return False
    return not took or any(_counted_rows(store, channel, services.clock()))


def is_reported(store: Store, channel: str) -> bool:
    """Tell whether the incident MONITOR-CHANNEL of a channel is open."""
    name = channel_id(channel)
    key = keys.row_key(RowKind.OPEN, keys.digest(name), CHANNEL.id)
    return store.get(keys.partition(name), key) is not None


def _through_others(context: DecisionContext, refusing: str) -> DecisionContext:
    """Return the context that routes a report to the channels that can and should report it."""
    usual = routing.channels_for(CHANNEL.id, Severity.HIGH, context.channels, context.routes)
    names = routing.channels_except(refusing, usual, context.channels)
    channels = tuple(each for each in context.channels if each.name in names)
    return replace(context, channels=channels, routes=(Route(channels=names),))


def _report(
    services: Services, channel: str, title: str, counted: list[Put], *, took: bool
) -> Report | None:
    """Return the state of a channel, None if it is not known: only an accepted message is proof.

    The row that holds the count is added to ``counted``.
    """
    now, subject = services.clock(), channel_id(channel)
    held = list(_counted_rows(services.store, channel, now))
    if held:
        count = AffectedCount(dependency=subject, at=now, resources=len(held), phi=0)
        counted.append(Put(count_key(subject), versioned(encode(count))))
        return Report(_refusing(channel, title, held), _PHI)
    if took:
        return Report(Verdict(Outcome.PASS, sentence(f"{title} accepts messages again")), _PHI)
    return None


def _counted_rows(store: Store, channel: str, now: datetime) -> Iterator[Row]:
    """Yield the rows of messages that the channel does not accept, without failures that have just begun."""
    for shard in keys.PARTITIONS:
        rows = paging.all_rows(store, shard, *keys.below(RowKind.HELD, channel))
        yield from (row for row in rows if held_rows.is_counted(row.data, now))


def _refusing(channel: str, title: str, held: list[Row]) -> Verdict:
    """Return the messages that a channel does not accept, since when, its reason, and what to do."""
    since = min(time_in(row.data, "since") for row in held)
    last = max(held, key=lambda row: (bool(row.data.get("remedy")), _why(row.data)))
    why, remedy = _why(last.data), str(last.data.get("remedy", ""))
    said = f" ({why})" if why else ""
    return Verdict(
        Outcome.FAIL,
        f"{_counted(held)} not delivered to {title} since "
        f"{since:%Y-%m-%d %H:%M:%S} UTC{said}. "
        "The monitor keeps retrying, and retries at once when the channel's settings change.",
        (Evidence(f"channel[{channel}]", "refuses", "accepts"),),
        fix=Fix(note=sentence(remedy)) if remedy else None,
    )


def _why(data: Mapping[str, Any]) -> str:
    """Return the reason that a row states; rows of earlier versions state none."""
    return str(data.get("why", ""))


def _counted(held: list[Row]) -> str:
    number = sum(row.data.get("control") != HEARTBEAT for row in held)
    if not number:
        return "The hourly heartbeat was"
    return f"{number} incident was" if number == 1 else f"{number} incidents were"
