"""The reads of the machine controls, and the commands that they show."""

import pytest

from detectors.vm import host_encryption, public_ip, unmanaged_disk
from detectors.vm.machines import has_no_temporary_disk
from drift.detector import Detector
from drift.model import Resource
from drift.remediation.az_commands import command
from tests.detectors.noting import example_of, judged

SYSTEM, DATA = "disks/ehr-os", "disks/ehr-data"
INTERFACE, ADDRESS = "networkinterfaces/nic-ehr", "publicipaddresses/pip-ehr"
BALANCER = "loadbalancers/lb-ehr"
GROUP = "resourcegroups/clinic-prod"
"""The group says whether another service manages the machine, which decides on the fix."""


@pytest.mark.parametrize(
    ("detector", "example", "asked"),
    [
        (host_encryption, "encrypted on the host", set()),
        (host_encryption, "a scale set with host encryption off", {GROUP}),
        (host_encryption, "an ephemeral disk, which lies on the host whole", {GROUP}),
        (host_encryption, "switched off", {SYSTEM, GROUP}),
        (host_encryption, "one disk of two is encrypted inside the machine", {SYSTEM, DATA}),
        (unmanaged_disk, "the system's disk is a blob", set()),
        (public_ip, "no public address", {INTERFACE}),
        (public_ip, "a public address", {INTERFACE, ADDRESS}),
        (public_ip, "SSH is forwarded to it", {INTERFACE, BALANCER}),
        (public_ip, "behind an application gateway", {INTERFACE}),
        (
            public_ip,
            "a public load balancer names another address of its network",
            {INTERFACE, BALANCER},
        ),
        (
            public_ip,
            "a public load balancer names the same address in another network",
            {INTERFACE},
        ),
    ],
)
def test_only_what_the_verdict_needs_is_read(
    detector: Detector, example: str, asked: set[str]
) -> None:
    assert judged(detector, example)[1] == asked


@pytest.mark.parametrize(
    ("size", "none"),
    [
        ("Standard_D4s_v5", True),
        ("standard_e96s_v6", True),
        ("Standard_E8-4as_v5", True),
        ("Standard_DC4as_v5", True),
        ("Standard_D2ps_v5", True),
        ("Standard_D4ds_v5", False),
        ("Standard_E4bds_v5", False),
        ("Standard_D2plds_v6", False),
        ("Standard_D4s_v4", False),
        ("Standard_D4as_v4", False),
        ("Standard_F8s_v2", False),
        ("Standard_L8s_v3", False),
        ("Standard_B2ms", False),
        ("Standard_NC24ads_A100_v4", False),
        ("", False),
        (5, False),
    ],
)
def test_a_size_is_known_to_have_no_temporary_disk(size: object, none: bool) -> None:
    body = {"properties": {"hardwareProfile": {"vmSize": size}}}
    machine = Resource("/m", "microsoft.compute/virtualmachines", body)

    assert has_no_temporary_disk(machine) is none


@pytest.mark.parametrize(
    ("detector", "example", "shown"),
    [
        (
            host_encryption,
            "switched off",
            "az vm update --ids {id} --set securityProfile.encryptionAtHost=true",
        ),
        (
            host_encryption,
            "no security is shown at all",
            """az vm update --ids {id} --set 'securityProfile={{"encryptionAtHost":true}}'""",
        ),
        (
            host_encryption,
            "a scale set with host encryption off",
            (
                "az vmss update --name vmss-portal --resource-group clinic-prod "
                "--subscription 6f2c7d1e-0b7e-4c1a-9a55-2f6f0c3a9b10 "
                "--set virtualMachineProfile.securityProfile.encryptionAtHost=true"
            ),
        ),
        (unmanaged_disk, "all disks are blobs", "az vm convert --ids {id}"),
    ],
)
def test_a_machine_is_changed_by_its_own_command(
    detector: Detector, example: str, shown: str
) -> None:
    fix = judged(detector, example)[0].fix

    assert fix is not None
    assert command(fix) == shown.format(id=example_of(detector, example).resource.id)


def test_a_public_address_is_taken_from_its_configuration_by_name_and_nothing_else_is() -> None:
    fix = judged(public_ip, "two public addresses")[0].fix
    assert fix is not None
    shown = command(fix)
    assert shown is not None
    first, second = shown.split(" && ")

    assert first.startswith("az resource update --ids /subscriptions/")
    assert first.endswith(
        "/nic-ehr --remove 'properties.ipConfigurations[name=ipconfig1].properties.publicIPAddress'"
    )
    assert "[name=ipconfig6]" in second


def test_the_name_of_a_blob_is_not_told() -> None:
    verdict = judged(unmanaged_disk, "all disks are blobs")[0]

    assert {each.value for each in verdict.evidence} == {"clinicvhds.blob.core.windows.net"}


def test_what_a_load_balancer_lets_through_is_shown_with_its_ports() -> None:
    [shown] = judged(public_ip, "SSH is forwarded to it")[0].evidence

    assert shown.path == "loadBalancers/lb-ehr#properties.inboundNatRules[ssh]"
    assert shown.value == {"protocol": "Tcp", "frontendPort": 50001, "backendPort": 22}
