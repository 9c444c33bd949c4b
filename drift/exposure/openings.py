"""The window of an incident's opening, and whether it has ended. Pure."""

from typing import Final

from drift.exposure.window import Window
from drift.incidents.attribution import attributions_of
from drift.notices import Closure
from drift.state.incident_record import Incident

_ENDED: Final = frozenset({Closure.FIXED, Closure.DELETED})
"""Ends after which nobody can use the resource; after any other end it may still be exposed."""


def window_of(incident: Incident) -> Window:
    """Return the window of an incident's present opening.

    It begins with the last read that did not show the failure, not with the event of the change: that
    comes once the change has taken effect.
    """
    first = attributions_of(incident)[0]
    since = first.after if first.is_compared else None
    ended = incident.closed_at if incident.closure in _ENDED else None
    return Window(incident.opened_at, since, ended)


def has_ended(incident: Incident) -> bool:
    """Tell whether a resource is no longer exposed: fixed or deleted, not moved, excepted or unwatched."""
    return incident.closure in _ENDED
