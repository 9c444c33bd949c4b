"""When ARM answered for each document; this shows between which answers a change was made."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from drift.clock import bounds
from drift.incidents.authorship import document_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTimes:
    """When ARM answered for each document, by Azure's clock: in the last evaluation and in this one.

    ``at`` is when ARM showed the resource itself. ``before`` lacks documents that ARM itself did
    not answer. ``moving`` are the documents that were still being changed. ``forgotten`` is the
    time of the newest event that is no longer kept and may be a cause. ``announced``: a payload
    event was evaluated, whose time may differ a little from that of the write's own event.
    """

    owner: str
    settle: timedelta
    at: datetime
    now: Mapping[str, datetime]
    before: Mapping[str, datetime] = field(default_factory=dict)
    moving: frozenset[str] = frozenset()
    forgotten: datetime | None = None
    announced: bool = False

    def last_without(self, paths: Iterable[str]) -> datetime | None:
        """Return the time after which the last answer cannot contain a write: a replica may be behind."""
        answers = [self._of(each, self.before) for each in paths]
        known = [each for each in answers if each]
        return (
            bounds.earlier(min(known), self.settle)
            if known and len(known) == len(answers)
            else None
        )

    def first_with(self, paths: Iterable[str]) -> datetime:
        """Return the time of the answer that shows the properties."""
        answers = (self._of(each, self.now) for each in paths)
        return max((each for each in answers if each), default=self.at)

    def as_of(self, paths: Iterable[str]) -> datetime | None:
        """Return the oldest answer time of these properties, None if one was not answered."""
        answers = [self._of(each, self.now) for each in paths]
        known = [each for each in answers if each]
        return min(known) if known and len(known) == len(answers) else None

    def is_moving(self, paths: Iterable[str]) -> bool:
        """Tell whether one of the documents that show the properties is still being changed."""
        shown = (document_of(each, self.owner, self.now) for each in paths)
        return any(each in self.moving for each in shown if each)

    def _of(self, path: str, times: Mapping[str, datetime]) -> datetime | None:
        document = document_of(path, self.owner, times)
        return times[document] if document else None
