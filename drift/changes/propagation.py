"""Evaluate resources that a write connected or disconnected.

A machine's write attaches a disk, an interface's write puts a security group before a machine, a
network's write replaces its subnets: an event may not name the disk, the group or the subnet. So a
resource that a document begins or ceases to name is evaluated as if it had been written. A load
balancer may name machines by address: then every resource that read it in a list is evaluated
again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from drift import ids
from drift.arm.relations import LINKED_BY_ADDRESS, Links, changed_links
from drift.changes.evaluation import Evaluation, is_deleted
from drift.config.model import Timing
from drift.events import LINKED, Event, Fanout, Message, to_message
from drift.incidents.attribution import last_event, sole_actor
from drift.intake.targets import TAGS, Watched, resolve_targets
from drift.ports import Delete, Put, Store
from drift.queues import outbound
from drift.queues.messages import DoneMessage, LinksMessage
from drift.queues.outbound import Outbound
from drift.state import due_rows, known_resources
from drift.state import keys as state_keys
from drift.state.due_rows import REDELIVERY_DELAY
from drift.state.resource_record import Record

_MOST_CHARACTERS: Final = 20_000
"""Characters of the ids in one row: a property holds 64 KiB of UTF-16, a queue message 48 KiB."""


def propagate(
    store: Store,
    record: Record,
    evaluation: Evaluation,
    *,
    watched: Watched,
    timing: Timing,
    now: datetime,
) -> tuple[list[Put], Outbound]:
    """Return the rows, and their messages, that evaluate the resources of new and lost links."""
    event, at = _made_up(record, evaluation, now), now + REDELIVERY_DELAY
    touched = (
        (*_changed(record, {}), *_judged_below(store, watched, record.id))
        if is_deleted(evaluation, timing)
        else _touched(record, evaluation)
    )
    chunks = _chunks(touched)
    rows = [propagation_row(event, each, home=event.subject, at=at) for each in chunks]
    return rows, sum((outbound.of_row(each.key, each.data) for each in rows), Outbound())


def _touched(record: Record, evaluation: Evaluation) -> tuple[str, ...]:
    swept = due_rows.SWEEPS & evaluation.reasons
    if evaluation.observation.links is None or (swept and record.links is None):
        return ()  # the sweep comes by everything else by itself
    return (*_changed(record, evaluation.observation.links), *_became_phi(record, evaluation))


def _changed(record: Record, links: Links) -> tuple[str, ...]:
    """Return the resources that a document begins or ceases to name, or the list that shows it."""
    found = changed_links(record.links, links)
    return (
        (ids.list_of(record.id),)
        if found and ids.type_of(record.id) in LINKED_BY_ADDRESS
        else found
    )


def _judged_below(store: Store, watched: Watched, resource_id: str) -> tuple[str, ...]:
    """Return the known children of a deleted resource: they have no events of their own."""
    own = f"{ids.type_of(resource_id)}/"
    if not any(kind.startswith(own) for kind in watched.evaluated):
        return ()
    return tuple(known_resources.within(store, resource_id))


def _became_phi(record: Record, evaluation: Evaluation) -> tuple[str, ...]:
    """Return the tags of a resource that became PHI since its last read: others inherit its scope."""
    before, now = (
        record.phi_tag,
        evaluation.observation.phi.tag if evaluation.observation.phi else "",
    )
    known = record.links is not None
    return (f"{record.id}/providers/{TAGS}/default",) if known and now and not before else ()


def _made_up(record: Record, evaluation: Evaluation, now: datetime) -> Event:
    """Return an event for the documents that the evaluation found changed, with the only actor.

    Its id is unique to this evaluation: Azure's clock has whole seconds, and two evaluations of one
    second may find changes.
    """
    observation = evaluation.observation
    cause, at = last_event(evaluation.taken.pending), observation.at
    mark = state_keys.digest(f"{record.id}@{at.isoformat()}@{observation.began.isoformat()}")
    return Event(
        id=mark,
        type=LINKED,
        operation=cause.operation if cause else "",
        subject=record.id,
        target="",
        at=min(at, now),
        actor=sole_actor(evaluation.taken.pending),
        correlation_id=cause.correlation_id if cause else "",
        deleted=False,
    )


def _chunks(documents: Sequence[str]) -> Iterator[tuple[str, ...]]:
    chunk: list[str] = []
    for each in documents:
        if chunk and sum(map(len, chunk)) + len(each) > _MOST_CHARACTERS:
            yield tuple(chunk)
            chunk = []
        chunk.append(each)
    if chunk:
        yield tuple(chunk)


def propagation_row(event: Event, documents: Sequence[str], *, home: str, at: datetime) -> Put:
    """Return the due row that evaluates documents; it is in the partition of ``home``."""
    names = (state_keys.digest(each) for each in (home, "".join(documents), event.id))
    message = LinksMessage(home=home, documents=tuple(documents), event=event)
    return due_rows.due_put(message, at, *names)


def propagate_later(store: Store, fanout: Fanout, at: datetime) -> None:
    """Repeat a fan-out that crashed every time, at a given time and from its beginning."""
    row = propagation_row(fanout.event, (fanout.event.subject,), home=fanout.document, at=at)
    store.commit(state_keys.partition(fanout.document), [row])


def on_links(message: LinksMessage, watched: Watched) -> Outbound:
    """Return the messages of an event about each of the documents, and last the message that it is done."""
    texts = [
        to_message(each)
        for document in message.documents
        for each in _directed(watched, _about(message.event, document))
    ]
    done = DoneMessage(home=message.home, due=message.due).text
    return Outbound(changes=(*texts, done))


def _directed(watched: Watched, event: Event) -> tuple[Message, ...]:
    if ids.is_list(event.subject):
        return (Fanout(document=event.subject, event=event),)
    return resolve_targets(event, watched)


def _about(event: Event, document: str) -> Event:
    return replace(event, subject=document, id=f"{event.id}:{state_keys.digest(document)[:16]}")


def on_done(store: Store, home: str, keys: Sequence[str]) -> Outbound:
    """Delete a due row and its other rows, now that its messages are on the queue."""
    due_key, *others = keys
    shard = state_keys.partition(home)
    due = due_rows.find_row(store, shard, due_key) if due_key else None
    names = [*([due.key] if due else []), *(each for each in others if each)]
    store.commit(shard, [Delete(each) for each in names])
    return Outbound()
