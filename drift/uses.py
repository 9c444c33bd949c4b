"""Who was judged by reading what: so a change of a vault or a group's tags finds its resources."""

from dataclasses import replace
from typing import Final

from drift import ids, layout
from drift.events import Fanout, to_message
from drift.parts import Parts
from drift.ports import Put
from drift.records import Record
from drift.sight import Sight
from drift.work import Work

_PAGE: Final = 200
"""Resources one message fans out to; the rest follow in the next."""


def note(parts: Parts, record: Record, sight: Sight) -> None:
    """Remember, before the verdict is stored, which documents elsewhere it rests on or lacks."""
    own = ids.key(record.id)
    for document in (*sight.asked, *(ids.key(each.what) for each in sight.failures)):
        if document == own or document.startswith(f"{own}/") or document in record.documents:
            continue
        row = Put(
            layout.key("uses", layout.digest(document), layout.digest(record.id)),
            {"document": document, "resource": record.id},
        )
        parts.store.commit(layout.partition(document), [row])


def on_fanout(parts: Parts, fanout: Fanout) -> Work:
    """Return one event for each resource that was judged by the document that changed."""
    document = ids.key(fanout.document)
    first, end = layout.below("uses", layout.digest(document))
    rows = parts.store.range(layout.partition(document), fanout.after or first, end, _PAGE)
    resources = (str(row.data["resource"]) for row in rows)
    texts = [to_message(replace(fanout.event, target=each, deleted=False)) for each in resources]
    if len(rows) == _PAGE:
        texts.append(to_message(replace(fanout, after=f"{rows[-1].key}!")))
    return Work(changes=tuple(texts))
