"""All ARM documents with their whole history, so that a read may see a replica that lags."""

import threading
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

Body = dict[str, Any]

PLACED: Final = datetime(2020, 1, 1, tzinfo=UTC)
"""The write time of documents that existed from the start; no replica lags so far."""


@dataclass(frozen=True, slots=True)
class Version:
    """A document's body from ``at`` on; None: it did not exist."""

    at: datetime
    body: Body | None


class Documents:
    """Every version of every document by id. Bodies are never changed in place."""

    def __init__(self) -> None:
        self._versions: dict[str, list[Version]] = {}
        self._order: list[str] = []
        self._lock = threading.Lock()

    def write(self, path: str, body: Body | None, at: datetime) -> None:
        """Write a version; None deletes."""
        key = path.lower()
        with self._lock:
            if key not in self._versions:
                self._versions[key] = []
                insort(self._order, key)
            self._versions[key].append(Version(at, body))

    def view(self, at: datetime | None = None, *, stale: str = "") -> "View":
        """Return the newest documents, those of a moment, or those before the last write of ``stale``."""
        return View(self, at, stale.lower())

    def body(self, key: str, at: datetime | None, *, stale: bool = False) -> Body | None:
        """Return a document's body as of a moment (None: now), or as before its last write."""
        with self._lock:
            versions = self._versions.get(key, [])
            count = len(versions) if at is None else bisect_right(versions, at, key=lambda v: v.at)
            if stale and count and versions[count - 1].at > PLACED:
                count -= 1
            return versions[count - 1].body if count else None

    def known(self, path: str) -> bool:
        """Tell whether a document ever existed."""
        with self._lock:
            return path.lower() in self._versions

    def written(self, path: str) -> datetime:
        """Return when a document was last written, PLACED where it never was."""
        with self._lock:
            versions = self._versions.get(path.lower())
            return versions[-1].at if versions else PLACED

    def keys(self, prefix: str) -> list[str]:
        """Return the keys of all documents ever known that begin so, in order."""
        with self._lock:
            start = bisect_left(self._order, prefix)
            end = bisect_left(self._order, prefix + "\uffff")
            return self._order[start:end]


class View:
    """The documents as one replica shows them."""

    def __init__(self, documents: Documents, at: datetime | None, stale: str) -> None:
        self._documents = documents
        self._at = at
        self._stale = stale

    def get(self, path: str) -> Body | None:
        """Return a document's body, None where it does not exist; not to be changed."""
        key = path.lower()
        stale = bool(self._stale) and (key == self._stale or key.startswith(self._stale + "/"))
        return self._documents.body(key, self._at, stale=stale)

    def gone(self, path: str) -> bool:
        """Tell whether a document that is known does not exist (deleted, or not yet here)."""
        return self._documents.known(path) and self.get(path) is None

    def below(self, prefix: str) -> Iterator[tuple[str, Body]]:
        """Yield key and body of every document whose id begins so."""
        for key in self._documents.keys(prefix.lower()):
            body = self.get(key)
            if body is not None:
                yield key, body
