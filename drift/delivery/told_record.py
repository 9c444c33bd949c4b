"""The evidence record of a delivery: which channel received a change and when, or never did."""

import enum
from datetime import datetime

from drift.delivery.cursor import DeliveryKey, sequence_of
from drift.outbox.evidence_rows import RECORDED, record_rows
from drift.ports import Put, Row
from drift.state import incident_ids, keys


class Told(enum.StrEnum):
    """The outcome of a delivery; GIVEN_UP: the channel did not accept it for too long."""

    SENT = "sent"
    GIVEN_UP = "given up"


def told_rows(delivery_key: DeliveryKey, row: Row, outcome: Told, now: datetime) -> list[Put]:
    """Return the rows of the record, none if the change itself is not recorded."""
    if not row.data.get(RECORDED):
        return []
    sequence = sequence_of(row)
    incident = incident_ids.incident_id(
        delivery_key.control, delivery_key.resource, delivery_key.number
    )
    record = {
        "kind": "delivery",
        "at": now,
        "incident": incident,
        "sequence": sequence,
        "uid": incident_ids.notice_uid(incident, sequence),
        "control": {"id": delivery_key.control},
        "resource": delivery_key.resource,
        "channel": delivery_key.channel,
        "outcome": outcome,
    }
    names = (*delivery_key.names, keys.numbered(sequence), delivery_key.channel)
    return record_rows(delivery_key.partition, record, now, *names)
