"""Who has an administrative directory role now, or can take one."""

from collections.abc import Iterator
from typing import Any, Final

from drift.arm import graph
from drift.errors import SourceUnavailable
from drift.model import dig
from drift.ports import Listing, Reader

_OK: Final = 200
_NOT_FOUND: Final = 404
_NO_LICENCE: Final = "AadPremiumLicenseRequired"
"""The code of a refusal by Graph if nobody can be eligible: that needs Entra ID P2 or Governance."""


def administrators(reader: Reader, tenant: str, roles: frozenset[str]) -> tuple[str, ...]:
    """Return the object ids of those with one of these roles, and of the members of groups with one.

    Raise SourceUnavailable where one of the lists cannot be read, because then some may be missing.
    Members of a group with a hidden membership may be missing too: Graph shows them only with an extra role.
    https://learn.microsoft.com/graph/api/group-list-transitivemembers
    """
    holders = {each for grants in _grants(reader, tenant) for each in _holders(grants, roles)}
    members = (each for holder in holders for each in _members(reader, tenant, holder))
    return tuple(sorted({*holders, *members}))


def _grants(reader: Reader, tenant: str) -> Iterator[tuple[str, Listing]]:
    """Yield each list of grants by its id."""
    for kind in (graph.ASSIGNMENTS, graph.ELIGIBILITIES):
        collection = f"{tenant}/providers/{kind}"
        try:
            yield collection, reader.list(collection)
        except SourceUnavailable as error:
            if kind == graph.ASSIGNMENTS or error.code != _NO_LICENCE:
                raise


def _holders(grants: tuple[str, Listing], roles: frozenset[str]) -> Iterator[str]:
    collection, found = grants
    if found.items is None:
        raise SourceUnavailable(collection, _NOT_FOUND, found.code)
    for each in found.items:
        role, holder = (_id_at(each, name) for name in ("roleDefinitionId", "principalId"))
        if not role or not holder:
            raise SourceUnavailable(collection, _OK, "UnexpectedAnswer")
        if role in roles:
            yield holder


def _members(reader: Reader, tenant: str, holder: str) -> Iterator[str]:
    """Yield the members of a group, none of another object: Graph answers 404 for its members."""
    collection = f"{tenant}/providers/{graph.GROUPS}/{holder}/{graph.MEMBERS}"
    for each in reader.list(collection).items or ():
        if member := _id_at(each, "id"):
            yield member


def _id_at(document: Any, name: str) -> str:
    found = dig(document, f"properties.{name}")
    return found.lower() if isinstance(found, str) else ""
