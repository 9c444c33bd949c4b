"""Whether a resource that was tagged as PHI still has its tag."""

from typing import Final

from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, SetProperty
from drift.model import Control, Evidence, Outcome, Resource, Severity, Verdict, sentence

_TAGS: Final = "tags"

_TYPES: Final = (
    "microsoft.storage/storageaccounts",
    "microsoft.compute/virtualmachines",
    "microsoft.compute/virtualmachinescalesets",
    "microsoft.compute/disks",
    "microsoft.compute/snapshots",
    "microsoft.compute/images",
    "microsoft.network/networksecuritygroups",
    "microsoft.network/virtualnetworks",
    "microsoft.sql/servers",
    "microsoft.sql/servers/databases",
    "microsoft.sql/managedinstances",
    "microsoft.sql/managedinstances/databases",
    "microsoft.keyvault/vaults",
    "microsoft.keyvault/managedhsms",
    "microsoft.documentdb/databaseaccounts",
    "microsoft.healthcareapis/workspaces/fhirservices",
    "microsoft.healthcareapis/workspaces/dicomservices",
    "microsoft.healthcareapis/services",
    "microsoft.operationalinsights/workspaces",
    "microsoft.resources/subscriptions/resourcegroups",
    "microsoft.resources/subscriptions",
)
"""Every evaluated type that has tags, and the resource groups and subscriptions above it."""

CONTROL: Final = Control(
    id="PHI-TAG",
    title="Resource tagged as PHI must keep its tag",
    service="Classification",
    severity=Severity.HIGH,
    otherwise=Severity.MEDIUM,
    hipaa=("164.308(a)(1)(ii)(A)", "164.308(a)(1)(ii)(B)"),
    why="Without the tag, Azure Policy, backups and people treat the PHI as ordinary data.",
    fix="az tag update --resource-id <id> --operation Merge --tags <name>=<value>",
    watches=dict.fromkeys(_TYPES, (_TAGS,)),
    also_judges=_TYPES[1:],
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Fail if a known tag is gone and no level above marks the resource as PHI.

    A resource that never had a tag cannot lose one. A resource that no longer holds PHI is listed
    under ``released`` in monitor.toml and is then not applicable.
    """
    tagged, former = estate.tagged, estate.former_tag
    if tagged.phi:
        return Verdict(Outcome.PASS, sentence(tagged.why))
    if not former:
        return Verdict(Outcome.NOT_APPLICABLE, "The resource is not known to have had a PHI tag.")
    if tagged.phi is None:
        raise Unreadable(_TAGS, tagged.why)
    name, _, value = former.partition("=")
    return Verdict(
        Outcome.FAIL,
        f"The PHI tag {former} was removed, and no other tag or list marks this resource as PHI.",
        (Evidence(f"{_TAGS}.{name}", None, value),),
        fix=Fix(
            (SetProperty(resource.id, f"{_TAGS}.{name}", value),),
            "If the resource no longer holds PHI, list it under released in monitor.toml instead.",
        ),
    )
