"""Whether every subnet with a machine has a network security group.

Severity is high for PHI and low for the rest: Azure's own policy for it
(e71308d3-144b-4262-b144-efdc3cc90517) names no severity, and a machine in a subnet without a group
may still have its own group.
"""

from typing import Final

from detectors.topology.interfaces import OWN_GROUP, USED_BY
from detectors.topology.networks import is_for_bastion, with_properties
from detectors.topology.subnet_interfaces import OCCUPANTS, find_machine
from drift.arm.references import reference_at
from drift.arm.types import INTERFACE, NETWORK, SECURITY_GROUP, SUBNET
from drift.estate import Estate
from drift.fixes import Fix, RemoveProperty, SetProperty
from drift.ids import name_of
from drift.model import Control, Evidence, Outcome, Resource, Severity, Verdict

CONTROL: Final = Control(
    id="NSG-COVERAGE",
    title="Subnet with machines must have a network security group",
    service="Network",
    severity=Severity.HIGH,
    otherwise=Severity.LOW,
    hipaa=("164.312(a)(1)", "164.312(e)(1)"),
    why="Without a network security group, any traffic in the network reaches every port of its machines.",
    fix="az network vnet subnet update --ids <subnet id> --network-security-group <group id>",
    watches={SUBNET: (OWN_GROUP, OCCUPANTS), NETWORK: (), INTERFACE: (USED_BY,)},
    leaves_out="the rules of the group, and flow logs.",
)

_WITHOUT: Final = {
    "gatewaysubnet": "a gateway may stop working with one",
    "azurefirewallsubnet": "Azure Firewall has its own protection",
    "azurefirewallmanagementsubnet": "Azure Firewall has its own protection",
    "routeserversubnet": "Azure Route Server does not work with one",
}
"""Subnets of Azure services that must have no group, in lower case.
https://learn.microsoft.com/azure/vpn-gateway/vpn-gateway-about-vpn-gateway-settings#gwsub
https://learn.microsoft.com/azure/firewall/firewall-faq
https://learn.microsoft.com/azure/route-server/route-server-faq"""

_CHOOSE: Final = (
    "Put in the id of a group that allows the traffic that your applications need: the group denies "
    "all other traffic from the Internet at once."
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Fail where a subnet with a machine has no group; subnets of Azure services differ.

    ARM omits ``ipConfigurations`` where a subnet is empty.
    """
    group = reference_at(with_properties(resource), OWN_GROUP, SECURITY_GROUP)
    why_without = _WITHOUT.get(resource.name.lower())
    if why_without:
        return _without(resource, group, why_without)
    if group:
        return Verdict(
            Outcome.PASS,
            f"Network security group {name_of(group)} protects the subnet.",
            _shown(group),
        )
    if is_for_bastion(resource):
        return Verdict(
            Outcome.PASS,
            "Azure Bastion protects its own subnet; a network security group is optional.",
        )
    machine = find_machine((resource,), estate)
    if not machine:
        return Verdict(Outcome.NOT_APPLICABLE, "The subnet contains no machine.")
    step = SetProperty(resource.id, f"{OWN_GROUP}.id", "<NETWORK_SECURITY_GROUP_ID>")
    reason = f"The subnet has no network security group and contains {machine}."
    return Verdict(Outcome.FAIL, reason, _shown(group), fix=Fix((step,), _CHOOSE))


def _without(subnet: Resource, group: str, why: str) -> Verdict:
    if not group:
        return Verdict(
            Outcome.NOT_APPLICABLE, f"{subnet.name} must not have a network security group."
        )
    return Verdict(
        Outcome.FAIL,
        f"{subnet.name} has network security group {name_of(group)} but must have none: {why}.",
        (Evidence(OWN_GROUP, {"id": group}, "absent"),),
        Severity.LOW,
        Fix((RemoveProperty(subnet.id, OWN_GROUP),)),
    )


def _shown(group: str) -> tuple[Evidence, ...]:
    value = {"id": group} if group else None
    return (Evidence(OWN_GROUP, value, "a network security group"),)
