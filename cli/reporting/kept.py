"""Every incident of the state with its other rows, one at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from drift.breach_clock.record import ClockRecord, clock_in, clock_row
from drift.codec import check_schema, decode
from drift.delivery.cursor import Cursor
from drift.errors import NotUnderstood
from drift.ports import Row, Store
from drift.retention.incidents import cursors_of
from drift.state import keys, packing, paging
from drift.state.incident_record import Incident
from drift.state.keys import RowKind


@dataclass(frozen=True, slots=True)
class Kept:
    """An incident, the times at which channels received its changes, and its breach clock.

    ``told`` has the times by channel and sequence. ``clock`` is None where nobody took a step.
    ``refused`` are the keys of its rows that another version wrote.
    """

    incident: Incident
    told: dict[str, dict[int, datetime]]
    clock: ClockRecord | None
    refused: tuple[str, ...] = ()

    @property
    def opened_at(self) -> datetime:
        """Return its first opening."""
        return self.incident.first_opened_at or self.incident.opened_at

    @property
    def has_unread_clock(self) -> bool:
        """Tell whether there is a breach clock that another version of the monitor wrote."""
        return any(each.startswith(f"{RowKind.CLOCK}|") for each in self.refused)

    @property
    def is_reopened(self) -> bool:
        """Tell whether it opened again under the same number."""
        return self.opened_at != self.incident.opened_at

    @property
    def first_told_at(self) -> datetime | None:
        """Return when the first channel received the opening, None if this is not known.

        If an incident opened again, it is not known which change reported the last opening.
        """
        if self.is_reopened:
            return None
        return min((times[1] for times in self.told.values() if 1 in times), default=None)


def every_incident(store: Store) -> Iterator[Kept | str]:
    """Yield every incident, or the row key of an incident that another version wrote.

    The three kinds of rows are sorted by the same names, so they are read side by side, page by page.
    """
    for shard in keys.PARTITIONS:
        cursors, clocks = (_Beside(store, shard, kind) for kind in (RowKind.CURSOR, RowKind.CLOCK))
        for row in paging.all_rows(store, shard, *keys.below(RowKind.INCIDENT)):
            names = _names(row)
            told, clock = cursors.of(names), clocks.of(names)
            try:
                check_schema(row.data)
                incident = decode(Incident, packing.unpack(row.data, "incident"))
            except NotUnderstood:
                yield row.key
                continue
            yield _kept(incident, told, clock[0] if clock else None)


def kept_of(store: Store, incident: Incident) -> Kept:
    """Return one incident with its other rows."""
    names = keys.digest(incident.resource_id), incident.control_id, keys.numbered(incident.number)
    cursors = cursors_of(store, keys.partition(incident.resource_id), names)
    return _kept(incident, list(cursors.values()), clock_row(store, incident))


class _Beside:
    """Rows of one kind, returned by incident, in order."""

    def __init__(self, store: Store, shard: str, kind: RowKind) -> None:
        self._rows = paging.all_rows(store, shard, *keys.below(kind))
        self._next = next(self._rows, None)

    def of(self, names: str) -> list[Row]:
        """Return the rows of an incident; those of incidents before it are passed over."""
        found = []
        while self._next is not None and (at := _names(self._next)) <= names:
            if at == names:
                found.append(self._next)
            self._next = next(self._rows, None)
        return found


def _names(row: Row) -> str:
    """Return the hash, the control and the number in a key."""
    return "|".join(row.key.split("|")[1:4])


def _kept(incident: Incident, cursors: list[Row], clock: Row | None) -> Kept:
    told, refused = {}, []
    for row in cursors:
        try:
            times = decode(Cursor, row.data).sent_at
        except NotUnderstood:
            refused.append(row.key)
            continue
        told[row.key.rpartition("|")[2]] = times
    record = None
    if clock is not None:
        try:
            record = clock_in(clock)
            _ = record.clock  # a step of another version is found here
        except NotUnderstood:
            record = None
            refused.append(clock.key)
    return Kept(incident, told, record, tuple(refused))
