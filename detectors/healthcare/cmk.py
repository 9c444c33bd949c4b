"""Whether a FHIR or DICOM service is encrypted with a customer-managed key of a protected vault."""

from typing import Final

from detectors.evidence import check_objects, check_properties, evidence
from detectors.facets import weakest
from detectors.healthcare.services import DICOM, FHIR, FORMER
from detectors.keys.key_uri import key_at
from detectors.keys.vault_protection import judge_vault
from detectors.keys.vault_types import HSM, PURGE, VAULT
from drift.estate import Estate
from drift.fixes import Fix, SetProperty
from drift.model import MISSING, Control, Outcome, Resource, Severity, Verdict

_ENCRYPTION: Final = "properties.encryption"
_CUSTOMER: Final = f"{_ENCRYPTION}.customerManagedKeyEncryption"
_KEY: Final = f"{_CUSTOMER}.keyEncryptionKeyUrl"
_DATABASE: Final = "properties.cosmosDbConfiguration"
_FORMER_KEY: Final = f"{_DATABASE}.keyVaultKeyUri"

CONTROL: Final = Control(
    id="FHIR-CMK",
    title="FHIR or DICOM service must use a customer-managed key",
    service="Healthcare APIs",
    severity=Severity.HIGH,
    otherwise=Severity.LOW,
    hipaa=("164.312(a)(2)(iv)", "164.402"),
    why="Only a customer-managed key can be revoked, audited, and presented in a breach assessment.",
    fix="az resource update --ids <id> --set "
    "properties.encryption.customerManagedKeyEncryption.keyEncryptionKeyUrl=<key uri>",
    watches={
        FHIR: (_KEY,),
        DICOM: (_KEY,),
        FORMER: (_FORMER_KEY,),
        VAULT: (PURGE,),
        HSM: (PURGE,),
    },
    also_judges=(DICOM, FORMER),
    leaves_out="It does not read the key itself, which may be disabled or expired.",
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate who manages the key, and the vault of a customer-managed one.

    An absent or empty key is that of the platform: encryption itself cannot be off.
    """
    check_properties(resource)
    check_objects(resource, _ENCRYPTION, _CUSTOMER, _DATABASE)
    return weakest(CONTROL, (_key, _vault), resource, estate)


def _path(service: Resource) -> str:
    return _FORMER_KEY if service.type == FORMER else _KEY


def _has_key(service: Resource) -> bool:
    return service.word(_path(service)) not in {MISSING, ""}


def _key(service: Resource, _: Estate) -> Verdict:
    path = _path(service)
    if not _has_key(service):
        return Verdict(
            Outcome.FAIL,
            "The key is not customer-managed.",
            (evidence(service, path, "a customer-managed key"),),
            fix=Fix(
                (SetProperty(service.id, path, "<KEY_URI>"),),
                "Put in the address of the key. First give the managed identity of the service the role "
                "Key Vault Crypto Service Encryption User on the vault. With a lost key the service "
                "stops. Whether a running service takes another key is not documented.",
            ),
        )
    key_at(service.get(path), path)
    return Verdict(Outcome.PASS, "Uses a customer-managed key.", (evidence(service, path),))


def _vault(service: Resource, estate: Estate) -> Verdict:
    if not _has_key(service):
        return Verdict(Outcome.NOT_APPLICABLE, "The service has no key in a vault.")
    path = _path(service)
    return judge_vault(key_at(service.get(path), path).holder, path, service, estate)
