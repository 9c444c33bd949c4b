"""The incidents of the whole state; only reads."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from drift.codec import check_schema, decode, text_in
from drift.errors import NotUnderstood
from drift.ports import Row, Store
from drift.state import incident_ids, keys, packing, paging
from drift.state.incident_record import Incident
from drift.state.keys import RowKind

LEAST_OF_ID: Final = 8
"""Minimum number of characters of an id that names an incident."""


@dataclass(frozen=True, slots=True)
class FoundIncidents:
    """Incidents, the newest first, and the row keys of those that another version wrote."""

    incidents: tuple[Incident, ...]
    not_understood: tuple[str, ...]


def id_of(incident: Incident) -> str:
    """Return the id by which every channel names an incident."""
    return incident_ids.incident_id(incident.control_id, incident.resource_id, incident.number)


def incidents_of(store: Store, id_begins: str = "") -> FoundIncidents:
    """Return the incidents whose ids begin with this; raise StoreUnavailable.

    The id of an unreadable row cannot be compared, so such rows are always reported.
    """
    found, refused = [], []
    for row in _rows(store):
        try:
            if _id_in(row).startswith(id_begins):
                found.append(_incident(row))
        except NotUnderstood:
            refused.append(row.key)
    found.sort(key=lambda each: each.opened_at, reverse=True)
    return FoundIncidents(tuple(found), tuple(refused))


def _rows(store: Store) -> Iterator[Row]:
    for shard in keys.PARTITIONS:
        yield from paging.all_rows(store, shard, *keys.below(RowKind.INCIDENT))


def _id_in(row: Row) -> str:
    number = int(row.key.rpartition("|")[2])
    resource, control = text_in(row.data, "resource"), text_in(row.data, "control")
    return incident_ids.incident_id(control, resource, number)


def _incident(row: Row) -> Incident:
    check_schema(row.data)
    return decode(Incident, packing.unpack(row.data, "incident"))
