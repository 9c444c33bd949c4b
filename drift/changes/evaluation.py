"""One finished evaluation of a resource: the earlier record, the reads, and the reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from drift import ids
from drift.arm.cached_read import CachedRead
from drift.changes.proof import Proof, ReadProof, documents_showing, newest_owed_event
from drift.changes.read_plan import ReadPurpose
from drift.clock import bounds
from drift.config.model import Timing
from drift.notices import Found
from drift.observation.observation import Observation, answers_of
from drift.observation.read_estate import EVERYTHING
from drift.state import due_rows
from drift.state.resource_record import Owed, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """One finished evaluation: the record as it was taken, the reads, and their purpose.

    ``purpose`` is None if nothing was read: a payload of an event or a row of a sweep was
    evaluated, or the reader has died. ``view`` is a hash of the watched properties after the
    evaluation. ``noted`` has the documents that need a proof because the verdicts are based on them
    for the first time, and since when: an earlier event about one elsewhere may have found no
    dependents, and a replica may not know yet what lies below a new resource.
    ``answers`` has what ARM answered for each document; it is empty if the resource was not read.
    """

    taken: Record
    observation: Observation
    reasons: frozenset[str]
    purpose: ReadPurpose | None = None
    view: str = ""
    noted: Mapping[str, datetime] = field(default_factory=dict)
    answers: Mapping[str, CachedRead] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found = answers_of(self.observation, self.taken.id) if self.saw else {}
        object.__setattr__(self, "answers", found)

    @property
    def saw(self) -> bool:
        """Tell whether the resource's own document could be evaluated."""
        return self.observation.properties is not None

    @property
    def has_new_events(self) -> bool:
        """Tell whether a reason to read came since the last evaluation, even if that one read nothing."""
        return self.taken.wanted > self.taken.served

    @property
    def swept(self) -> frozenset[str]:
        """Return the reasons of a sweep that this evaluation answers, or that wait for a read."""
        return (self.reasons | self.taken.due.keys()) & due_rows.SWEEPS

    @property
    def new_answers(self) -> Mapping[str, datetime]:
        """Return the answer time of each document on which the earlier verdicts were not based.

        These are the documents that were read now, and those that still need a proof.
        """
        observation, taken = self.observation, self.taken
        return {
            document: each.at
            for document, each in self.answers.items()
            if each.read >= observation.began
            or observation.documents.get(document) != taken.documents.get(document)
            or document in taken.owed
            or EVERYTHING in taken.owed
        }

    @property
    def documents_read(self) -> frozenset[str]:
        """Return the documents that ARM answered in this evaluation; the others come from the cache."""
        began = self.observation.began
        return frozenset(name for name, each in self.answers.items() if each.read >= began)

    @property
    def answers_to_events(self) -> frozenset[str]:
        """Return the documents that prove the new events; none if no event is new.

        Other documents that were also read are not included: their own events have other times.
        """
        if not self.has_new_events:
            return frozenset()
        owner = ids.key(self.taken.id)
        shown = (documents_showing(each, owner, self.answers) for each in self.taken.suspects)
        return frozenset(document for some in shown for document in some)

    def is_overtaken(self, owed: Mapping[str, Owed], settle: timedelta) -> bool:
        """Tell whether an event may have changed a document that this evaluation did not read.

        ``owed`` is the stored state, with events that came meanwhile. The stored answer is too
        early to prove such an event, so a pass that is based on it is not final.
        """
        evidence, read = self.evidence(settle), self.documents_read
        return any(
            evidence.proof(subject, each) is Proof.TOO_EARLY
            and not read.issuperset(evidence.shown(subject))
            for subject, each in owed.items()
        )

    def evidence(self, settle: timedelta) -> ReadProof:
        """Return what the evaluation proves."""
        return ReadProof(
            owner=ids.key(self.taken.id),
            answers=self.answers,
            refused=self.observation.refused,
            settle=settle,
        )


def is_deleted(evaluation: Evaluation, timing: Timing) -> bool:
    """Tell whether a 404 means that the resource is deleted: an event reported it, or the 404 has lasted."""
    if not evaluation.observation.gone:
        return False
    if evaluation.taken.moved_to:
        return True
    if evaluation.taken.deletion and _is_last_deleted(evaluation.taken):
        return True
    patience = timedelta(seconds=timing.deleted_seconds)
    lasted = (
        evaluation.taken.gone_at is not None
        and evaluation.observation.began - evaluation.taken.gone_at >= patience
    )
    newest = newest_owed_event(evaluation.taken)
    settle = timedelta(seconds=timing.settle_seconds)
    return lasted and (newest is None or evaluation.observation.at >= bounds.later(newest, settle))


def _is_last_deleted(record: Record) -> bool:
    """Tell whether the newest known event is a deletion, and no write has the same time.

    After a newer write, a 404 may only come from a replica that is behind, and of two events of one
    time the write may be the newer one. A deletion that is no longer stored proves nothing about a
    404 today.
    """
    newest = max((each.at for each in record.pending), default=None)
    return newest is not None and all(each.deleted for each in record.pending if each.at == newest)


def found_by(evaluation: Evaluation) -> Found:
    """Return how the failures of an evaluation were found.

    If an event still waits for its proof, the failure does not count as found by a sweep.
    """
    swept = evaluation.reasons if evaluation.has_new_events else evaluation.swept
    if due_rows.CONTACT in swept:
        return Found.FIRST_CONTACT
    is_missed = due_rows.SWEEP in swept and not evaluation.taken.pending
    return Found.MISSED if is_missed else Found.EVENT
