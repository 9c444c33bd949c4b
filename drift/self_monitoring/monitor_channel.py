"""Report through the other channels that a channel takes no messages."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from drift.config.model import Route
from drift.controls.monitor_controls import CHANNEL
from drift.estate import Scope
from drift.fixes import Fix
from drift.model import Evidence, Outcome, Severity, Verdict, sentence
from drift.outbox import routing
from drift.ports import Delete, Row
from drift.queues.outbound import Outbound
from drift.self_monitoring.incident import Report, publish
from drift.services import Services
from drift.state import held_rows, keys, paging
from drift.state.keys import RowKind

_PHI: Final = Scope(None, "the undelivered messages may be about PHI")

_NAMES: Final = {
    "teams": "Teams",
    "pagerduty": "PagerDuty",
    "splunk": "Splunk",
    "sentinel": "Microsoft Sentinel",
    "eventgrid_topic": "the Event Grid topic",
    "webhook": "the webhook",
}


def channel_id(services: Services, channel: str) -> str:
    """Return the id that stands for a channel, as if it were a resource."""
    subscription = next(iter(services.facts.subscriptions), "none")
    return f"/subscriptions/{subscription}/providers/phidrift/channels/{channel}"


def on_channel(
    services: Services, channel: str, home: str, due_key: str, *, took: bool
) -> Outbound:
    """Open or close the incident of one channel by what it does not take now."""

    def look() -> Report | None:
        return _report(services, channel, took=took)

    told = publish(_others(services, channel), channel_id(services, channel), CHANNEL, look)
    if due_key:
        services.store.commit(keys.partition(home), [Delete(due_key)])
    return told


def _others(services: Services, refusing: str) -> Services:
    """Return the parts with only the channels that can and should report it."""
    usual = routing.channels_for(
        CHANNEL.id, Severity.HIGH, services.channels, services.config.routes
    )
    names = routing.channels_except(refusing, usual, services.channels)
    channels = tuple(each for each in services.channels if each.name in names)
    config = replace(services.config, routes=(Route(channels=names),))
    return replace(services, channels=channels, config=config)


def _report(services: Services, channel: str, *, took: bool) -> Report | None:
    """Return the state of a channel, None where it is not known: only an accepted message is proof."""
    if channel not in {each.name for each in services.channels}:
        why = sentence(f"{_name(channel)} is disabled: its settings were removed")
        return Report(Verdict(Outcome.NOT_APPLICABLE, why), _PHI)
    now = services.clock()
    rows = (row for shard in keys.PARTITIONS for row in _held(services, shard, channel))
    held = [row for row in rows if held_rows.is_counted(row.data, now)]
    if held:
        return Report(_refusing(channel, held), _PHI)
    if took:
        return Report(
            Verdict(Outcome.PASS, sentence(f"{_name(channel)} accepts messages again")), _PHI
        )
    return None


def _held(services: Services, shard: str, channel: str) -> list[Row]:
    return list(paging.all_rows(services.store, shard, *keys.below(RowKind.HELD, channel)))


def _refusing(channel: str, held: list[Row]) -> Verdict:
    """Say what a channel does not take, since when, why in its own words, and what to do about it."""
    since = min(datetime.fromisoformat(str(row.data["since"])) for row in held)
    last = max(held, key=lambda row: (bool(row.data.get("remedy")), _why(row.data)))
    why, remedy = _why(last.data), str(last.data.get("remedy", ""))
    said = f" ({why})" if why else ""
    return Verdict(
        Outcome.FAIL,
        f"{_counted(len(held))} not delivered to {_name(channel)} since "
        f"{since:%Y-%m-%d %H:%M:%S} UTC{said}. "
        "The monitor keeps retrying, and retries at once when the channel's settings change.",
        (Evidence(f"channel[{channel}]", "refuses", "accepts"),),
        fix=Fix(note=sentence(remedy)) if remedy else None,
    )


def _why(data: Mapping[str, Any]) -> str:
    """Return the reason that a row states; rows of earlier versions state none."""
    return str(data.get("why", ""))


def _counted(number: int) -> str:
    return f"{number} incident was" if number == 1 else f"{number} incidents were"


def _name(channel: str) -> str:
    return _NAMES.get(channel, channel)
