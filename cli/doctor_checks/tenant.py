"""Whether the monitor can read the posture of its tenant and management group, else the missing role."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Final

from cli.doctor_checks.azure_refusals import AttemptedRead, explained, is_final
from cli.doctor_checks.check import Check, fail, ok, warn
from drift.arm import graph
from drift.errors import SourceUnavailable
from drift.ports import Reader

_NAME: Final = "tenant"

_READ: Final = (graph.POLICIES, graph.ASSIGNMENTS, graph.REVIEWS)
"""The collections that each need their own application role."""

GROUP: Final = "management group"
_ON_GROUP: Final = ("policyAssignments", "policyExemptions", "roleAssignments")

_NO_LICENCE: Final = "NoLicense"
_GRANT: Final = "docs/settings.md shows how to grant it to the identity of the monitor"


def not_watched() -> Check:
    """Say that no tenant is named."""
    step = "set AZURE_TENANT_ID, so that sign-in and roles of Microsoft Entra ID are evaluated"
    return warn(_NAME, "not watched: AZURE_TENANT_ID is not set", step)


def tenant_checks(reader: Reader, tenant: str, asked: AttemptedRead) -> Iterator[Check]:
    """Yield the checks of the tenant and of each collection in Graph.

    The checks end if there is no answer at all.
    """
    try:
        reader.get(tenant)
    except SourceUnavailable as error:
        yield _refused(error, asked, _NAME)
        return
    counts: list[str] = []
    for kind in _READ:
        name = kind.rpartition("/")[2]
        try:
            listing = reader.list(graph.in_tenant(tenant, kind))
        except SourceUnavailable as error:
            yield _refused(error, asked, f"{_NAME}, {name}")
            if is_final(error):
                return
            continue
        counts.append(f"{len(listing.items or ())} {name}")
    if counts:
        yield ok(_NAME, f"reads in Microsoft Graph: {', '.join(counts)}")


def _refused(error: SourceUnavailable, asked: AttemptedRead, name: str) -> Check:
    if error.code == _NO_LICENCE:
        step = "buy a licence, or hold reviews by hand: access_reviews.held in monitor.toml"
        return warn(name, "HTTP 403 NoLicense: reviews need Entra ID P2 or Governance", step)
    if error.status == HTTPStatus.FORBIDDEN and error.needs:
        code = f" {error.code}" if error.code else ""
        step = _GRANT if error.code != "TenantNotListed" else "correct AZURE_TENANT_ID"
        return fail(name, f"HTTP 403{code}: {error.needs}", step)
    return explained(error, asked)


def group_checks(reader: Reader, group: str, asked: AttemptedRead) -> Iterator[Check]:
    """Yield one check of the group: it is there, and each collection on it can be read."""
    counts: list[str] = []
    try:
        if reader.get(group).body is None:
            finding = "ARM shows no management group of this name"
            step = "correct MONITORED_MANAGEMENT_GROUP: it takes the id of the group, not its display name"
            yield fail(GROUP, finding, step)
            return
        for each in _ON_GROUP:
            listing = reader.list(f"{group}/providers/Microsoft.Authorization/{each}")
            counts.append(f"{len(listing.items or ())} {each}")
    except SourceUnavailable as error:
        yield explained(error, asked)
        return
    yield ok(GROUP, f"reads {', '.join(counts)}")
