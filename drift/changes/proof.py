"""Owed events: no read has proved them yet, because a replica that is behind may have answered.

ARM answers from replicas; one may be up to ``settle_seconds`` behind. So an answer of ARM proves a
document only if its Date is at least that much later than the newest event about the document, and
if it shows a final state. Nothing else is proof: a changed property may come from an earlier write.
"""

import enum
import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from drift import ids
from drift.arm.cached_read import CachedRead, is_moving
from drift.clock import bounds
from drift.clock.skew import MARGIN
from drift.observation.observation import Observation
from drift.observation.read_estate import EVERYTHING
from drift.state.resource_record import Owed, Record

MOST_NAMED: Final = 50
"""How many documents are owed one by one; more than that are owed as one entry for all documents."""

Answers = Mapping[str, CachedRead]
"""What ARM answered about each document, by the document's id in lower case."""


def documents_showing(subject: str, owner: str, read: Collection[str]) -> tuple[str, ...]:
    """Return the documents that must prove an event about ``subject``, of those that are read.

    They are the named document itself and the lists that contain it, otherwise the nearest document
    above it. The owner's own document counts too if it is part of the named one: a network's write
    replaces its subnets.
    """
    if subject == EVERYTHING:
        return tuple(read)
    shown = [each for each in read if each == subject or ids.is_item_of(subject, each)]
    if owner not in shown and ids.belongs_to(owner, subject):
        shown.append(owner)
    if shown:
        return tuple(shown)
    above = [each for each in read if ids.belongs_to(subject, each)]
    return (max(above, key=len) if above else owner,)


def with_owed(owed: Mapping[str, Owed], subject: str, at: datetime) -> dict[str, Owed]:
    """Return the owed events with one more event about a document; no event is ever dropped."""
    return _with(owed, subject, Owed(oldest=at, newest=at))


def with_doubt(owed: Mapping[str, Owed], document: str, at: datetime) -> dict[str, Owed]:
    """Return the owed events with a failing answer of this time, which a later pass contradicts."""
    return _with(owed, document, Owed(oldest=at, newest=at, doubted=at))


def _with(owed: Mapping[str, Owed], subject: str, more: Owed) -> dict[str, Owed]:
    name = subject if subject in owed or len(owed) < MOST_NAMED else EVERYTHING
    return {**owed, name: _merged(owed[name], more) if name in owed else more}


def _merged(first: Owed, other: Owed) -> Owed:
    """Return both as one entry: events are confirmed together, and a doubt is kept beside them."""
    both = (first, other)
    timed = [each for each in both if not each.is_doubt] or both
    newest = max(each.newest for each in timed)
    doubted = max((each.doubted for each in both if each.doubted), default=None)
    return Owed(
        oldest=min(each.oldest for each in timed),
        newest=newest,
        doubted=doubted if doubted and (timed is both or doubted > newest) else None,
    )


def owed_by_documents(record: Record) -> dict[tuple[str, ...], Owed]:
    """Return the owed events by the documents that prove them, of the documents that verdicts are based on.

    Events that the same documents prove, such as those of two items of a list, are owed together.
    """
    owner, found = ids.key(record.id), dict[tuple[str, ...], Owed]()
    read = {*record.documents, owner}
    for subject, each in record.owed.items():
        shown = tuple(sorted(documents_showing(subject, owner, read)))
        found[shown] = _merged(found[shown], each) if shown in found else each
    return found


def is_proved(record: Record, subject: str, at: datetime, settle: timedelta) -> bool:
    """Tell whether earlier reads prove an event of this time about a document.

    An answer that proved the deletion of the resource proves every event that is that much earlier.
    """
    if record.absent_at is not None:
        return record.absent_at >= bounds.later(at, settle)
    shown = documents_showing(ids.key(subject), ids.key(record.id), record.documents)
    return bool(shown) and all(_proves(record, each, bounds.later(at, settle)) for each in shown)


def _proves(record: Record, document: str, at: datetime) -> bool:
    answered = answered_at(record).get(document)
    return answered is not None and document not in record.unfinished and answered >= at


