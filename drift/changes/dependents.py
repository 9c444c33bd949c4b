"""Dependents of each document: a change of a vault or a group's tags finds the resources judged by it."""

from collections.abc import Callable, Iterable
from datetime import datetime

from drift import ids
from drift.codec import versioned
from drift.observation.clock_skew import MARGIN
from drift.observation.observation import Observation
from drift.ports import Put, Store
from drift.queues.messages import ForgetMessage
from drift.state import due_rows, keys
from drift.state.due_rows import REDELIVERY_DELAY
from drift.state.keys import RowKind
from drift.state.resource_record import Record


def note_dependents(
    store: Store, clock: Callable[[], datetime], record: Record, observation: Observation
) -> dict[str, datetime]:
    """Store, before the verdict, which documents elsewhere it rests on; return those noted first, and when.

    A write to one of them before its row was stored may have found no dependents. Our clock
    may be behind Azure's, by which such a write is timed.
    """
    noted = {}
    for document in documents_elsewhere(record.id, (*observation.asked, *observation.refused)):
        if document in record.documents:
            continue
        at = clock().isoformat()
        data = versioned({"document": document, "resource": record.id, "at": at})
        row = Put(uses_key(document, record.id), data)
        store.commit(keys.partition(document), [row])
        noted[document] = clock() + MARGIN
    return noted


def uses_key(document: str, resource: str) -> str:
    """Return the key of the row that says that the verdicts on a resource rest on a document."""
    return keys.row_key(RowKind.USES, keys.digest(document), keys.digest(resource))


def documents_elsewhere(resource: str, documents: Iterable[str]) -> tuple[str, ...]:
    """Return the documents that are neither the resource nor below it."""
    own = ids.key(resource)
    return tuple(each for each in documents if each != own and not each.startswith(f"{own}/"))


def forget_rows(record: Record, now: datetime) -> list[Put]:
    """Return the due row that has the rows of a resource that is gone deleted, if there are any."""
    if not record.leaving:
        return []
    message = ForgetMessage(resource=record.id)
    return [due_rows.due_put(message, now + REDELIVERY_DELAY, keys.digest(record.id))]
