"""The az commands that change disks and machines; the options are those of azure-cli 2.91.0."""

from collections.abc import Mapping
from typing import Final

from drift.arm.types import DISK, MACHINE, SCALE_SET, SNAPSHOT
from drift.remediation.az_options import Naming, Update, by_ids, by_name

_DISK_OPTIONS: Final = {
    "properties.encryption.type": "--encryption-type",
    "properties.encryption.diskencryptionsetid": "--disk-encryption-set",
    "properties.networkaccesspolicy": "--network-access-policy",
    "properties.publicnetworkaccess": "--public-network-access",
}

COMPUTE_UPDATES: Final[Mapping[str, Update]] = {
    DISK: Update("disk update", by_ids, _DISK_OPTIONS),
    SNAPSHOT: Update("snapshot update", by_ids, _DISK_OPTIONS),
}

SETTERS: Final[Mapping[str, Naming]] = {
    MACHINE: ("vm update", by_ids),
    SCALE_SET: ("vmss update", by_name),
}
"""Commands that set any property by its path below ``properties``.

Unlike ``resource update`` they do not send the image. ``vmss update --ids`` requires the id of an
instance, so a scale set is named by ``--name``.
"""

ACTIONS: Final = {
    (DISK, "endgetaccess"): "disk revoke-access",
    (SNAPSHOT, "endgetaccess"): "snapshot revoke-access",
    (MACHINE, "converttomanageddisks"): "vm convert",
}
"""The command by type and action (lower case)."""
