"""Every subnet with a machine in it has a network security group.

Severity is high for PHI and low for the rest: Azure's own policy for it
(e71308d3-144b-4262-b144-efdc3cc90517) names none, and a subnet without a group closes nothing by
itself; a machine in it may still have a group of its own.
"""

from typing import Final

from detectors.topology.interfaces import OWN_GROUP, USED_BY
from detectors.topology.networks import is_for_bastion, with_properties
from detectors.topology.subnet_interfaces import OCCUPANTS, find_machine
from drift.arm.references import typed_reference_at
from drift.arm.types import INTERFACE, NETWORK, SECURITY_GROUP, SUBNET
from drift.estate import Estate
from drift.fixes import Fix, RemoveProperty, SetProperty
from drift.ids import name_of
from drift.model import Control, Evidence, Outcome, Resource, Severity, Verdict

CONTROL: Final = Control(
    id="NSG-COVERAGE",
    title="Every subnet with machines has a network security group",
    service="Network",
    severity=Severity.HIGH,
    otherwise=Severity.LOW,
    hipaa=("164.312(a)(1)", "164.312(e)(1)"),
    why="Where no group stands, whatever reaches the network reaches every port of its machines.",
    fix="az network vnet subnet update --ids <subnet id> --network-security-group <group id>",
    watches={SUBNET: (OWN_GROUP, OCCUPANTS), NETWORK: (), INTERFACE: (USED_BY,)},
    leaves_out="what the group's rules are, and whether flows are logged.",
)

_WITHOUT: Final = {
    "gatewaysubnet": "a gateway may stop working behind one",
    "azurefirewallsubnet": "Azure Firewall has its own protection",
    "azurefirewallmanagementsubnet": "Azure Firewall has its own protection",
    "routeserversubnet": "Azure Route Server does not work behind one",
}
"""Subnets of Azure's own that must have no group, in lower case.
https://learn.microsoft.com/azure/vpn-gateway/vpn-gateway-about-vpn-gateway-settings#gwsub
https://learn.microsoft.com/azure/firewall/firewall-faq
https://learn.microsoft.com/azure/route-server/route-server-faq"""

_CHOOSE: Final = (
    "Put in the id of a group that lets in what must get through: from then on all else from the "
    "Internet is closed."
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Fail where a machine stands in a subnet without a group; Azure's own subnets go their way.

    ARM leaves out ``ipConfigurations`` where nothing is in a subnet.
    """
    group = typed_reference_at(with_properties(resource), OWN_GROUP, SECURITY_GROUP)
    why_without = _WITHOUT.get(resource.name.lower())
    if why_without:
        return _without(resource, group, why_without)
    if group:
        return Verdict(Outcome.PASS, f"group {name_of(group)} stands before it", _shown(group))
    if is_for_bastion(resource):
        return Verdict(Outcome.PASS, "Azure Bastion guards itself; a group is optional")
    machine = find_machine((resource,), estate)
    if not machine:
        return Verdict(Outcome.NOT_APPLICABLE, "no machine is in the subnet")
    step = SetProperty(resource.id, f"{OWN_GROUP}.id", "<NETWORK_SECURITY_GROUP_ID>")
    reason = f"no group stands before the subnet, and {machine} is in it"
    return Verdict(Outcome.FAIL, reason, _shown(group), fix=Fix((step,), _CHOOSE))


def _without(subnet: Resource, group: str, why: str) -> Verdict:
    if not group:
        return Verdict(Outcome.NOT_APPLICABLE, f"{subnet.name} must have no group")
    return Verdict(
        Outcome.FAIL,
        f"group {name_of(group)} stands before {subnet.name}, which must have none: {why}",
        (Evidence(OWN_GROUP, {"id": group}, "none"),),
        Severity.LOW,
        Fix((RemoveProperty(subnet.id, OWN_GROUP),)),
    )


def _shown(group: str) -> tuple[Evidence, ...]:
    value = {"id": group} if group else None
    return (Evidence(OWN_GROUP, value, "a network security group"),)
