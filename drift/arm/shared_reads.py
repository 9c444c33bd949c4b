"""Answers about documents that several resources rest on, shared by the evaluations of one process.

Fifty groups of one network, written at once, ask for the same network fifty times. An answer that is
younger than an event shows what a read made for that event would show, so it is read once.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from drift.arm.cached_read import CachedRead

KEPT: Final = timedelta(seconds=15)
"""How long an answer is shared. After that a resource reads its own."""

_MOST: Final = 16
"""Answers that are kept, since resources written at once share a few; those used longest ago leave."""

_PATIENCE_SECONDS: Final = 2.0
"""How long an evaluation waits for a read that another one has begun; then it makes its own."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer, and the earliest time, by Azure's clock, of what it shows."""

    shown: CachedRead
    as_of: datetime


class SharedReads:
    """The answers of the last seconds, and the reads under way; for all threads of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: OrderedDict[str, _Answer] = OrderedDict()
        self._under_way: dict[str, threading.Event] = {}

    def find(self, document: str, since: datetime, now: datetime) -> CachedRead | None:
        """Return an answer as of ``since`` or later, None where there is none.

        A read of the document that is under way is waited for.
        """
        with self._lock:
            found, other = self._found(document, since, now), self._under_way.get(document)
        if found or other is None:
            return found
        other.wait(_PATIENCE_SECONDS)
        return self.at_hand(document, since, now)

    def at_hand(self, document: str, since: datetime, now: datetime) -> CachedRead | None:
        """Return an answer as of ``since`` or later, None where none is there now."""
        with self._lock:
            return self._found(document, since, now)

    def read(
        self, document: str, read: Callable[[], CachedRead], clock: Callable[[], datetime]
    ) -> CachedRead:
        """Make a read whose answer others may share; raise what it raises."""
        ended = threading.Event()
        with self._lock:
            is_first = self._under_way.setdefault(document, ended) is ended
        began = clock()
        try:
            answer = read()
            now = clock()
            with self._lock:
                self._keep(
                    document, _Answer(answer, answer.at - max(now - began, timedelta())), now
                )
            return answer
        finally:
            if is_first:
                with self._lock:
                    del self._under_way[document]
            ended.set()

    def _found(self, document: str, since: datetime, now: datetime) -> CachedRead | None:
        answer = self._answers.get(document)
        if answer is None or answer.as_of < since:
            return None
        if not timedelta() <= now - answer.shown.read < KEPT:  # our clock may have stepped back
            return None
        self._answers.move_to_end(document)
        return answer.shown

    def _keep(self, document: str, answer: _Answer, now: datetime) -> None:
        """Keep the latest answer where it is final; drop what is too old, or too much."""
        while self._answers and self._is_spent(now):
            self._answers.popitem(last=False)
        before = self._answers.get(document)
        is_late = before is not None and before.as_of > answer.as_of
        if is_late or answer.shown.bodies is None or not answer.shown.is_final:
            return
        self._answers[document] = answer
        self._answers.move_to_end(document)

    def _is_spent(self, now: datetime) -> bool:
        oldest = next(iter(self._answers.values()))
        return len(self._answers) >= _MOST or now - oldest.shown.read >= KEPT
