"""Whether a storage account is encrypted with a customer-managed key that is valid."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Final

from detectors.evidence import check_objects, evidence, listed
from detectors.facets import Facet, weakest
from detectors.keys.key_uri import check_key, holder_at, key_name
from detectors.keys.vault_types import HSM, PURGE, VAULT
from detectors.storage.accounts import ACCOUNT, services
from detectors.storage.key_vaults import FEDERATED, KEY, VAULT_URI, vault
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, SetProperty
from drift.ids import relative_to
from drift.model import MISSING, Control, Outcome, Resource, Severity, Verdict, dig

_SOURCE: Final = "properties.encryption.keySource"
_KEY_NAME: Final = f"{KEY}.keyname"
_VERSION: Final = f"{KEY}.keyversion"
_EXPIRES: Final = f"{KEY}.currentVersionedKeyExpirationTimestamp"
_SERVICES: Final = "properties.encryption.services"

_STATE: Final = "properties.state"
_SCOPE_SOURCE: Final = "properties.source"
_SCOPE_KEY: Final = "properties.keyVaultProperties.keyUri"

_SCOPE_WANTED: Final = "Microsoft.KeyVault, or the scope is disabled"

_SCOPES: Final = "encryptionScopes"
_LISTS: Final = {"queue": "queueServices/default/queues", "table": "tableServices/default/tables"}

CONTROL: Final = Control(
    id="STORAGE-CMK",
    title="Storage account must use a customer-managed key",
    service="Storage",
    severity=Severity.HIGH,
    otherwise=Severity.LOW,
    hipaa=("164.312(a)(2)(iv)", "164.312(e)(2)(ii)", "164.402"),
    why="Only a customer-managed key can be revoked, audited, and presented in a breach assessment.",
    fix="az storage account update --ids <id> --encryption-key-source Microsoft.Keyvault "
    "--encryption-key-vault <uri> --encryption-key-name <key>",
    watches={
        ACCOUNT: (
            _SOURCE,
            VAULT_URI,
            _KEY_NAME,
            _VERSION,
            _EXPIRES,
            FEDERATED,
            f"{_SERVICES}.queue.keyType",
            f"{_SERVICES}.table.keyType",
        ),
        f"{ACCOUNT}/encryptionscopes": (_STATE, _SCOPE_SOURCE, _SCOPE_KEY),
        f"{ACCOUNT}/queueservices/queues": ("name",),
        f"{ACCOUNT}/tableservices/tables": ("name",),
        VAULT: (PURGE,),
        HSM: (PURGE,),
    },
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate who manages the key; for a customer-managed one also the key, its vault and its scope.

    Absent is Microsoft.Storage, the platform-managed key: encryption itself cannot be off.
    """
    source = resource.word(_SOURCE)
    if source in {MISSING, "microsoft.storage"}:
        return _platform_key(resource)
    if source != "microsoft.keyvault":
        raise Unreadable(_SOURCE, "not a known key source")
    sides: list[Facet] = [_key, vault, partial(_reach, "queue"), partial(_reach, "table"), _scopes]
    return weakest(CONTROL, sides, resource, estate)


def _platform_key(account: Resource) -> Verdict:
    return Verdict(
        Outcome.FAIL,
        "Uses a Microsoft-managed key; a customer-managed key is required.",
        (evidence(account, _SOURCE, "Microsoft.Keyvault"),),
        fix=Fix(
            (
                SetProperty(account.id, _SOURCE, "Microsoft.Keyvault"),
                SetProperty(account.id, VAULT_URI, "<KEY_VAULT_URI>"),
                SetProperty(account.id, _KEY_NAME, "<KEY_NAME>"),
            ),
            "Put in the address of the key vault and the name of the key. First give the identity of "
            "the account the role Key Vault Crypto Service Encryption User on the key. There is no downtime.",
        ),
    )


def _key(account: Resource, estate: Estate) -> Verdict:
    """Evaluate the key: it is named and has not expired.

    An absent expiry, and 1970 as ARM also shows it, mean that it never expires.
    """
    expires = _expiry(account)
    found = (evidence(account, _EXPIRES, "in the future, or absent"), evidence(account, _VERSION))
    if expires and expires <= estate.now:
        return Verdict(
            Outcome.FAIL,
            f"The key expired on {expires:%Y-%m-%d}; the data becomes unreadable.",
            found[:1],
            Severity.CRITICAL,
            Fix(note=_rotation(account)),
        )
    key_name(account.get(_KEY_NAME), _KEY_NAME)
    pinned = account.word(_VERSION) not in {MISSING, ""}
    rotates = "It is pinned to one version and does not rotate." if pinned else "It rotates."
    return Verdict(Outcome.PASS, f"Uses a customer-managed key. {rotates}", found)


