"""Which changed tags an alert shows: those that a rule names, as others may hold a person's name. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from drift.notices import Difference

_TAGS: Final = "tags"
_NOT_TOLD: Final = "too many tags to tell which"
"""A value that is too long is stored as a text, in which tags cannot be distinguished."""


def told_differences(
    found: Iterable[Difference], tag_names: Collection[str]
) -> tuple[Difference, ...]:
    """Return the differences that an alert shows; ``tag_names`` are the tags that rules name, in any case.

    A change of other tags alone is left out.
    """
    names = {each.strip().casefold() for each in tag_names}
    told = (_told(each, names) if _is_of_tags(each) else each for each in found)
    return tuple(each for each in told if not _is_of_tags(each) or each.before != each.after)


def _is_of_tags(difference: Difference) -> bool:
    return difference.path.rpartition("#")[2].casefold() == _TAGS


def _told(difference: Difference, names: Collection[str]) -> Difference:
    before, after = (_named(each, names) for each in (difference.before, difference.after))
    return replace(difference, before=before, after=after)


def _named(tags: Any, names: Collection[str]) -> Any:
    if isinstance(tags, Mapping):
        return {name: tags[name] for name in tags if str(name).strip().casefold() in names}
    return tags if tags is None else _NOT_TOLD
