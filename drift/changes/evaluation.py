"""One finished look at a resource: what was known, what was seen, and why it was looked at."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from drift.incidents.decision import Decision
from drift.incidents.lifecycle import Transition
from drift.notices import Found
from drift.observation.observe import Observation
from drift.services import Services
from drift.state import due_rows
from drift.state.resource_record import Record

_MOVED: Final = frozenset(
    {Transition.OPENED, Transition.CHANGED, Transition.ENDED, Transition.EXCEPTED}
)
"""Steps that show that a read saw something new, so that it was no lagging replica's answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """One finished look: the record as it was taken, what was seen, and why it was looked at.

    ``view`` is a hash of what is known of the watched properties after it.
    """

    taken: Record
    observation: Observation
    reasons: frozenset[str]
    view: str = ""

    @property
    def changed(self) -> bool:
        """Tell whether a watched property differs from what was seen the last time."""
        return bool(self.taken.view and self.view) and self.view != self.taken.view

    @property
    def is_settling(self) -> bool:
        """Tell whether it is there to hear again what a lagging replica may have said."""
        return due_rows.SETTLE in self.reasons

    @property
    def first_seen(self) -> int:
        """Return how many reasons to read no look before this one has answered."""
        return self.taken.wanted - self.taken.looked

    @property
    def has_new_events(self) -> bool:
        """Tell whether a reason to read came since the last look, whatever that saw."""
        return self.taken.wanted > self.taken.served


def shows_change(evaluation: Evaluation, decisions: Iterable[Decision]) -> bool:
    """Tell whether a look saw anything that was not known before."""
    return evaluation.changed or any(each.step in _MOVED for each in decisions)


def is_deleted(services: Services, evaluation: Evaluation) -> bool:
    """Tell whether a 404 is the resource's end: it was announced, or it has lasted for a while."""
    if not evaluation.observation.gone:
        return False
    if evaluation.taken.moved_to:
        return True
    if evaluation.taken.deletion and not _is_recreated(evaluation.taken):
        return True
    patience = timedelta(seconds=services.config.timing.deleted_seconds)
    return (
        evaluation.taken.gone_at is not None
        and evaluation.observation.began - evaluation.taken.gone_at >= patience
    )


def _is_recreated(record: Record) -> bool:
    """Tell whether it was written as late as it was deleted: what answers 404 may only be behind."""
    ends = [each.at for each in record.pending if each.deleted]
    return any(each.at >= max(ends) for each in record.pending if ends and not each.deleted)


def found_by(evaluation: Evaluation) -> Found:
    """Return how what a look finds comes to light."""
    if due_rows.CONTACT in evaluation.reasons:
        return Found.FIRST_CONTACT
    return Found.MISSED if due_rows.SWEEP in evaluation.reasons else Found.EVENT
