"""A series of access reviews of Microsoft Entra ID: whose access it reviews, how often, until when.

https://learn.microsoft.com/graph/api/resources/accessreviewscheduledefinition
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import unquote

from drift.errors import Unreadable
from drift.model import MISSING, Missing, Resource, dig
from drift.untrusted_json import moment_of

SCOPE: Final = "properties.scope"
SETTINGS: Final = "properties.settings"
STATUS: Final = "properties.status"
REVIEWERS: Final = "properties.reviewers"

_PATTERN: Final = f"{SETTINGS}.recurrence.pattern"
_RANGE: Final = f"{SETTINGS}.recurrence.range"

_STATUSES: Final = frozenset(
    {
        *("initializing", "notstarted", "starting", "inprogress", "completing", "completed"),
        *("autoreviewing", "autoreviewed", "applying", "applied", "scheduled"),
    }
)
_DONE: Final = frozenset({"completed", "autoreviewed", "applying", "applied"})

_DAYS: Final = {
    "daily": 1.0,
    "weekly": 7.0,
    "absolutemonthly": 30.5,
    "relativemonthly": 30.5,
    "absoluteyearly": 365.0,
    "relativeyearly": 365.0,
}

_MOST: Final = 1000
"""Maximum number of repetitions, or of units between two of them: more would be decades."""

_ELIGIBLE_ONLY: Final = "roleeligibilityscheduleinstances"
_ACTIVE_ONLY: Final = "roleassignmentscheduleinstances"
_PART_OF_THE_PEOPLE: Final = ("inactive", "guest", "microsoft.graph.serviceprincipal")
"""Words in a scope that reviews only inactive people, guests or applications."""


_PART_OF_THE_ROLE: Final = ("microsoft.graph.serviceprincipal", "administrativeunits")
"""Words in a query that reviews only applications, or a role only in an administrative unit."""

_VERSION: Final = re.compile(r"^\.?/((v1\.0|beta)/)?")


@dataclass(frozen=True, slots=True)
class ReviewSeries:
    """One series; ``queries`` say what it reviews, in lower case.

    ``every`` is the time between two reviews, None for a single one. ``ends`` None: it never ends.
    ``is_partial``: it reviews only some of the people. ``is_lenient`` says why a review may change
    nothing, "" if it does.
    """

    resource: Resource
    queries: tuple[str, ...]
    starts: datetime | None
    every: timedelta | None
    ends: datetime | None
    is_partial: bool
    lenient: str

    @property
    def name(self) -> str:
        """Return the name that people gave the series, in quotes."""
        name = self.resource.get("properties.displayName")
        return f'"{name}"' if isinstance(name, str) else self.resource.name

    def covers_active(self, role: str) -> bool:
        """Tell whether it reviews who has a role now."""
        return any(role in each and _ELIGIBLE_ONLY not in each for each in self.queries)

    def covers_eligible(self, role: str) -> bool:
        """Tell whether it reviews who may activate a role."""
        return any(role in each and _ACTIVE_ONLY not in each for each in self.queries)


def series_of(resource: Resource) -> ReviewSeries:
    """Return the series of a definition; raise Unreadable."""
    status = resource.word(STATUS)
    if isinstance(status, Missing) or status not in _STATUSES:
        raise _unreadable(resource, STATUS, "not a known status")
    scope = resource.get(SCOPE)
    if not isinstance(scope, Mapping):
        raise _unreadable(resource, SCOPE, "absent or not an object")
    every, starts, ends = _recurrence(resource)
    return ReviewSeries(
        resource,
        queries=tuple(_queries(scope)),
        starts=starts,
        every=every,
        ends=ends,
        is_partial=_is_partial(resource, scope),
        lenient=_lenient(resource),
    )


def was_held(instance: Resource) -> bool:
    """Tell whether one review of a series was finished; raise Unreadable on an unknown status."""
    status = instance.word(STATUS)
    if isinstance(status, Missing) or status not in _STATUSES:
        raise _unreadable(instance, STATUS, "not a known status")
    return status in _DONE


def ended_at(instance: Resource) -> datetime:
    """Return when one review of a series ended or ends; raise Unreadable."""
    found = moment_of(instance.get("properties.endDateTime"))
    if found is None:
        raise _unreadable(instance, "properties.endDateTime", "not a time")
    return found


def _queries(scope: Mapping[str, Any]) -> Iterator[str]:
    parts = dig(scope, "resourceScopes")
    for each in (scope, *(parts if isinstance(parts, list) else ())):
        query = dig(each, "query")
        text = unquote(query).lower() if isinstance(query, str) else ""
        if text and not any(part in text for part in _PART_OF_THE_ROLE):
            yield text


def _is_partial(resource: Resource, scope: Mapping[str, Any]) -> bool:
    """Tell whether a scope names only inactive people, guests or applications.

    Raise Unreadable if the named people are not understood.
    """
    named = resource.items(f"{SCOPE}.principalScopes")
    if not all(isinstance(dig(each, "query"), str) for each in named):
        raise _unreadable(resource, f"{SCOPE}.principalScopes", "one of them has no query")
    whole = (_VERSION.sub("/", dig(each, "query").lower()) for each in named)
    if named and "/users" not in whole:
        return True
    narrowing = {name: each for name, each in scope.items() if name.lower() != "resourcescopes"}
    text = json.dumps(narrowing, default=str).lower()
    return any(each in text for each in _PART_OF_THE_PEOPLE)


def _recurrence(
    resource: Resource,
) -> tuple[timedelta | None, datetime | None, datetime | None]:
    """Return the time between two reviews, the start and the end of a series; raise Unreadable."""
    if resource.get(_PATTERN) is MISSING:
        return None, None, None
    kind, interval = resource.word(f"{_PATTERN}.type"), resource.number(f"{_PATTERN}.interval")
    if kind not in _DAYS or isinstance(interval, Missing) or not 0 <= interval <= _MOST:
        raise _unreadable(resource, _PATTERN, "not a known recurrence")
    every = timedelta(days=_DAYS[str(kind)] * max(interval, 1))
    starts = moment_of(resource.get(f"{_RANGE}.startDate"))
    return every, starts, _end(resource, every, starts)


def _end(resource: Resource, every: timedelta, starts: datetime | None) -> datetime | None:
    match resource.word(f"{_RANGE}.type"):
        case "noend":
            return None
        case "enddate":
            ends = moment_of(resource.get(f"{_RANGE}.endDate"))
        case "numbered":
            count = resource.number(f"{_RANGE}.numberOfOccurrences")
            if count == 0:  # an endless series, as the samples of Graph show it
                return None
            if isinstance(count, int) and count > _MOST:
                return None
            ends = None if isinstance(count, Missing) or not starts else starts + count * every
        case _:
            ends = None
    if ends is None:
        raise _unreadable(resource, _RANGE, "the end of the series is not known")
    return ends


def _lenient(resource: Resource) -> str:
    """Return why a review may change nothing; raise Unreadable."""
    if not resource.items(REVIEWERS):
        return "lets people review themselves"
    approves = resource.word(f"{SETTINGS}.defaultDecision") == "approve"
    if approves and resource.flag(f"{SETTINGS}.defaultDecisionEnabled") is not False:
        return "approves access when no reviewer decides"
    if resource.flag(f"{SETTINGS}.autoApplyDecisionsEnabled") is not True:
        return "does not apply its decisions"
    return ""


def _unreadable(resource: Resource, path: str, why: str) -> Unreadable:
    return Unreadable(f"{resource.id}#{path}", why)
