"""Disks and snapshots: a download starts, a key is deleted."""

from tests.e2e.clinic import EVERYWHERE, Clinic, resolved

CMK = "DISK-CMK"
EXPORT = "DISK-PUBLIC-EXPORT"
NO_PAGE = ("teams Drift", "splunk Drift")


def test_a_download_that_begins_makes_an_open_snapshot_worse_and_pages(clinic: Clinic) -> None:
    snapshot = clinic.snapshot()
    clinic.get_to_know(snapshot)
    clinic.set(snapshot, networkAccessPolicy="AllowAll", publicNetworkAccess="Enabled")
    clinic.wait_until_told(snapshot, EXPORT, *NO_PAGE)
    clinic.azure.act(snapshot, "beginGetAccess")
    worse = ("teams Drift", "teams Update", "pagerduty Drift", "splunk Drift", "splunk Update")
    clinic.wait_until_told(snapshot, EXPORT, *worse)
    clinic.set(snapshot, publicNetworkAccess="Disabled")
    clinic.wait_until_told(
        snapshot,
        EXPORT,
        *("teams Drift", "teams Update", "teams Resolved"),
        *("pagerduty Drift", "pagerduty Resolved"),
        *("splunk Drift", "splunk Update", "splunk Resolved"),
    )


def test_a_set_that_is_deleted_and_made_again_is_drift_of_the_disk_it_has_the_key_of(
    clinic: Clinic,
) -> None:
    disk, encryption_set = clinic.disk()
    clinic.get_to_know(disk)
    before = clinic.azure.read(encryption_set)
    clinic.azure.delete(encryption_set)
    clinic.wait_until_told(disk, CMK, *EVERYWHERE)
    clinic.azure.write(encryption_set, before)
    clinic.wait_until_told(disk, CMK, *resolved(*EVERYWHERE))

    assert clinic.told(disk) == resolved(*EVERYWHERE)
