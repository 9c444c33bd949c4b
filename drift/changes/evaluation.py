"""One finished look at a resource: what was known, what was seen, and why it was looked at."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from drift.incidents.decision import Ruling
from drift.incidents.lifecycle import Step
from drift.notices import Found
from drift.observation.observe import Sight
from drift.services import Parts
from drift.state import due_rows
from drift.state.resource_record import Record

_MOVED: Final = frozenset({Step.OPENED, Step.CHANGED, Step.ENDED, Step.EXCEPTED})
"""Steps that show that a read saw something new, so that it was no lagging replica's answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One finished look: the record as it was taken, what was seen, and why it was looked at.

    ``view`` is a hash of what is known of the watched properties after it.
    """

    taken: Record
    sight: Sight
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


def saw_change(look: Look, rulings: Iterable[Ruling]) -> bool:
    """Tell whether a look saw anything that was not known before."""
    return look.changed or any(each.step in _MOVED for each in rulings)


def is_deleted(parts: Parts, look: Look) -> bool:
    """Tell whether a 404 is the resource's end: it was announced, or it has lasted for a while."""
    if not look.sight.gone:
        return False
    if look.taken.moved_to:
        return True
    if look.taken.deletion and not _is_recreated(look.taken):
        return True
    patience = timedelta(seconds=parts.config.timing.deleted_seconds)
    return look.taken.gone_at is not None and look.sight.began - look.taken.gone_at >= patience


def _is_recreated(record: Record) -> bool:
    """Tell whether it was written as late as it was deleted: what answers 404 may only be behind."""
    ends = [each.at for each in record.pending if each.deleted]
    return any(each.at >= max(ends) for each in record.pending if ends and not each.deleted)


def found_by(look: Look) -> Found:
    """Return how what a look finds comes to light."""
    if due_rows.CONTACT in look.reasons:
        return Found.FIRST_CONTACT
    return Found.MISSED if due_rows.SWEEP in look.reasons else Found.EVENT
