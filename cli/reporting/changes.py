"""The sent changes of an incident: the decision, its time, before and after, and the channels."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cli.reporting.kept import Kept
from cli.reporting.values import actor_data, time_data
from drift.codec import check_schema, decode, encode, texts_in
from drift.errors import NotUnderstood
from drift.notices import Notice
from drift.ports import Store
from drift.state import keys, packing, paging
from drift.state.keys import RowKind


@dataclass(frozen=True, slots=True)
class RoutedChange:
    """One change and the channels that it was routed to."""

    notice: Notice
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes of an incident in order, and the numbers of missing ones.

    ``refused`` are those that another version wrote; ``gone`` were deleted.
    """

    told: tuple[RoutedChange, ...]
    refused: tuple[int, ...]
    gone: tuple[int, ...]


def changes_of(store: Store, kept: Kept) -> Changes:
    """Return the changes that the state holds of an incident."""
    incident = kept.incident
    names = keys.digest(incident.resource_id), incident.control_id, keys.numbered(incident.number)
    told, refused = [], []
    rows = paging.all_rows(
        store, keys.partition(incident.resource_id), *keys.below(RowKind.OUTBOX, *names)
    )
    for row in rows:
        try:
            check_schema(row.data)
            notice = decode(Notice, packing.unpack(row.data, "notice"))
            told.append(RoutedChange(notice, texts_in(row.data, "channels")))
        except NotUnderstood:
            refused.append(int(row.key.rpartition("|")[2]))
    there = {each.notice.sequence for each in told} | set(refused)
    gone = (each for each in range(1, incident.sequence + 1) if each not in there)
    return Changes(tuple(told), tuple(refused), tuple(gone))


def change_data(each: RoutedChange, kept: Kept) -> Mapping[str, Any]:
    """Return one change as JSON; ``delivered`` has the time by channel, null where none is known."""
    notice, number = each.notice, each.notice.sequence
    return {
        "sequence": number,
        "change": notice.change.value,
        "closure": notice.closure.value if notice.closure else None,
        "decidedAt": time_data(notice.decided_at),
        "readAt": time_data(notice.read_at),
        "outcome": notice.outcome.value,
        "severity": notice.severity.value if notice.severity else None,
        "reason": notice.reason,
        "properties": [encode(found) for found in notice.evidence],
        "differences": [encode(found) for found in notice.differences],
        "event": {"id": notice.event_id, "at": time_data(notice.event_at)}
        if notice.event_id
        else None,
        "actor": actor_data(notice.changed_by),
        "standing": notice.part.value,
        "otherActors": [actor_data(other) for other in notice.others],
        "news": list(notice.news),
        "context": list(notice.context),
        "codeVersion": notice.code_version,
        "configHash": notice.config_hash,
        "delivered": {
            channel: time_data(kept.told.get(channel, {}).get(number)) for channel in each.channels
        },
    }
