"""Who was judged by reading what: so a change of a vault or a group's tags finds its resources."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from drift import ids
from drift.codec import versioned
from drift.events import Fanout, to_message
from drift.observation.observe import Observation
from drift.ports import Put
from drift.queues.messages import ForgetMessage
from drift.queues.outbound import Outbound
from drift.services import Services
from drift.state import due_rows, keys
from drift.state.due_rows import REDELIVERY_DELAY
from drift.state.keys import RowKind
from drift.state.resource_record import Record

_PAGE: Final = 200
"""Resources one message fans out to; the rest follow in the next."""


def note_dependents(
    services: Services, record: Record, observation: Observation
) -> dict[str, datetime]:
    """Store, before the verdict, which documents elsewhere it rests on; return those noted first, and when.

    What was written in one of them before its row was stored may have found nobody to tell.
    """
    noted = {}
    for document in documents_elsewhere(record.id, (*observation.asked, *observation.refused)):
        if document in record.documents:
            continue
        at = services.clock().isoformat()
        data = versioned({"document": document, "resource": record.id, "at": at})
        row = Put(uses_key(document, record.id), data)
        services.store.commit(keys.partition(document), [row])
        noted[document] = services.clock()
    return noted


def uses_key(document: str, resource: str) -> str:
    """Return the key of the row that says that the verdicts on a resource rest on a document."""
    return keys.key(RowKind.USES, keys.digest(document), keys.digest(resource))


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


def on_fanout(services: Services, fanout: Fanout) -> Outbound:
    """Return one event for each resource that was judged by the document that changed."""
    document = ids.key(fanout.document)
    first, end = keys.below(RowKind.USES, keys.digest(document))
    rows = services.store.range(keys.partition(document), fanout.after or first, end, _PAGE)
    users = (str(row.data["resource"]) for row in rows)
    tags = _may_show_tags(fanout)
    resources = (each for each in users if tags or not _asks_for_tags(each, fanout))
    texts = [to_message(replace(fanout.event, target=each, deleted=False)) for each in resources]
    if len(rows) == _PAGE:
        texts.append(to_message(replace(fanout, after=f"{rows[-1].key}!")))
    return Outbound(changes=tuple(texts))


def _asks_for_tags(resource: str, fanout: Fanout) -> bool:
    """Tell whether it is for its tags that a resource asks for a document it lies in.

    Those who look at the document itself say when it becomes PHI: no other write of it matters.
    """
    return ids.key(resource).startswith(f"{ids.key(fanout.document)}/")


def _may_show_tags(fanout: Fanout) -> bool:
    subject, document = ids.key(fanout.event.subject), ids.key(fanout.document)
    is_scope = ids.type_of(document) in (ids.GROUP, ids.SUBSCRIPTION)
    return is_scope or subject.startswith(f"{document}/providers/")
