"""The stored attribution of a change: the writes between the reads before and after it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from drift.extensible import Extensible
from drift.model import Actor
from drift.notices import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class PossibleCause(Extensible):
    """One write that can have made a change, from the event that reported it.

    ``actor`` is None where the event of a write names none. ``is_sure`` is false if the event's
    time or its document does not show whether the write made the change.
    """

    event_id: str
    at: datetime
    actor: Actor | None
    correlation_id: str = ""
    failed: bool = False
    is_sure: bool = True

    @property
    def rank(self) -> tuple[bool, bool]:
        """Return the rank of this write as a cause: one that succeeded first, then one that is sure."""
        return not self.failed, self.is_sure


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution(Extensible):
    """Who can have made one change.

    The write came after ``after`` (None: not known) and not after ``until``, the time of the first
    answer that showed it. ``paths`` are the properties that changed. ``is_compared``: an earlier answer
    showed them otherwise; else the resource was first seen in this state. ``is_moving``: the document
    was still being changed, so ``until`` may move on. ``is_announced``: ``until`` is the time of a
    payload event, not of an answer. ``is_doubted``: the cause can never be proven.
    ``unsettled_until``: until then a replica that is behind may show a failure that has ended: nobody
    is named for it. ``is_proven``: until ``settle_seconds`` after the answer no other event of that
    time was reported.
    """

    until: datetime
    after: datetime | None = None
    paths: tuple[str, ...] = ()
    is_compared: bool = False
    is_moving: bool = False
    is_announced: bool = False
    is_doubted: bool = False
    is_proven: bool = False
    unsettled_until: datetime | None = None
    causes: tuple[PossibleCause, ...] = ()

    @property
    def writers(self) -> tuple[PossibleCause, ...]:
        """Return the writes by a known actor with the highest rank, the newest first.

        If the resource was first seen in this state, it is only the last write.
        """
        if self.unsettled_until:
            return ()
        named = [each for each in self.causes if each.actor]
        best = max((each.rank for each in named), default=None)
        found = sorted((each for each in named if each.rank == best), key=lambda each: each.at)
        return tuple(reversed(found)) if self.is_compared else tuple(found[-1:])

    @property
    def people(self) -> frozenset[str]:
        """Return the identities of those who can have made the change."""
        return frozenset(identity(each.actor) for each in self.writers if each.actor)

    @property
    def standing(self) -> Standing:
        """Return how certain the actors in ``writers`` are."""
        if not self.writers:
            return Standing.UNKNOWN
        if not self.is_compared:
            return Standing.LAST_WRITER
        if len(self.people) > 1:
            return Standing.SEVERAL
        return Standing.PROVEN if self.is_proven else Standing.LIKELY

    @property
    def actors(self) -> tuple[Actor, ...]:
        """Return the actors to name, the newest first; one person with two addresses is two of them."""
        return tuple(dict.fromkeys(self._named()))

    def _named(self) -> Iterator[Actor]:
        return (each.actor for each in self.writers if each.actor)


def identity(actor: Actor) -> str:
    """Return what identifies an actor: the object id, else the application id or the name."""
    return (actor.object_id or actor.app_id or actor.name).lower()
