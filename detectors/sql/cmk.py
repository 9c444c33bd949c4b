"""Whether the databases of a SQL server are encrypted with a customer-managed key that is valid."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from detectors.evidence import check_objects, evidence, listed
from detectors.facets import weakest
from detectors.keys import vaults
from detectors.keys.key_uri import Holder, check_key, key_at
from detectors.keys.vault_types import HSM, VAULT
from detectors.sql.servers import (
    DATABASE,
    INSTANCE,
    INSTANCE_DATABASE,
    KIND,
    MANAGED_BY,
    SERVER,
    is_master,
    judge_unless_synapse,
)
from drift import ids
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, SetProperty
from drift.model import MISSING, Control, Evidence, Outcome, Resource, Severity, Verdict

_KEY_ID: Final = "properties.keyId"
_FEDERATED: Final = "properties.federatedClientId"
_NOBODY: Final = "00000000-0000-0000-0000-000000000000"
_TYPE: Final = "properties.serverKeyType"
_URI: Final = "properties.uri"
_OWN: Final = "properties.encryptionProtector"
_STATUS: Final = "properties.status"

_PROTECTOR: Final = "encryptionProtector"
_DATABASES: Final = "databases"
_SHOWN: Final = 20

_LOST: Final = "inaccessible"
_ALIVE: Final = frozenset(
    {
        *("online", "restoring", "recoverypending", "recovering", "suspect", "offline", "standby"),
        *("shutdown", "emergencymode", "autoclosed", "copying", "creating", "offlinesecondary"),
        *(
            "pausing",
            "paused",
            "resuming",
            "scaling",
            "disabled",
            "stopping",
            "stopped",
            "starting",
        ),
        *("offlinechangingdwperformancetiers", "onlinechangingdwperformancetiers"),
        *("updating", "dbmoving", "dbcopying"),
    }
)
"""The other states of a database, on a server or on a managed instance."""

CONTROL: Final = Control(
    id="SQL-CMK",
    title="SQL server must use a customer-managed key",
    service="SQL",
    severity=Severity.HIGH,
    otherwise=Severity.LOW,
    hipaa=("164.312(a)(2)(iv)", "164.402"),
    why="Only a customer-managed key can be revoked, audited, and presented in a breach assessment.",
    fix="az sql server tde-key set --server <name> --resource-group <group> "
    "--server-key-type AzureKeyVault --kid <key uri>",
    watches={
        SERVER: (_KEY_ID, _FEDERATED, KIND),
        f"{SERVER}/{_PROTECTOR.lower()}": (_TYPE, _URI),
        DATABASE: (_OWN, _KEY_ID, _STATUS),
        INSTANCE: (_KEY_ID, _FEDERATED),
        f"{INSTANCE}/{_PROTECTOR.lower()}": (_TYPE, _URI),
        INSTANCE_DATABASE: (_STATUS,),
        VAULT: ("properties.vaultUri",),
        HSM: ("properties.hsmUri",),
        ids.GROUP: (MANAGED_BY,),
    },
    also_judges=(INSTANCE,),
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate who manages the key, and whether a database has lost access to it."""
    return judge_unless_synapse(_judge, resource, estate)


def _judge(server: Resource, estate: Estate) -> Verdict:
    return weakest(CONTROL, (_key, _lost), server, estate)


def _key(server: Resource, estate: Estate) -> Verdict:
    """Evaluate the server's protector; absent is the Microsoft-managed key: there always is one.

    If the key is in another tenant, the result is unknown, as for storage and disks: its vault
    cannot be read. It is also unknown if the vault is in no readable subscription.
    """
    name = f"{server.id}/{_PROTECTOR}/current"
    protector = estate.get(name)
    if protector is None and server.get(_KEY_ID) not in (MISSING, ""):
        raise Unreadable(name, "absent, although the server references a key")
    kind = protector.word(_TYPE) if protector else "servicemanaged"
    protector = protector or Resource(name, "", {})
    found = evidence(protector, _TYPE, "AzureKeyVault", of=server)
    if kind == "azurekeyvault":
        check_key(protector.get(_URI), f"{name}#{_URI}")
        check_objects(server, "properties")
        if server.word(_FEDERATED) not in {MISSING, "", "none", _NOBODY}:
            raise Unreadable(_FEDERATED, "the key vault is in another tenant")
        _check_vaults(_holders((protector, _URI), (server, _KEY_ID)), server, estate)
        key = evidence(protector, _URI, "a customer-managed key", of=server)
        return Verdict(Outcome.PASS, "Uses a customer-managed key.", (found, key))
    if kind != "servicemanaged":
        raise Unreadable(f"{name}#{_TYPE}", "absent" if kind is MISSING else "not a known type")
    return _platform_key(found, server, estate)


