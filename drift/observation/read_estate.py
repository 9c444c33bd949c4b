"""Read the related resources of one evaluation, each at most once, with a read cache."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Any, Final, Protocol

from drift import ids
from drift.arm.cached_read import CachedRead
from drift.arm.side_by_side import RunReads
from drift.arm.unique_names import is_unique_name
from drift.errors import UNANSWERED, NotYetRead, SourceUnavailable, StoreUnavailable, Unreadable
from drift.estate import Baseline
from drift.model import Resource
from drift.ports import Listing, PageCheck, Reader, Reading, every_page

_ABSENT: Final = frozenset(
    {
        *("resourcenotfound", "resourcegroupnotfound", "parentresourcenotfound", "notfound"),
        *("containernotfound", "request_resourcenotfound"),
    }
)
"""Error codes of a 404 by which the resource does not exist; any other 404 proves nothing."""

_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CONCLUSIVE: Final = frozenset({"nolicense", "aadpremiumlicenserequired"})
"""Error codes of a refusal that is an answer: the document cannot exist in this tenant."""

FOREIGN: Final = "ItemOfAnotherCollection"
"""The code of a list with an item of another collection: the whole list is not trusted."""

_NOT_ASKED: Final = "NotAsked"
"""The code of a read that was not made."""

EVERYTHING: Final = "*"
"""Marks in suspects that too many documents were named: no cached read is valid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCache:
    """The cached reads of related resources, and which of them are no longer valid.

    ``suspects`` are the documents that events have named since. They are read again, and so are the
    lists that contain them, the documents above them, the documents ``again`` (whose last read
    proves too little), and every read from before ``oldest``. If a limit of ARM refuses one of the
    last two, a read from after ``oldest_aged`` is used instead; None: no such read is used.
    """

    cached: Mapping[str, CachedRead]
    suspects: frozenset[str]
    oldest: datetime
    oldest_aged: datetime | None = None
    again: frozenset[str] = frozenset()

    def recall(self, document: str) -> CachedRead | None:
        """Return the cached read of a document, None where it must be read again."""
        return None if document in self.again else self._recall(document, self.oldest)

    def recall_aged(self, document: str) -> CachedRead | None:
        """Return the cached read of a document that is read again, and that no event has named since.

        It proves what it proved before: what is owed stays owed.
        """
        return self._recall(document, self.oldest_aged) if self.oldest_aged else None

    def _recall(self, document: str, oldest: datetime) -> CachedRead | None:
        found = self.cached.get(document)
        if found is None or found.read <= oldest:
            return None
        doubted = any(ids.is_shown_in(each, document) for each in self.suspects)
        return None if doubted or EVERYTHING in self.suspects else found


class OtherAnswers(Protocol):
    """The answers of other evaluations that this one may use."""

    def at_hand(self, document: str) -> CachedRead | None:
        """Return the answer about a document (by ``key``), None if it is not available yet."""

    def answer(self, document: str, read: Callable[[], CachedRead]) -> CachedRead:
        """Return the answer about a document (by ``key``), else that of the read; raise what it raises."""


class NoReader:
    """A reader that reads nothing: everything that is not cached is unreadable."""

    def get(self, resource_id: str) -> Reading:
        """Raise SourceUnavailable."""
        raise SourceUnavailable(resource_id, UNANSWERED, _NOT_ASKED)

    def list(self, collection_id: str, **_: object) -> Listing:
        """Raise SourceUnavailable."""
        raise SourceUnavailable(collection_id, UNANSWERED, _NOT_ASKED)


