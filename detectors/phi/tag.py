"""What was tagged as PHI does not lose its tag unnoticed."""

from typing import Final

from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, SetProperty
from drift.model import Control, Evidence, Outcome, Resource, Severity, Verdict

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
    "microsoft.resources/subscriptions/resourcegroups",
    "microsoft.resources/subscriptions",
)
"""Everything that is judged and carries tags, and the groups and subscriptions above it."""

CONTROL: Final = Control(
    id="PHI-TAG",
    title="What was tagged as PHI keeps its tag",
    service="Classification",
    severity=Severity.HIGH,
    otherwise=Severity.MEDIUM,
    hipaa=("164.308(a)(1)(ii)(A)", "164.308(a)(1)(ii)(B)"),
    why="Without its tag PHI is taken for ordinary data: by Azure Policy, by backups, by people.",
    fix="az tag update --resource-id <id> --operation Merge --tags <name>=<value>",
    watches=dict.fromkeys(_TYPES, (_TAGS,)),
    also_judges=_TYPES[1:],
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Fail where a tag that was seen is gone, and no level above says that this is PHI.

    What never carried a tag lost none. A resource that holds PHI for good reasons no more is listed
    under ``released`` in monitor.toml: then nothing is asked of it.
    """
    tagged, former = estate.tagged, estate.former_tag
    if tagged.phi:
        return Verdict(Outcome.PASS, tagged.why)
    if not former:
        return Verdict(Outcome.NOT_APPLICABLE, "it is not known to have carried a PHI tag")
    if tagged.phi is None:
        raise Unreadable(_TAGS, tagged.why)
    name, _, value = former.partition("=")
    return Verdict(
        Outcome.FAIL,
        f"it carried the tag {former}, and nothing says any more that it holds PHI",
        (Evidence(f"{_TAGS}.{name}", None, value),),
        fix=Fix(
            (SetProperty(resource.id, f"{_TAGS}.{name}", value),),
            "If it holds no PHI any more, list it under released in monitor.toml instead.",
        ),
    )
