"""The resources behind a security group are read once each, up to a limit."""

from collections import Counter
from typing import Any

import pytest

from detectors.network import admin_ports
from detectors.topology.protected_interfaces import look_behind
from detectors.topology.subnet_interfaces import MOST
from drift.errors import Unreadable
from drift.fixes import PutChild
from drift.model import Outcome, Resource, Severity, Verdict
from tests.detectors.network import groups
from tests.detectors.network.groups import GROUP_ID, SUBNET, group, rule

GROUP, _, _ = GROUP_ID.partition("/providers/")
NETWORK = SUBNET["id"].partition("/subnets/")[0]
SCALE_SET = f"{GROUP}/providers/Microsoft.Compute/virtualMachineScaleSets/web"
PRIVATE_LINK = f"{GROUP}/providers/Microsoft.Network/privateLinkServices/link/ipConfigurations/one"


def nic(number: int) -> str:
    return f"{GROUP}/providers/Microsoft.Network/networkInterfaces/nic{number}"


def machine(number: int) -> str:
    return f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm{number}"


class Estate(groups.Estate):
    """A subnet with so many machines, of which some cannot be read; those given hold PHI.

    ``phi`` None: of no machine is it known.
    """

    def __init__(
        self, machines: int, *, phi: tuple[int, ...] | None = (), refused: tuple[str, ...] = ()
    ) -> None:
        super().__init__()
        self.asked: list[str] = []
        self._machines = range(machines)
        self._phi = phi if phi is None else {machine(each) for each in phi}
        self._refused = refused

    def get(self, resource_id: str) -> Resource | None:
        self.asked.append(resource_id)
        if resource_id in self._refused:
            raise Unreadable(resource_id, "HTTP 403")
        body = self._body(resource_id)
        kind = resource_id.split("/")[-2].lower()
        return Resource(resource_id, f"microsoft.network/{kind}", body) if body else None

    def holds_phi(self, machine: Resource, /) -> bool | None:
        return None if self._phi is None else machine.id in self._phi

    def _body(self, resource_id: str) -> dict[str, Any] | None:
        if resource_id == NETWORK:
            occupants = [{"id": f"{nic(each)}/ipConfigurations/one"} for each in self._machines]
            front = {"addressPrefix": "10.0.0.0/16", "ipConfigurations": occupants}
            return {"properties": {"subnets": [{"name": "front", "properties": front}]}}
        if "/providers/" not in resource_id:
            return {"tags": {}}
        number = int(resource_id.rpartition("/")[2].lstrip("nicvm"))
        if resource_id == machine(number):
            return {"tags": {}, "properties": {}}
        address = {"privateIPAddress": f"10.0.0.{number + 4}", "subnet": SUBNET}
        return {
            "properties": {
                "virtualMachine": {"id": machine(number)},
                "ipConfigurations": [{"name": "one", "properties": address}],
            }
        }


def judged(estate: Estate, *rules: object, **properties: Any) -> Verdict:
    return admin_ports.evaluate(group(rules, **properties), estate)


def test_a_few_machines_are_all_looked_at() -> None:
    estate = Estate(MOST, phi=(MOST - 1,))
    verdict = judged(estate)

    assert (verdict.outcome, verdict.severity) == (Outcome.FAIL, Severity.MEDIUM)
    assert f"of vm{MOST - 1}, which holds PHI" in verdict.reason


def test_a_machine_with_phi_beyond_those_that_are_looked_at_does_not_pass() -> None:
    estate = Estate(MOST + 1, phi=(MOST,))
    verdict = judged(estate)

    assert verdict.outcome is Outcome.UNKNOWN
    assert f"more than {MOST} interfaces are behind the group" in verdict.reason


