"""Whether a Cosmos DB account is encrypted with a customer-managed key that is valid."""

from typing import Final

from detectors.cosmos.accounts import ACCOUNT
from detectors.evidence import check_properties, evidence
from detectors.facets import weakest
from detectors.keys.key_uri import key_at
from detectors.keys.vault_protection import judge_vault
from detectors.keys.vault_types import HSM, PURGE, VAULT
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, SetProperty
from drift.model import MISSING, Control, Outcome, Resource, Severity, Verdict

_KEY: Final = "properties.keyVaultKeyUri"
_STATUS: Final = "properties.customerManagedKeyStatus"
_IDENTITY: Final = "properties.defaultIdentity"

_GOOD: Final = "confirmed"
_BAD: Final = ("revoked", "error", "unable", "fail", "denied", "not found", "cannot", "expired")
_OF_SERVICE: Final = "firstpartyidentity"
_IDENTITIES: Final = (_OF_SERVICE, "systemassignedidentity", "userassignedidentity=")
_FEDERATED: Final = "federatedclientid="

_RECOVERY: Final = (
    "Enable or recover the key and its vault, give the default identity of the account access to "
    "it again, and allow trusted services in the firewall of the vault. The account recovers "
    "within an hour."
)

CONTROL: Final = Control(
    id="COSMOS-CMK",
    title="Cosmos DB account must use a customer-managed key",
    service="Cosmos DB",
    severity=Severity.HIGH,
    otherwise=Severity.LOW,
    hipaa=("164.312(a)(2)(iv)", "164.402"),
    why="Only a customer-managed key can be revoked, audited, and presented in a breach "
    "assessment.",
    fix="az cosmosdb update --ids <id> --key-uri <key uri>",
    watches={ACCOUNT: (_KEY, _STATUS, _IDENTITY), VAULT: (PURGE,), HSM: (PURGE,)},
    leaves_out="It does not read the key itself: an account whose key is disabled or expired says "
    "so in its status.",
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate who manages the key; for a customer-managed one also its status and its vault.

    An absent or empty key is that of the service: encryption itself cannot be off.
    """
    check_properties(resource)
    return weakest(CONTROL, (_key, _status, _vault), resource, estate)


def _has_key(account: Resource) -> bool:
    return account.word(_KEY) not in {MISSING, ""}


def _key(account: Resource, _: Estate) -> Verdict:
    if not _has_key(account):
        return Verdict(
            Outcome.FAIL,
            "The key is not customer-managed.",
            (evidence(account, _KEY, "a customer-managed key"),),
            fix=Fix(
                (SetProperty(account.id, _KEY, "<KEY_URI>"),),
                "Put in the address of the key without its version. First give the identity of the "
                "account the role Key Vault Crypto Service Encryption User on the vault. You "
                "cannot undo this. If the key is lost, the data is lost.",
            ),
        )
    key_at(account.get(_KEY), _KEY)
    return Verdict(Outcome.PASS, "Uses a customer-managed key.", (evidence(account, _KEY),))


def _status(account: Resource, _: Estate) -> Verdict:
    """Evaluate the account's key status: a text; an absent text reports no error.

    https://learn.microsoft.com/azure/cosmos-db/cmk-troubleshooting-guide
    """
    status = account.word(_STATUS)
    if status is MISSING or not status:
        return Verdict(Outcome.NOT_APPLICABLE, "The account reports no error of its key.")
    if any(each in status for each in _BAD):
        return Verdict(
            Outcome.FAIL,
            "The account reports that it cannot use its key; the data becomes unreadable.",
            (evidence(account, _STATUS, "absent, or without an error"),),
            Severity.CRITICAL,
            Fix(note=_RECOVERY),
        )
    if _GOOD not in status or "not " in status:
        raise Unreadable(_STATUS, "not a known status")
    return Verdict(Outcome.NOT_APPLICABLE, "The account can use its key.")


def _vault(account: Resource, estate: Estate) -> Verdict:
    """Evaluate the key's vault; an absent default identity is that of the service, in this tenant."""
    if not _has_key(account):
        return Verdict(Outcome.NOT_APPLICABLE, "The account has no key in a vault.")
    shown = account.word(_IDENTITY)
    identity = _OF_SERVICE if shown is MISSING else shown
    if _FEDERATED in identity:
        raise Unreadable(_IDENTITY, "the key vault is in another tenant")
    if not identity.startswith(_IDENTITIES):
        raise Unreadable(_IDENTITY, "not a known identity")
    return judge_vault(key_at(account.get(_KEY), _KEY).holder, _KEY, account, estate)
