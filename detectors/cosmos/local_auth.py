"""Whether a Cosmos DB account accepts only Entra ID, no account keys."""

from typing import Final

from detectors.cosmos.accounts import ACCOUNT, CAPABILITIES, KIND, interfaces
from detectors.evidence import check_properties, evidence
from drift.estate import Estate
from drift.fixes import Fix, SetProperty
from drift.model import MISSING, Control, Evidence, Outcome, Resource, Severity, Verdict

_DISABLED: Final = "properties.disableLocalAuth"
_METADATA: Final = "properties.disableKeyBasedMetadataWriteAccess"

CONTROL: Final = Control(
    id="COSMOS-LOCAL-AUTH",
    title="Cosmos DB account must allow Entra ID sign-in only",
    service="Cosmos DB",
    severity=Severity.HIGH,
    otherwise=Severity.LOW,
    hipaa=("164.312(d)", "164.312(a)(2)(i)"),
    why="Anyone with an account key can read the PHI, and no log names the person.",
    fix="az cosmosdb update --ids <id> --disable-local-auth true",
    watches={ACCOUNT: (_DISABLED, _METADATA, KIND, CAPABILITIES)},
)


def evaluate(resource: Resource, _: Estate) -> Verdict:
    """Evaluate whether account keys are refused; absent means accepted, the default.

    Of the interfaces other than SQL, keys are the only way in. Whether the Table interface accepts
    Entra ID by now is not confirmed; it counts as one of them.
    """
    check_properties(resource)
    found = (evidence(resource, _DISABLED, "true"),)
    if resource.flag(_DISABLED):
        return Verdict(Outcome.PASS, "Account keys are refused.", found)
    others = interfaces(resource)
    if others:
        return _keys_only(" and ".join(sorted(others)), found)
    return Verdict(
        Outcome.FAIL,
        f"Account keys are accepted.{_metadata(resource)}",
        found,
        fix=Fix(
            (SetProperty(resource.id, _DISABLED, True),),
            "All clients with keys stop at once: first give each of them a role "
            "(az cosmosdb sql role assignment create).",
        ),
    )


def _keys_only(interface: str, found: tuple[Evidence, ...]) -> Verdict:
    """Fail with the lowest severity: the keys of such an account cannot be turned off."""
    return Verdict(
        Outcome.FAIL,
        f"Account keys are accepted; they are the only way to sign in to the {interface} interface.",
        found,
        Severity.LOW,
        Fix(
            note="Rotate the keys (az cosmosdb keys regenerate) and allow approved networks only, or move "
            "the data to an account with the SQL interface."
        ),
    )


def _metadata(account: Resource) -> str:
    """State that keys can also change databases and containers, where that is so."""
    limited = account.shown(_METADATA)
    is_known = account.whole or limited is not MISSING
    return (
        ""
        if not is_known or str(limited).lower() in {"true", "1"}
        else " They can also change databases and containers."
    )
