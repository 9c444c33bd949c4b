"""The reads of the disk controls, and the commands that they show."""

from dataclasses import replace

import pytest

from detectors.disk import cmk, public_export
from detectors.disk.disks import machines
from drift.detector import Detector
from drift.fixes import Fix, SetProperty
from drift.model import Outcome, Resource
from drift.remediation.az_commands import command
from tests.detectors.noting import NotingEstate, example_of, judged
from tests.support.apply_fix import apply

SET = "diskencryptionsets/clinic-disks"
VAULT = "vaults/clinic-keys"
KEY = "versions/0f1e2d3c4b5a69788796a5b4c3d2e1f0"
GROUP = "resourcegroups/clinic-prod"
"""The group says whether another service manages the disk, which decides on the fix."""


@pytest.mark.parametrize(
    ("detector", "example", "asked"),
    [
        (cmk, "Microsoft's key", {GROUP}),
        (cmk, "encrypted inside the machine without a key-encryption key", set()),
        (cmk, "a disk that waits for its data", set()),
        (cmk, "an image with Microsoft's key", set()),
        (cmk, "the set is gone", {SET}),
        (cmk, "the vault is gone", {SET, VAULT}),
        (cmk, "a key of our own that rotates", {SET, VAULT, KEY}),
        (cmk, "an image, each disk with a key of ours", {SET, VAULT, KEY}),
        (cmk, "a vault that the set does not name, and that is not found", {SET, VAULT}),
        (public_export, "nobody may download", set()),
        (public_export, "an address works now", set()),
    ],
)
def test_only_what_the_verdict_needs_is_read(
    detector: Detector, example: str, asked: set[str]
) -> None:
    assert judged(detector, example)[1] == asked


def test_a_disk_with_microsofts_key_passes_with_the_set_that_a_person_puts_in() -> None:
    example = example_of(cmk, "attached to nothing, with Microsoft's key")
    whole = example_of(cmk, "a key of our own that rotates")
    [set_id] = (each for each in whole.related if each.endswith("/clinic-disks"))
    verdict = cmk.evaluate(example.resource, NotingEstate(example))
    assert verdict.fix is not None
    chosen = tuple(
        replace(each, value=set_id)
        if isinstance(each, SetProperty) and str(each.value).startswith("<")
        else each
        for each in verdict.fix.steps
    )
    bodies = apply(Fix(chosen), {**whole.related, **example.documents})
    [body] = (each for name, each in bodies.items() if name == example.resource.id.lower())
    assert isinstance(body, dict)
    repaired = Resource(example.resource.id, example.resource.type, body)

    assert cmk.evaluate(repaired, NotingEstate(whole)).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("detector", "example", "shown"),
    [
        (
            cmk,
            "Microsoft's key",
            (
                "az disk update --ids {id} --encryption-type EncryptionAtRestWithCustomerKey "
                "--disk-encryption-set '<DISK_ENCRYPTION_SET_ID>'"
            ),
        ),
        (
            cmk,
            "a copied snapshot that took Microsoft's key",
            (
                "az snapshot update --ids {id} --encryption-type EncryptionAtRestWithCustomerKey "
                "--disk-encryption-set '<DISK_ENCRYPTION_SET_ID>'"
            ),
        ),
        (
            public_export,
            "both locks are open",
            (
                "az disk update --ids {id} --network-access-policy DenyAll "
                "--public-network-access Disabled"
            ),
        ),
        (
            public_export,
            "an address works now",
            (
                "az disk update --ids {id} --network-access-policy DenyAll "
                "--public-network-access Disabled && az disk revoke-access --ids {id}"
            ),
        ),
        (
            public_export,
            "a snapshot, an address of which works now",
            (
                "az snapshot update --ids {id} --network-access-policy DenyAll "
                "--public-network-access Disabled && az snapshot revoke-access --ids {id}"
            ),
        ),
    ],
)
def test_the_command_closes_the_disk_before_it_ends_what_is_under_way(
    detector: Detector, example: str, shown: str
) -> None:
    fix = judged(detector, example)[0].fix

    assert fix is not None
    assert command(fix) == shown.format(id=example_of(detector, example).resource.id)


def test_a_note_names_every_machine_that_must_stop() -> None:
    fix = judged(cmk, "shared by two machines, with Microsoft's key")[0].fix

    assert fix is not None
    assert "deallocate vm-ehr, vm-ehr-2" in fix.note


@pytest.mark.parametrize("held", [None, 5, [], {}])
def test_an_unknown_form_of_disk_owner_is_not_named(held: object) -> None:
    body = {"managedBy": held, "managedByExtended": held}

    assert machines(Resource("/d", "microsoft.compute/disks", body)) == ""
