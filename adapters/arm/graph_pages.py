"""Pages of a Resource Graph query, halved if an answer is too large or malformed.

A token of Resource Graph contains the size of its pages, so a smaller page is requested by its
offset: https://learn.microsoft.com/azure/governance/resource-graph/concepts/work-with-data
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from adapters.arm.answers import CUT_OFF, NOT_ARM, TOO_LONG
from drift.errors import SourceUnavailable
from drift.ports import UNKNOWN_PAGE, Page

TOO_LARGE: Final = "ResponsePayloadTooLarge"
"""The code of a page of more than 16 MiB."""

_HALVED: Final = frozenset({TOO_LARGE, NOT_ARM, CUT_OFF, TOO_LONG})
_POSITION: Final = re.compile(r"([0-9]{1,9}):([0-9]{1,4}):(.*)", re.DOTALL)

Ask = Callable[[Mapping[str, Any]], Page]
"""Asks for one page with these options; ``Page.after`` is the token of Resource Graph."""


@dataclass(frozen=True, slots=True)
class Position:
    """The position of a page: the rows before it, its size, and its token if there is one."""

    offset: int = 0
    size: int = 0
    token: str = ""

    @classmethod
    def parse(cls, text: str, what: str) -> "Position":
        """Return the position in ``Page.after``; raise SourceUnavailable where it is none."""
        if not text:
            return cls()
        found = _POSITION.fullmatch(text)
        if found is None:
            raise SourceUnavailable(what, 400, UNKNOWN_PAGE)
        offset, size, token = found.groups()
        return cls(int(offset), int(size), token)

    @property
    def text(self) -> str:
        """Return the position as ``Page.after`` has it."""
        return f"{self.offset}:{self.size}:{self.token}"


def page_from(ask: Ask, name_of_row: Ask, position: Position, size: int) -> Page:
    """Return the page at a position; one row that cannot be shown is returned as ``unreadable``.

    ``name_of_row`` requests only ids. Raise SourceUnavailable, also if not even the ids are shown:
    then Resource Graph fails, not a single row.
    """
    wanted = min(position.size or size, size)
    try:
        page = ask(_options(position, wanted))
    except SourceUnavailable as error:
        if position.token and error.code == UNKNOWN_PAGE:
            return page_from(ask, name_of_row, Position(position.offset, wanted), size)
        if error.code not in _HALVED:
            raise
        if wanted == 1:
            return _named(name_of_row(_options(position, 1)), position, size)
        return page_from(ask, name_of_row, Position(position.offset, wanted // 2), size)
    return _continued(page, position, wanted, size)


def _options(position: Position, size: int) -> dict[str, Any]:
    if position.token:
        return {"$top": size, "$skipToken": position.token}
    return {"$top": size, "$skip": position.offset} if position.offset else {"$top": size}


def _named(page: Page, position: Position, size: int) -> Page:
    """Return a page without rows, and with the id of the one that cannot be shown."""
    names = tuple(str(row["id"]) for row in page.rows)
    after = Position(position.offset + 1, min(2, size)).text if page.after else ""
    return Page((), page.at, after, unreadable=names)


def _continued(page: Page, position: Position, size: int, whole: int) -> Page:
    """Return a page with the next position: by token after a whole page, else with twice its size."""
    if not page.after:
        return page
    offset = position.offset + len(page.rows)
    if size == whole:
        return Page(page.rows, page.at, Position(offset, size, page.after).text)
    return Page(page.rows, page.at, Position(offset, min(2 * size, whole)).text)
