"""Which documents change without an event, so that they are read again at times."""

from collections.abc import Callable
from typing import Final

from drift import ids
from drift.arm import graph
from drift.arm.tenant_permissions import AADIAM
from drift.arm.unique_names import has_unique_name

_SILENT: Final = "blobservices/default/containers"
"""A collection that changes without an event: container ACLs are set on the data plane."""

_SILENT_PROVIDERS: Final = frozenset({graph.PROVIDER, AADIAM, "microsoft.policyinsights"})
"""Providers whose changes no event reports: those of the tenant, and the evaluation of policies."""

_DELIVERING: Final = "microsoft.eventgrid"
"""The provider that delivers all events."""


def is_silent(document: str) -> bool:
    """Tell whether no event reports the changes of a document or a collection (by ``key``)."""
    if document.startswith(f"/providers/{ids.MANAGEMENT_GROUP}/"):
        return True
    return document.endswith(_SILENT) or ids.provider_of(document) in _SILENT_PROVIDERS


def is_polled(document: str, is_watched: Callable[[str], bool]) -> bool:
    """Tell whether no event can report a change of a document that was read around a resource.

    A key vault may lie in a subscription that is not monitored, whose events do not arrive here.
    Event Grid cannot deliver the event that its own topic was removed.
    """
    if is_silent(document) or ids.provider_of(document) == _DELIVERING:
        return True
    return has_unique_name(document) and not is_watched(document)
