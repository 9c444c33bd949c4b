"""Pages of a list: read to the last one or not at all, and never from another host."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from adapters.arm.answers import NOT_ARM, ArmAnswer
from drift.errors import SourceUnavailable
from drift.ports import Listing, PageCheck, every_page

MAX_PAGES: Final = 200
"""A collection longer than this (storage lists 5,000 a page) is reported as unreadable, not read in part."""

_OK: Final = 200
_NOT_FOUND: Final = 404
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}

ReadPage = Callable[[object, float | None], ArmAnswer]
"""Reads the page behind a link as Azure wrote it (None: the first page), within so many seconds."""


def every_item(
    what: str,
    read_page: ReadPage,
    before_page: PageCheck = every_page,
    *,
    next_link: str = "nextLink",
) -> Listing:
    """Return the items of all pages, dated by the first; raise SourceUnavailable."""
    first = read_page(None, before_page())
    if first.body is None:
        return Listing(None, first.at, first.code, first.left)
    page, items = first.body, _items(what, first.body)
    for _ in range(1, MAX_PAGES):
        link = page.get(next_link)
        if not link:
            return Listing(tuple(items), first.at, left=first.left)
        answer = read_page(link, before_page())
        if answer.body is None:
            raise SourceUnavailable(what, _NOT_FOUND, "NextPageNotFound")
        page = answer.body
        items += _items(what, page)
    if page.get(next_link):
        raise SourceUnavailable(what, _OK, "TooManyPages")
    return Listing(tuple(items), first.at, left=first.left)


def own_link(what: str, link: object, endpoint: str) -> SplitResult:
    """Return the parts of a link; refuse one to another host, which would receive our token."""
    try:
        found = urlsplit(link) if isinstance(link, str) else SplitResult("", "", "", "", "")
        is_ours = _origin(found) == _origin(urlsplit(endpoint))
    except ValueError:
        is_ours = False
    if not is_ours:
        raise foreign(what)
    return found


def foreign(what: str) -> SourceUnavailable:
    """Return the error of a link that leads elsewhere."""
    return SourceUnavailable(what, _OK, "ForeignNextLink")


def _items(what: str, page: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    items = page.get("value")
    if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
        raise SourceUnavailable(what, _OK, NOT_ARM)
    return items


def _origin(address: SplitResult) -> tuple[str, str | None, int | None, bool]:
    scheme = address.scheme.lower()
    port = address.port or _DEFAULT_PORTS.get(scheme)
    return scheme, address.hostname, port, "@" in address.netloc
