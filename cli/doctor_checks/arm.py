"""Whether the monitor can read what it must evaluate: each subscription and each watched type in it."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cli.doctor_checks.azure_refusals import (
    AttemptedRead,
    FindConnectionProblem,
    explained,
    is_final,
)
from cli.doctor_checks.check import Check, fail, ok, warn
from cli.doctor_checks.identity import READER, Principal
from drift import ids
from drift.arm import graph
from drift.arm.tenant_permissions import AADIAM
from drift.errors import SourceUnavailable
from drift.model import Control, dig
from drift.ports import Reader, Reading
from drift.untrusted_json import folded, printable

_STORAGE: Final = "microsoft.storage/storageaccounts"
_NOT_LISTED: Final = (
    *("microsoft.resources", "microsoft.insights", "phidrift"),
    *(graph.PROVIDER, AADIAM),
)
_BELOW_ACCOUNT: Final = (
    "blobServices/default/containers",
    "blobServices/default/providers/Microsoft.Insights/diagnosticSettings",
)
_WITHOUT_BLOBS: Final = ("filestorage",)
_UNREGISTERED: Final = "MissingSubscriptionRegistration"
_SKEW_SECONDS: Final = 5.0
_WRONG_SECONDS: Final = 240.0
"""Entra ID refuses a clock that is 5 min off; the monitor allows for 5 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """The input of the checks of ARM."""

    reader: Reader
    principal: Principal
    connection_problem: FindConnectionProblem
    clock: Callable[[], datetime]
    types: tuple[str, ...]


def listed_types(controls: Iterable[Control]) -> tuple[str, ...]:
    """Return the top-level types (lower case) that verdicts depend on, storage accounts first."""
    watched = {kind for each in controls for kind in each.watches}
    found = {
        kind
        for kind in watched
        if kind.count("/") == 1 and kind.partition("/")[0] not in _NOT_LISTED
    }
    return tuple(sorted(found, key=lambda kind: (kind != _STORAGE, kind)))


def arm_checks(arm: Arm, subscriptions: Iterable[str]) -> Generator[Check, None, tuple[str, ...]]:
    """Yield the checks of each subscription, and return those that can be read.

    The checks end at the first subscription without any answer.
    """
    readable: list[str] = []
    clock_checked = False
    for subscription in subscriptions:
        scope = f"/subscriptions/{subscription}"
        asked = _asked(arm, f"subscription {subscription}", scope)
        try:
            began = arm.clock()
            reading = arm.reader.get(scope)
        except SourceUnavailable as error:
            yield explained(error, asked)
            if is_final(error):
                break
            continue
        if not clock_checked:
            clock_checked = True
            yield skew(reading.at, began + (arm.clock() - began) / 2)
        yield subscription_shown(asked.name, reading)
        if reading.body is not None:
            readable.append(subscription)
            yield from _types(arm, scope)
    return tuple(readable)


def _asked(arm: Arm, name: str, subscription: str) -> AttemptedRead:
    return AttemptedRead(
        name=name,
        principal=arm.principal,
        role=READER,
        scope=subscription,
        setting="ARM_ENDPOINT",
        connection_problem=arm.connection_problem,
    )


def subscription_shown(name: str, reading: Reading) -> Check:
    """Return the check of a subscription's own document."""
    if reading.body is None:
        finding = f"HTTP 404 {reading.code}: it does not exist, or this identity may not see it"
        return fail(name, finding, "check MONITORED_SUBSCRIPTIONS and the tenant of the identity")
    body = folded(reading.body)
    title, state = printable(body.get("displayname")), printable(body.get("state"))
    finding = f"{title or 'without a name'}, {state or 'state unknown'}"
    if state.lower() in ("enabled", "warned", "pastdue"):
        return ok(name, finding)
    return warn(
        name,
        finding,
        "enable the subscription: in this state it can often be neither read nor fixed",
    )


def skew(azure: datetime, ours: datetime) -> Check:
    """Compare Azure's clock, which dates events and reads, with ours, which schedules due work."""
    seconds = abs((azure - ours).total_seconds())
    name, step = "clock", "synchronize the machine's clock with a time server"
    if seconds <= _SKEW_SECONDS:
        return ok(name, f"within {_SKEW_SECONDS:.0f} s of Azure's")
    finding = f"{seconds:.0f} s {'behind' if azure > ours else 'ahead of'} Azure's"
    return fail(name, finding, step) if seconds > _WRONG_SECONDS else warn(name, finding, step)


def _types(arm: Arm, scope: str) -> Iterator[Check]:
    """Yield a check for each list that is refused, and one for all others."""
    counts: list[str] = []
    for kind in arm.types:
        found = _listed(arm, scope, f"{scope}/providers/{kind}", kind)
        if isinstance(found, Check):
            yield found
            continue
        counts.append(f"{len(found)} {kind.partition('/')[2]}")
        if kind == _STORAGE:
            yield from _below(arm, scope, found, counts)
    if counts:
        yield ok(f"reads in {scope}", ", ".join(counts))


def _below(
    arm: Arm, scope: str, accounts: tuple[Mapping[str, Any], ...], counts: list[str]
) -> Iterator[Check]:
    """List the children of one account, because a custom role may not allow it."""
    account = next((each for each in accounts if _has_blobs(each)), None)
    if account is None:
        return
    for below in _BELOW_ACCOUNT:
        kind = below.rpartition("/")[2]
        found = _listed(arm, scope, f"{account['id']}/{below}", f"{kind} of one account")
        if isinstance(found, Check):
            yield found
        else:
            counts.append(f"{len(found)} {kind} of one account")


def _listed(
    arm: Arm, scope: str, collection: str, name: str
) -> tuple[Mapping[str, Any], ...] | Check:
    asked = _asked(arm, f"{name} in {scope}", scope)
    try:
        listing = arm.reader.list(collection)
    except SourceUnavailable as error:
        return () if error.code == _UNREGISTERED else explained(error, asked)
    if listing.items is None:
        return warn(asked.name, f"HTTP 404 {listing.code}: this type is not available here")
    return listing.items


def _has_blobs(account: Mapping[str, Any]) -> bool:
    kind = dig(account, "kind")
    named = isinstance(account.get("id"), str) and ids.is_id(account["id"])
    return named and str(kind).lower() not in _WITHOUT_BLOBS
