"""The steps of the demo: how a small clinic's estate drifts, and how each step is fixed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sandbox.clinic.estate import APP_GROUP, IMAGING, INTAKE, RECORDS, diagnostic_setting
from sandbox.core.people import ENGINEER, PIPELINE
from sandbox.world import Sandbox

Body = dict[str, Any]

_FORGOTTEN: Final = f"{INTAKE}/blobServices/default/containers/scanned-referrals"
_SSH: Final = f"{APP_GROUP}/securityRules/temporary-ssh"
_LOGGING: Final = diagnostic_setting(RECORDS)


@dataclass(frozen=True, slots=True)
class DemoStep:
    """One drift: what happens, the alert that must follow, and how it is fixed.

    ``channels`` are those that must receive the alert: PagerDuty only where it is critical.
    """

    description: str
    repair_description: str
    control: str
    resource: str
    channels: tuple[str, ...]
    drift: Callable[[Sandbox], object]
    repair: Callable[[Sandbox], object]


def _properties(path: str, **properties: Any) -> Callable[[Sandbox], object]:
    return lambda sandbox: sandbox.patch(path, {"properties": properties})


def _rule(sandbox: Sandbox) -> object:
    rule = {
        "priority": 105,
        "direction": "Inbound",
        "access": "Allow",
        "protocol": "Tcp",
        "sourceAddressPrefix": "Internet",
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": "22",
    }
    return sandbox.write(_SSH, {"properties": rule}, PIPELINE)


STORY: Final = (
    DemoStep(
        "The firewall of the intake account is changed to allow every network.",
        "The firewall's default is Deny again.",
        "STORAGE-FIREWALL",
        INTAKE,
        ("teams", "pagerduty", "splunk"),
        _properties(INTAKE, networkAcls={"defaultAction": "Allow"}),
        _properties(INTAKE, networkAcls={"defaultAction": "Deny"}),
    ),
    DemoStep(
        "Public access is allowed again: anyone on the Internet can read a forgotten public container.",
        "Public access is forbidden again.",
        "STORAGE-PUBLIC-ACCESS",
        INTAKE,
        ("teams", "pagerduty", "splunk"),
        _properties(INTAKE, allowBlobPublicAccess=True),
        _properties(INTAKE, allowBlobPublicAccess=False),
    ),
    DemoStep(
        "A deployment opens SSH to the Internet.",
        "The rule is removed.",
        "NSG-ADMIN-PORTS",
        APP_GROUP,
        ("teams", "pagerduty", "splunk"),
        _rule,
        lambda sandbox: sandbox.delete(_SSH, PIPELINE),
    ),
    DemoStep(
        "The access log of the patient records is removed.",
        "The access log is written again.",
        "STORAGE-LOGGING",
        RECORDS,
        ("teams", "splunk"),
        lambda sandbox: sandbox.delete(_LOGGING["id"]),
        lambda sandbox: sandbox.write(_LOGGING["id"], {"properties": _LOGGING["properties"]}),
    ),
)
"""Fixed in the order of MENDS: public access before the firewall."""

REPAIRS: Final = (STORY[1], STORY[0], STORY[2], STORY[3])

WATCHED: Final = (RECORDS, IMAGING, INTAKE, APP_GROUP)
"""The resources that the monitor has evaluated before the story begins."""


def prepare(sandbox: Sandbox) -> None:
    """Make a container public that only the account's setting keeps closed, as in many old estates."""
    sandbox.place(
        {
            "id": _FORGOTTEN,
            "name": "scanned-referrals",
            "type": "Microsoft.Storage/storageAccounts/blobServices/containers",
            "properties": {"publicAccess": "Blob"},
        }
    )


def touch(sandbox: Sandbox) -> None:
    """Write every watched resource without a relevant change, so that the monitor evaluates it."""
    for each in WATCHED:
        tags = {**(sandbox.read(each).get("tags") or {}), "reviewed": "2026-11"}
        sandbox.patch(each, {"tags": tags}, ENGINEER)