def _platform_key(found: Evidence, server: Resource, estate: Estate) -> Verdict:
    """Fail unless each database has its own key; those of a managed instance cannot have one."""
    databases, doubt = _databases(server, estate) if server.type == SERVER else ((), None)
    users = [each for each in databases if not is_master(each)]
    weak, odd = _without_own_key(users)
    for each in (doubt, odd):
        if each and not weak:
            raise each
    if users and not weak:
        keys = ((each, path) for each in users for path in (_OWN, _KEY_ID))
        _check_vaults(_holders(*keys), server, estate)
        shown = tuple(
            evidence(each, _OWN, "a customer-managed key", of=server) for each in users[:_SHOWN]
        )
        reason = "Each database has its own customer-managed key."
        return Verdict(Outcome.PASS, reason, (replace(found, expected=""), *shown))
    which = (
        f"Some databases ({_named(weak)}) use" if len(weak) < len(users) else "The databases use"
    )
    return Verdict(
        Outcome.FAIL,
        f"{which} a Microsoft-managed key; a customer-managed key is required.",
        (found, *(evidence(each, _OWN, of=server) for each in weak[:_SHOWN])),
        fix=_fix(server),
    )


def _holders(*keys: tuple[Resource, str]) -> frozenset[Holder]:
    """Return the vaults that these properties name; absent, one names none."""
    shown = ((each.get(path), f"{each.id}#{path}") for each, path in keys)
    return frozenset(key_at(key, where).holder for key, where in shown if key not in (MISSING, ""))


def _check_vaults(holders: Iterable[Holder], server: Resource, estate: Estate) -> None:
    """Raise Unreadable if a vault is not found in any readable subscription."""
    for each in sorted(holders, key=lambda each: each.name):
        vaults.id_of(each, server, estate)


def _fix(server: Resource) -> Fix:
    name = f"{server.id}/{_PROTECTOR}/current"
    group = "server" if server.type == SERVER else "mi"
    return Fix(
        (SetProperty(name, _TYPE, "AzureKeyVault"), SetProperty(name, _URI, "<KEY_URI>")),
        "Put in the address of the key with its version. First give the identity of the server the role "
        "Key Vault Crypto Service Encryption User on the vault, and add the key "
        f"(az sql {group} key create). There is no downtime.",
    )


def _without_own_key(databases: Sequence[Resource]) -> tuple[list[Resource], Unreadable | None]:
    """Return the databases without an own key, and why it is unknown for another."""
    weak: list[Resource] = []
    doubt = None
    for each in databases:
        try:
            weak += [] if _has_own_key(each) else [each]
        except Unreadable as error:
            doubt = error
    return weak, doubt


def _has_own_key(database: Resource) -> bool:
    """Tell whether a database has its own key; absent or empty, it uses the server's."""
    for path in (_OWN, _KEY_ID):
        address = database.get(path)
        if address not in (MISSING, ""):
            key_at(address, f"{database.id}#{path}")
            return True
    return False


def _lost(server: Resource, estate: Estate) -> Verdict:
    """Evaluate whether a database has lost access to its key: its status is then inaccessible."""
    databases, doubt = _databases(server, estate)
    lost = [each for each in databases if str(each.get(_STATUS)).lower() == _LOST]
    if lost:
        return Verdict(
            Outcome.FAIL,
            f"The key of {_named(lost)} is inaccessible; the data is unreadable.",
            tuple(evidence(each, _STATUS, "Online", of=server) for each in lost[:_SHOWN]),
            Severity.CRITICAL,
            Fix(
                note="Give the identity of the server access to the key again, or recover the key."
            ),
        )
    if doubt:
        raise doubt
    for each in databases:
        if each.word(_STATUS) not in _ALIVE:
            raise Unreadable(f"{each.id}#{_STATUS}", "absent, or not a known status")
    return Verdict(Outcome.NOT_APPLICABLE, "No database is known to have lost access to its key.")


def _databases(server: Resource, estate: Estate) -> tuple[tuple[Resource, ...], Unreadable | None]:
    return listed(lambda: estate.children(server.id, _DATABASES))


def _named(databases: Sequence[Resource]) -> str:
    names = ", ".join(each.name for each in databases[:5])
    return f"{names} and {len(databases) - 5} more" if len(databases) > 5 else names
