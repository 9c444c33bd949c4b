"""The dependents of each document: the resources whose verdicts depend on a vault or a group's tags."""

from collections.abc import Callable, Iterable
from datetime import datetime

from drift import ids
from drift.clock.skew import MARGIN
from drift.codec import versioned
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
    """Store, before the verdict, the other documents that it depends on; return the new ones, with the time.

    A write to such a document before its row was stored may have found no dependents. Our clock may
    be behind Azure's clock, which gives the time of such a write.
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
    """Return the key of the row that says that the verdicts on a resource depend on a document."""
    return keys.row_key(RowKind.USES, keys.digest(document), keys.digest(resource))


def documents_elsewhere(resource: str, documents: Iterable[str]) -> tuple[str, ...]:
    """Return the documents that are neither the resource nor below it."""
    own = ids.key(resource)
    return tuple(each for each in documents if each != own and not each.startswith(f"{own}/"))


def forget_rows(record: Record, now: datetime) -> list[Put]:
    """Return the due row that deletes the rows of a deleted resource, if there are any."""
    if not record.leaving:
        return []
    message = ForgetMessage(resource=record.id)
    return [due_rows.due_put(message, now + REDELIVERY_DELAY, keys.digest(record.id))]
