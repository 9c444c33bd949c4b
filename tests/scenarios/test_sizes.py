"""Documents of any size are stored within the limits of Azure Tables and reported."""

import json
import random
import string
import uuid
from collections.abc import Iterator

import pytest

from detectors import DETECTORS
from detectors.network import admin_ports
from detectors.storage import public_access
from drift import ids
from drift.config.model import Route, Timing
from drift.errors import DeliveryRejected
from drift.estate import Estate
from drift.model import Evidence, Outcome, Resource, Verdict
from drift.ports import ActivityAnswer
from drift.state import size_limits
from drift.state.resource_record import load_record
from tests.support import open_account
from tests.support.open_account import CONTAINER, CONTAINERS, OPEN, WHOLE_SUBSCRIPTION
from tests.support.rig import ACCOUNT, GROUP, NSG, Log, Rig


@pytest.fixture
def vast() -> Iterator[Rig]:
    """Return a monitor whose store refuses what Azure Tables would."""
    rig = Rig(None)
    open_account.place(rig)
    rig.only(OPEN)
    yield rig
    rig.close()


@pytest.mark.parametrize(
    "name",
    [
        "a|b|c",
        "scans (old) 100%",
        "имя-учётной-записи",
        "😀" * 40,
        "x" * 1500,
        "a'b\"c{{DATE()}}[x](y)",
        "|",
        "~",
        "UPPER.Case_~!$&'()*+,;=:@",
    ],
)
def test_a_resource_name_with_any_characters_is_delivered(vast: Rig, name: str) -> None:
    account = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/{name}"
    open_account.place(vast, account=account)
    vast.arm.set(account, open=True)
    vast.teams.refusal = DeliveryRejected("gone")
    vast.write(account)
    vast.later(minutes=3)
    vast.teams.refusal, vast.teams.fingerprint = None, "repaired"
    vast.arm.set(account, open="perhaps")
    vast.write(account)
    vast.later(minutes=20)
    vast.arm.refuse(account, 403)
    vast.write(account)
    vast.later(minutes=10)
    del vast.arm.documents[ids.key(account)]
    vast.write(account, kind="Microsoft.Resources.ResourceDeleteSuccess")
    vast.later(minutes=3)
    told = [each for each in vast.teams.changes if "TOY" in each]

    assert told == ["TOY-OPEN opened", "TOY-OPEN closed"]
    assert "TOY-OPEN unknown" in vast.splunk.changes
    assert vast.monitor.health()["status"] == "ok"


def test_all_controls_failing_at_once_on_every_channel_are_one_batch(vast: Rig) -> None:
    vast.only(*DETECTORS)
    vast.configure(routes=(Route(channels=("teams", "pagerduty", "splunk")),))
    vast.change(activity_log=Log(ActivityAnswer(False, ())))
    vast.arm.put(
        ACCOUNT,
        kind="StorageV2",
        sku={"name": "Standard_LRS"},
        tags={},
        properties={
            "provisioningState": "Updating",
            "allowBlobPublicAccess": True,
            "primaryEndpoints": dict.fromkeys(("blob", "file", "queue", "table"), "https://x"),
        },
    )
    for number in range(200):
        open_account.container(vast, f"scans-{number}", "Container")
    vast.write(ACCOUNT)
    vast.write(f"{CONTAINERS}/scans-1")
    vast.later(minutes=60)
    opened = {each for each in vast.teams.changes if each.endswith("opened")}

    assert len(opened) >= 6
    assert vast.teams.changes == vast.pagerduty.changes


def test_a_security_group_of_a_thousand_rules_is_judged_and_told(vast: Rig) -> None:
    vast.only(admin_ports)
    rules = [
        {
            "name": f"rule-{number}",
            "id": f"{NSG}/securityRules/rule-{number}",
            "properties": {
                "priority": 100 + number,
                "direction": "Inbound",
                "access": "Allow",
                "protocol": "Tcp",
                "sourceAddressPrefixes": [
                    f"{20 + number % 60}.{number % 250}.{x}.0/24" for x in range(4)
                ],
                "sourcePortRange": "*",
                "destinationAddressPrefix": "*",
                "destinationPortRanges": ["22", "3389", f"{number + 5000}"],
                "description": uuid.uuid4().hex * 4,
            },
        }
        for number in range(1000)
    ]
    vast.arm.put(
        NSG,
        tags={"dataClassification": "phi"},
        properties={"securityRules": rules, "defaultSecurityRules": []},
    )
    vast.write(NSG)
    vast.later(minutes=3)
    vast.arm.set(NSG, securityRules=rules[:500])
    vast.write(NSG)
    vast.later(minutes=3)
    sizes = [len(json.dumps(notice.differences, default=str)) for notice, _ in vast.splunk.told]

    assert vast.splunk.changes[0] == "NSG-ADMIN-PORTS opened"
    assert max(sizes) < 60_000


