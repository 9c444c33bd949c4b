"""Play replicas that lag: choose the moment, or the older version, that a read sees."""

import threading
from dataclasses import dataclass
from datetime import timedelta

from sandbox.core.documents import Documents, View
from sandbox.http.endpoint import Clock
from sandbox.http.messages import path_matches
from sandbox.seeded_random import SeededRandom


@dataclass(frozen=True, slots=True)
class Lag:
    """How many seconds an answer may lag, and how often one does."""

    seconds: float = 2.0
    probability: float = 0.25


@dataclass(slots=True)
class _Stale:
    match: str
    times: int


class Replicas:
    """Chooses the view that a read gets; ``lag`` None: always the newest."""

    def __init__(
        self, documents: Documents, clock: Clock, chance: SeededRandom, lag: Lag | None
    ) -> None:
        self.lag = lag
        self._documents = documents
        self._clock = clock
        self._chance = chance
        self._stale: list[_Stale] = []
        self._lock = threading.Lock()

    def hold_back(self, match: str, times: int) -> None:
        """Let the next reads of paths that ``match`` miss the last write there."""
        with self._lock:
            self._stale.append(_Stale(match, times))

    def clear(self) -> None:
        """Remove all stale reads."""
        with self._lock:
            self._stale.clear()

    def view(self, path: str, stored_at: str) -> View:
        """Return the view for one read of a path whose document is stored at ``stored_at``."""
        if self._held_back(path.lower()):
            return self._documents.view(stale=stored_at)
        lag = self.lag
        name = path.lower()
        if lag is None or not self._chance.happens(lag.probability, f"behind|{name}"):
            return self._documents.view()
        behind = timedelta(seconds=lag.seconds * self._chance.draw(f"far|{name}"))
        return self._documents.view(self._clock() - behind)

    def _held_back(self, path: str) -> bool:
        with self._lock:
            stale = next((each for each in self._stale if path_matches(each.match, path)), None)
            if stale is None:
                return False
            stale.times -= 1
            if stale.times <= 0:
                self._stale.remove(stale)
            return True