def _expiry(account: Resource) -> datetime | None:
    text = account.get(_EXPIRES)
    if text is MISSING or text == "":
        return None
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise Unreadable(_EXPIRES, "not a time") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment if moment.year > 1970 else None


def _rotation(account: Resource) -> str:
    name = dig(account.body, _KEY_NAME)
    key = "the key" if name is MISSING else f"key {name}"
    pinned = dig(account.body, _VERSION) not in (MISSING, "")
    then = " and set the account's key version to the new one" if pinned else ""
    return f"Create a new version of {key} in its vault (az keyvault key rotate){then}."


def _reach(service: str, account: Resource, estate: Estate) -> Verdict:
    """Evaluate queues and tables, which the account's key covers only if that was chosen at creation.

    A service that is not shown uses the Microsoft-managed key; this is harmless while it is empty.
    """
    path = f"{_SERVICES}.{service}.keyType"
    if service not in services(account):
        return Verdict(Outcome.NOT_APPLICABLE, f"The account has no {service}s.")
    check_objects(account, _SERVICES)
    kind = account.word(path)
    if kind == "account":
        return Verdict(
            Outcome.PASS,
            f"The customer-managed key covers {service}s.",
            (evidence(account, path, "Account"),),
        )
    if kind is MISSING and account.get(f"{_SERVICES}.{service}") is not MISSING:
        raise Unreadable(path, "absent")
    if kind not in {MISSING, "service"}:
        raise Unreadable(path, "not a known key type")
    if kind is MISSING and not estate.children(account.id, _LISTS[service]):
        return Verdict(Outcome.NOT_APPLICABLE, f"The account has no {service}s.")
    return Verdict(
        Outcome.FAIL,
        f"{service.capitalize()}s use a Microsoft-managed key; a customer-managed key is required.",
        (evidence(account, path, "Account"),),
        Severity.MEDIUM,
        Fix(
            note=f"The key of {service}s is fixed when an account is created: move the data to a new account."
        ),
    )


def _scopes(account: Resource, estate: Estate) -> Verdict:
    """Evaluate encryption scopes: every writer of a blob may choose any enabled scope."""
    if "blob" not in services(account):
        return Verdict(Outcome.NOT_APPLICABLE, "The account has no blobs.")
    scopes, doubt = listed(lambda: estate.children(account.id, _SCOPES))
    enabled = [each for each in scopes if each.word(_STATE) != "disabled"]
    weak = [each for each in enabled if each.word(_SCOPE_SOURCE) == "microsoft.storage"]
    if weak:
        return _weak(account, weak)
    if doubt:
        raise doubt
    if any(each.word(_SCOPE_SOURCE) != "microsoft.keyvault" for each in enabled):
        raise Unreadable(_SCOPES, "a scope has an unknown key source")
    for each in enabled:
        check_objects(each, _SCOPE_KEY.rpartition(".")[0])
        check_key(each.get(_SCOPE_KEY), f"{relative_to(each.id, account.id)}#{_SCOPE_KEY}")
    return Verdict(Outcome.PASS, "No encryption scope uses a Microsoft-managed key.")


def _weak(account: Resource, weak: Sequence[Resource]) -> Verdict:
    uri = _account_key(account)
    note = "There is no downtime; new blobs use the key of the account at once."
    steps = tuple(
        step
        for each in weak
        for step in (
            SetProperty(each.id, _SCOPE_SOURCE, "Microsoft.KeyVault"),
            SetProperty(each.id, _SCOPE_KEY, uri or "<KEY_URI>"),
        )
    )
    names = ", ".join(each.name for each in weak[:5]) + (" and more" if len(weak) > 5 else "")
    return Verdict(
        Outcome.FAIL,
        f"Encryption scope {names} uses a Microsoft-managed key; a customer-managed key is required.",
        tuple(evidence(each, _SCOPE_SOURCE, _SCOPE_WANTED, of=account) for each in weak[:20]),
        Severity.HIGH,
        Fix(steps, note if uri else f"Put in the address of the key of the account. {note}"),
    )


def _account_key(account: Resource) -> str:
    """Return the address of the account's own key, "" where it is not known."""
    try:
        address, name = account.get(VAULT_URI), account.get(_KEY_NAME)
        holder_at(address, VAULT_URI)
        return f"{address.rstrip('/')}/keys/{key_name(name, _KEY_NAME)}"
    except Unreadable:
        return ""