def test_an_account_of_more_containers_than_a_row_can_remember_is_judged_all_the_same(
    vast: Rig,
) -> None:
    vast.only(CONTAINER, public_access)
    dice = random.Random(1)
    for _ in range(10_000):
        name = "".join(dice.choices(string.ascii_lowercase + string.digits, k=63))
        open_account.container(vast, name, "None")
    open_account.container(vast, "scans", "Container")
    vast.arm.set(ACCOUNT, allowBlobPublicAccess=True)
    vast.write(ACCOUNT)

    assert "TOY-CONTAINER opened" in vast.teams.changes

    open_account.container(vast, "scans", "None")
    vast.later(minutes=3)
    vast.write(f"{CONTAINERS}/scans")

    assert "TOY-CONTAINER resolved" in vast.teams.changes


def test_a_storm_of_events_about_many_children_is_remembered_within_bounds(vast: Rig) -> None:
    vast.only(CONTAINER)
    for number in range(150):
        scans = open_account.container(vast, f"scans-{number}-{'x' * 60}", "None")
        vast.write(scans)
    vast.later(minutes=3)
    open_account.container(vast, "letters", "Container")
    vast.write(f"{CONTAINERS}/letters")

    assert vast.teams.changes == ["TOY-CONTAINER opened"]


def nested(depth: int) -> object:
    return {f"k{x}": nested(depth - 1) for x in range(12)} if depth else "value " * 20


@pytest.mark.parametrize(
    "value", [nested(3), "x" * 100_000, ["y" * 2000] * 50, {"z" * 5000: 1}, list(range(9999))]
)
def test_evidence_of_any_size_is_told_in_a_size_that_can_be_stored(
    vast: Rig, value: object
) -> None:
    def show(resource: Resource, azure: Estate) -> Verdict:
        found = tuple(Evidence(f"properties.{x}", value, "less") for x in range(60))
        return Verdict(Outcome.FAIL, "too much " * 5000, found)

    vast.only(open_account.toy("TOY-VAST", show))
    vast.write(ACCOUNT)
    notice, _ = vast.teams.told[0]

    assert len(json.dumps([each.value for each in notice.evidence])) < 300_000
    assert len(notice.evidence) == 41


def test_what_is_shortened_says_so() -> None:
    assert size_limits.shortened(list(range(9999)))[-1] == "… and 9979 more"
    assert str(size_limits.shortened("x" * 9999)).endswith("…")
    assert size_limits.shortened({"a": 1}) == {"a": 1}


def test_a_resource_judged_by_many_things_elsewhere_keeps_only_those_it_still_rests_on(
    vast: Rig,
) -> None:
    wanted = [0]

    def ask(resource: Resource, azure: Estate) -> Verdict:
        for number in range(20):
            name = f"disk-{wanted[0]}-{number}"
            azure.get(f"{GROUP}/providers/Microsoft.Compute/disks/{name}")
        return Verdict(Outcome.PASS, "fine")

    vast.only(open_account.toy("TOY-DISKS", ask))
    for round_ in range(30):
        wanted[0] = round_
        vast.write(ACCOUNT)
        vast.later(minutes=2)

    assert len(load_record(vast.store, ACCOUNT).record.documents) <= 23


def test_a_day_of_events_is_remembered_within_bounds() -> None:
    rig = Rig(None, timing=Timing(reads_per_minute=60))
    open_account.place(rig)
    rig.only(OPEN)
    for _ in range(210):
        rig.write(ACCOUNT)
        rig.clock.advance(seconds=30)
    rig.later(minutes=3)

    record = load_record(rig.store, ACCOUNT).record

    assert len(record.seen) == 200
    assert record.pending == ()
    assert record.suspects == ()
    assert WHOLE_SUBSCRIPTION not in record.documents