class ReadEstate:
    """The estate of one evaluation: cached reads where they are valid, else new reads.

    ``owner`` is the id of the evaluated resource, "" where that may not exist. Its group and its
    subscription then exist too, so a 404 for them comes from a lagging replica. ``asked`` are all
    reads that were used, by key. ``others`` has recent answers of other evaluations. ``before_page``
    is called before each page of a list that is read; a document that is being read at that moment
    is unreadable for it.
    """

    def __init__(
        self,
        reader: Reader,
        memory: ReadCache,
        *,
        baseline: Baseline,
        now: datetime,
        owner: str = "",
        others: OtherAnswers | None = None,
    ) -> None:
        self._owner = f"{ids.key(owner)}/"
        self._reader = reader
        self._memory = memory
        self._others = others
        self._baseline = baseline
        self._now = now
        self._failed: dict[str, SourceUnavailable] = {}
        self._broken: dict[str, Exception] = {}
        self._under_way: set[str] = set()
        self._shown: dict[str, tuple[Resource, ...] | None] = {}
        self._defers = False
        self._deferred: dict[str, tuple[str, bool]] = {}
        self.asked: dict[str, CachedRead] = {}
        self.before_page: PageCheck = every_page

    def so_far(self) -> "ReadEstate":
        """Return an estate with the reads so far, in which everything else is unreadable."""
        memory = ReadCache(cached=dict(self.asked), suspects=frozenset(), oldest=_NEVER)
        return ReadEstate(
            NoReader(), memory, baseline=self._baseline, now=self._now, owner=self._owner
        )

    @contextmanager
    def deferred(self, run: RunReads) -> Iterator[None]:
        """Defer each read to the end of the block, and make them all there.

        Within it, a document that must be read raises NotYetRead.
        """
        self._defers = True
        try:
            yield
        finally:
            self._defers = False
            deferred, self._deferred = self._deferred, {}
        if deferred:
            run([partial(self._read_deferred, name, *each) for name, each in deferred.items()])
            for name in deferred:  # the order in which they were asked for, whichever ended first
                if name in self.asked:
                    self.asked[name] = self.asked.pop(name)
                if name in self._failed:
                    self._failed[name] = self._failed.pop(name)

    def _read_deferred(self, name: str, document: str, is_list: bool) -> None:
        try:
            self.asked[name] = self._read(document, name, is_list=is_list)
        except StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - only the controls that ask for it again get it
            self._broken[name] = error

    @property
    def baseline(self) -> Baseline:
        """Return what the operator has approved."""
        return self._baseline

    @property
    def now(self) -> datetime:
        """Return the time of the evaluation."""
        return self._now

    @property
    def failures(self) -> tuple[SourceUnavailable, ...]:
        """Return the failed reads, each once, without refusals that are answers."""
        failed = self._failed.values()
        return tuple(each for each in failed if each.code.lower() not in _CONCLUSIVE)

    @property
    def resources(self) -> tuple[Resource, ...]:
        """Return every related resource that was found.

        An item of a list of a whole subscription, or one that was found by its name, is related only if
        it was also read by itself.
        """
        near = (each for name, each in tuple(self.asked.items()) if not self._is_of_others(name))
        found = (body for each in near for body in each.bodies or ())
        return tuple(resource_of(body, str(body.get("id", ""))) for body in found)

    def _is_of_others(self, document: str) -> bool:
        if is_unique_name(document):
            return True
        return ids.is_list(document) and not document.startswith(self._owner)

    def get(self, resource_id: str) -> Resource | None:
        """Return a resource, None where it does not exist; raise Unreadable."""
        found = self._resources(resource_id, is_list=False)
        return found[0] if found else None

    def children(self, resource_id: str, kind: str) -> tuple[Resource, ...]:
        """Return the resources in a child collection; raise Unreadable, also for a 404."""
        collection = f"{resource_id.rstrip('/')}/{kind}"
        found = self._resources(collection, is_list=True)
        if found is None:
            raise Unreadable(collection, "the collection answers 404")
        return found

    def extensions(self, resource_id: str, kind: str) -> tuple[Resource, ...]:
        """Return the extensions of a kind, () for a 404; raise Unreadable."""
        collection = f"{resource_id.rstrip('/')}/providers/{kind}"
        return self._resources(collection, is_list=True) or ()

    def _resources(self, document: str, *, is_list: bool) -> tuple[Resource, ...] | None:
        """Return what a document or a list shows, None for a 404; the same Resources each time."""
        name = ids.key(document)
        if name not in self._shown:
            answer = self._once(document, name, is_list=is_list)
            self._shown[name] = _resources_in(answer, document, is_list=is_list)
        return self._shown[name]

    def _once(self, document: str, name: str, *, is_list: bool) -> CachedRead:
        if name in self._broken:
            raise self._broken[name]
        if name in self._failed:
            raise Unreadable(document, _why(self._failed[name]))
        if name in self._under_way:
            raise Unreadable(document, "it is being read")
        if name not in self.asked:
            cached = self._memory.recall(name)
            if cached is None and self._defers and self._others:
                cached = self._others.at_hand(name)
            if cached is None and self._defers:
                self._deferred[name] = (document, is_list)
                raise NotYetRead(document)
            self.asked[name] = cached or self._read(document, name, is_list=is_list)
        return self.asked[name]

    def _read(self, document: str, name: str, *, is_list: bool) -> CachedRead:
        self._under_way.add(name)
        try:
            read = partial(self._read_all if is_list else self._read_one, document)
            return self._others.answer(name, read) if self._others else read()
        except SourceUnavailable as error:
            if aged := self._aged(document, error):
                return aged
            self._failed[name] = error
            raise Unreadable(document, _why(error)) from None
        finally:
            self._under_way.discard(name)

    def _aged(self, document: str, error: SourceUnavailable) -> CachedRead | None:
        """Return the cached read of a document that is read again although no event has named it since.

        A limit on reads says nothing about the document: in a storm it makes no verdict unknown.
        """
        if error.status != HTTPStatus.TOO_MANY_REQUESTS:
            return None
        return self._memory.recall_aged(ids.key(document))

    def _read_one(self, resource_id: str) -> CachedRead:
        answer = self._reader.get(resource_id)
        contains_owner = self._owner.startswith(f"{ids.key(resource_id)}/")
        if answer.body is None and (contains_owner or answer.code.lower() not in _ABSENT):
            raise SourceUnavailable(resource_id, 404, answer.code)
        return CachedRead(answer.at, self._now, None if answer.body is None else (answer.body,))

    def _read_all(self, collection_id: str) -> CachedRead:
        answer = self._reader.list(collection_id, before_page=self.before_page)
        if answer.items is None and answer.code.lower() not in _ABSENT:
            raise SourceUnavailable(collection_id, 404, answer.code)
        own = filter(None, map(ids.own_of, answer.items or ()))
        if not all(ids.is_item_of(each, collection_id) for each in own):
            raise SourceUnavailable(collection_id, 200, FOREIGN)
        return CachedRead(answer.at, self._now, answer.items)


def resource_of(body: Mapping[str, Any], resource_id: str) -> Resource:
    """Return an ARM body as a resource, with the body's own id where it has one."""
    named = ids.own_of(body) or resource_id
    return Resource(named, ids.type_of(named), body)


def _resources_in(
    answer: CachedRead, document: str, *, is_list: bool
) -> tuple[Resource, ...] | None:
    if answer.bodies is None:
        return None
    if not is_list:
        return tuple(resource_of(body, document) for body in answer.bodies)
    return tuple(resource_of(body, f"{document}/{body.get('name', '')}") for body in answer.bodies)


def _why(error: SourceUnavailable) -> str:
    return str(error).removeprefix(f"{error.what}: ")