def answered_at(record: Record) -> dict[str, datetime]:
    """Return when ARM last answered for each document, by Azure's clock."""
    times = record.documents.items()
    return {name: bounds.later(at, MARGIN) for name, at in times if name in record.contents}


def doubtful_below(record: Record, observation: Observation) -> dict[str, datetime]:
    """Return the documents below a resource that are owed although no event names them, and since when.

    A replica that does not know a new resource yet answers 404 for all below it, such as its blob
    service, which raises no event of its own. If the resource existed before, such a replica shows
    what was below the earlier one.
    """
    own, existed = ids.key(record.id), record.ended_at is not None
    created = newest_owed_event(record)
    return {
        name: created or each.at
        for name, each in observation.asked.items()
        if name.startswith(f"{own}/") and name not in record.owed
        if existed or (each.bodies is None and _hash(each) != record.contents.get(name))
    }


def newest_owed_event(record: Record) -> datetime | None:
    """Return the time of the newest event about the resource itself that no read has proved, or None.

    Until ``settle_seconds`` after it, a replica may not know a resource that was just created.
    """
    own = ids.key(record.id)
    times = (
        each.newest
        for subject, each in record.owed.items()
        if subject == EVERYTHING or ids.belongs_to(subject, own)
    )
    return max(times, default=None)


class Proof(enum.StrEnum):
    """Whether a read proves an event; shown in a log line."""

    PROVED = "an answer at least settle_seconds after the event shows the document in a final state"
    TOO_EARLY = "a replica that is behind may have answered"
    UNFINISHED = "the document is still being changed"
    REFUSED = "the document could not be read"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadProof:
    """What one evaluation proves, by ARM's answers and refusals, and by how far replicas may be behind."""

    owner: str
    answers: Answers
    refused: frozenset[str]
    settle: timedelta

    def proof(self, subject: str, owed: Owed) -> Proof:
        """Return what the answers mean for the events about a document."""
        shown = self.shown(subject)
        if any(each not in self.answers for each in shown):
            return Proof.REFUSED
        if self._as_of(shown) < bounds.later(owed.last, self.settle):
            return Proof.TOO_EARLY
        final = all(_is_final(subject, each, self.answers[each]) for each in shown)
        return Proof.PROVED if final else Proof.UNFINISHED

    def still_owed(self, owed: Mapping[str, Owed]) -> dict[str, Owed]:
        """Return the events that are still owed after the evaluation."""
        proofs = {subject: self.proof(subject, each) for subject, each in owed.items()}
        return {
            subject: owed[subject] if proof is Proof.REFUSED else self._moved_up(subject, owed)
            for subject, proof in proofs.items()
            if proof is not Proof.PROVED
        }

    def _moved_up(self, subject: str, owed: Mapping[str, Owed]) -> Owed:
        each, shows_until = owed[subject], self._as_of(self.shown(subject)) - self.settle
        if each.doubted and each.newest <= shows_until < each.doubted:
            return Owed(oldest=each.doubted, newest=each.doubted, doubted=each.doubted)
        return replace(each, oldest=min(each.newest, max(each.oldest, shows_until)))

    def shown(self, subject: str) -> tuple[str, ...]:
        """Return the documents that must prove an event about ``subject``."""
        read = {*self.answers, *self.refused, self.owner}
        return documents_showing(subject, self.owner, read)

    def _as_of(self, documents: Iterable[str]) -> datetime:
        return min(self.answers[each].at for each in documents)


def _is_final(subject: str, document: str, answer: CachedRead) -> bool:
    """Tell whether an answer shows a final state; of a list that holds the subject, only that item counts."""
    if subject in (document, EVERYTHING) or not ids.is_item_of(subject, document):
        return answer.is_final
    own = (each for each in answer.bodies or () if ids.key(ids.own_of(each)) == subject)
    return not any(map(is_moving, own))


def contents_of(answers: Answers) -> dict[str, str]:
    """Return a hash of each document's content, to see whether the next answer differs."""
    return {name: _hash(each) for name, each in answers.items()}


def _hash(answer: CachedRead) -> str:
    text = json.dumps(answer.bodies, sort_keys=True, default=str)
    return hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()[:16]