def test_more_machines_than_are_looked_at_prove_nothing() -> None:
    estate = Estate(300)
    inside, public = judged(estate), judged(Estate(300), rule("ssh", 100))

    assert inside.outcome is Outcome.UNKNOWN
    assert len(estate.asked) == 1 + 2 * MOST
    assert (public.outcome, public.severity) == (Outcome.FAIL, Severity.CRITICAL)
    assert f"not evaluated (more than {MOST} interfaces are behind the group" in public.reason


def test_a_machine_among_the_first_of_many_is_known_all_the_same() -> None:
    assert judged(Estate(300, phi=(3, 5))).reason.endswith(
        "of vm3 and vm5, which hold PHI and are not jumpboxes."
    )


def test_more_subnets_than_are_looked_at_prove_nothing() -> None:
    many = [{"id": f"{NETWORK}/subnets/s{number}"} for number in range(MOST)]
    verdict = judged(Estate(1), rule("ssh", 100), subnets=[SUBNET, *many])

    assert verdict.severity is Severity.CRITICAL


def test_an_interface_that_is_reached_both_ways_is_one() -> None:
    estate = Estate(1, phi=(0,))
    verdict = judged(estate, networkInterfaces=[{"id": nic(0)}])

    assert "of vm0, which holds PHI" in verdict.reason


def test_interfaces_of_scale_sets_are_not_read_and_count_for_nothing() -> None:
    estate = Estate(1, phi=(0,))
    many = [{"id": f"{SCALE_SET}/virtualMachines/{at}/networkInterfaces/n"} for at in range(MOST)]
    inside = judged(estate, networkInterfaces=[*many, {"id": nic(0)}])

    assert "of vm0, which holds PHI" in inside.reason
    assert not any(each.startswith(SCALE_SET) for each in estate.asked)


def test_the_scale_set_of_many_interfaces_is_named_once() -> None:
    many = [{"id": f"{SCALE_SET}/virtualMachines/{at}/networkInterfaces/n"} for at in range(300)]
    behind = look_behind(group((), networkInterfaces=many), Estate(0))

    assert [each.what for each in behind.gaps] == [SCALE_SET]


def test_nothing_is_read_where_no_private_network_gets_in() -> None:
    estate = Estate(3, phi=(0,))
    closed = rule("closed", 100, access="Deny", protocol="*", destinationPortRange="*")

    assert judged(estate, closed).outcome is Outcome.PASS
    assert estate.asked == []


def test_no_machine_is_read_that_is_not_reached() -> None:
    estate = Estate(3)
    judged(estate, rule("one", 100, access="Deny", protocol="*", destinationPortRange="*",
                        destinationAddressPrefix="10.0.0.4"))  # fmt: skip

    assert Counter(each.split("/")[-2] for each in estate.asked) == {
        "virtualNetworks": 1,
        "networkInterfaces": 3,
        "virtualMachines": 2,
    }


@pytest.mark.parametrize("refused", [NETWORK, nic(1), machine(2)])
def test_what_was_refused_may_be_a_machine_with_phi(refused: str) -> None:
    with_another = judged(Estate(3, phi=(0,), refused=(refused,)))

    assert judged(Estate(3, refused=(refused,))).outcome is Outcome.UNKNOWN
    assert with_another.outcome is (Outcome.UNKNOWN if refused == NETWORK else Outcome.FAIL)


@pytest.mark.parametrize(("refused", "outcome"), [((), Outcome.PASS), ((GROUP,), Outcome.UNKNOWN)])
def test_what_is_not_known_to_hold_phi_passes_unless_a_refused_read_hides_it(
    refused: tuple[str, ...], outcome: Outcome
) -> None:
    assert judged(Estate(1, phi=None, refused=refused)).outcome is outcome


def test_a_deny_is_put_where_no_rule_is() -> None:
    taken = [rule(f"web{at}", 4096 - at, destinationPortRange="443") for at in range(3)]
    fix = judged(Estate(1, phi=(0,)), *taken).fix

    assert fix is not None
    [step] = fix.steps
    assert isinstance(step, PutChild)
    assert step.body["properties"]["priority"] == 4093
