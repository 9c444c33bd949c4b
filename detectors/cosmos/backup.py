"""Whether deleted and overwritten data of a Cosmos DB account can be restored."""

from typing import Final

from detectors.cosmos.accounts import ACCOUNT
from detectors.evidence import check_objects, evidence
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, SetProperty
from drift.model import MISSING, Control, Outcome, Resource, Severity, Verdict

_POLICY: Final = "properties.backupPolicy"
_TYPE: Final = f"{_POLICY}.type"
_TIER: Final = f"{_POLICY}.continuousModeProperties.tier"
_PERIODIC: Final = f"{_POLICY}.periodicModeProperties"
_HOURS: Final = f"{_PERIODIC}.backupRetentionIntervalInHours"
_COPIES: Final = f"{_PERIODIC}.backupStorageRedundancy"

_LEAST_HOURS: Final = 8
"""The shortest retention that Azure allows, and its default."""

CONTROL: Final = Control(
    id="COSMOS-BACKUP",
    title="Cosmos DB account must keep backups of its data",
    service="Cosmos DB",
    severity=Severity.MEDIUM,
    otherwise=Severity.LOW,
    hipaa=("164.308(a)(7)(ii)(A)",),
    why="Without a backup, PHI that an error or an attacker deletes is lost.",
    fix="az cosmosdb update --ids <id> --backup-policy-type Continuous",
    watches={ACCOUNT: (_TYPE, _TIER, _HOURS, _COPIES)},
)


def evaluate(resource: Resource, _: Estate) -> Verdict:
    """Evaluate the kind of backup; an absent one is periodic, the default.

    A periodic backup whose retention or redundancy is not shown is unknown.
    """
    check_objects(resource, _POLICY)
    kind = resource.word(_TYPE)
    if kind == "continuous":
        found = (evidence(resource, _TYPE, "Continuous"), evidence(resource, _TIER))
        return Verdict(Outcome.PASS, "The data is backed up continuously.", found)
    if kind not in {MISSING, "periodic"}:
        raise Unreadable(_TYPE, "not a known kind of backup")
    return _periodic(resource)


def _periodic(account: Resource) -> Verdict:
    """Evaluate periodic backups: they must be kept as long as by default, and in a second region."""
    check_objects(account, _PERIODIC)
    hours, copies = account.number(_HOURS), account.word(_COPIES)
    is_short = hours is not MISSING and hours < _LEAST_HOURS
    is_local = copies in {"local", "zone"}
    if is_short or is_local:
        faults = [
            *([f"they are kept for {hours} hours only"] if is_short else []),
            *(["they are kept in one region only"] if is_local else []),
        ]
        return Verdict(
            Outcome.FAIL,
            f"Backups are periodic, and {' and '.join(faults)}.",
            (
                evidence(account, _TYPE),
                evidence(account, _HOURS, f"{_LEAST_HOURS} or more, or continuous backup"),
                evidence(account, _COPIES, "Geo, or continuous backup"),
            ),
            fix=Fix(
                (SetProperty(account.id, _TYPE, "Continuous"),),
                "Continuous backup adds cost and cannot be turned back to periodic.",
            ),
        )
    if hours is MISSING or copies is MISSING:
        raise Unreadable(_HOURS if hours is MISSING else _COPIES, "absent")
    if copies != "geo":
        raise Unreadable(_COPIES, "not a known redundancy")
    found = (
        evidence(account, _HOURS, f"{_LEAST_HOURS} or more"),
        evidence(account, _COPIES, "Geo"),
    )
    reason = f"Backups are periodic: a copy is kept for {hours} hours, and in a second region."
    return Verdict(Outcome.PASS, f"{reason} Restoring one needs a support request.", found)
