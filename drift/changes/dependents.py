"""Who was judged by reading what: so a change of a vault or a group's tags finds its resources."""

from datetime import datetime

from drift import ids
from drift.codec import versioned
from drift.observation.observe import Observation
from drift.ports import Put
from drift.services import Services
from drift.state import keys
from drift.state.keys import RowKind
from drift.state.resource_record import Record


def note_dependents(
    services: Services, record: Record, observation: Observation
) -> dict[str, datetime]:
    """Store, before the verdict, which documents elsewhere it rests on; return those noted first, and when.

    What was written in one of them before its row was stored may have found nobody to tell.
    """
    noted, own = {}, ids.key(record.id)
    for document in (*observation.asked, *observation.refused):
        if document == own or document.startswith(f"{own}/") or document in record.documents:
            continue
        row = Put(
            keys.key(RowKind.USES, keys.digest(document), keys.digest(record.id)),
            versioned({"document": document, "resource": record.id}),
        )
        services.store.commit(keys.partition(document), [row])
        noted[document] = services.clock()
    return noted
