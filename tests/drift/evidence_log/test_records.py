"""What is recorded: each change of an incident and each delivery, once."""

import json
from collections import Counter
from dataclasses import replace

from detectors.storage import tls
from drift.errors import DeliveryRejected
from tests.support.evidence import (
    MemoryEvidence,
    checkpoint_files,
    day_files,
    keep_evidence,
    records_of,
)
from tests.support.rig import ACCOUNT, GROUP, SUBSCRIPTION, Rig


def opened() -> tuple[Rig, MemoryEvidence]:
    """Return a monitor with evidence, which has just opened an incident."""
    rig, evidence = Rig(None), MemoryEvidence()
    keep_evidence(rig, evidence)
    rig.only(tls)
    for place in (GROUP, f"/subscriptions/{SUBSCRIPTION}"):
        rig.arm.put(place, tags={})
    rig.arm.put(
        ACCOUNT,
        kind="StorageV2",
        tags={"dataClassification": "phi"},
        properties={
            "provisioningState": "Succeeded",
            "minimumTlsVersion": "TLS1_2",
            "supportsHttpsTrafficOnly": True,
        },
    )
    rig.write(ACCOUNT)
    rig.later(minutes=5)
    rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_0")
    rig.write(ACCOUNT)
    return rig, evidence


def test_a_change_and_its_deliveries_are_recorded_within_half_a_minute() -> None:
    rig, evidence = opened()

    assert day_files(evidence) == []
    rig.later(seconds=30)

    records = records_of(evidence)
    notice = rig.splunk.told[0][0]
    assert [(each["kind"], each.get("channel")) for each in records] == [
        ("change", None),
        ("delivery", "splunk"),
        ("delivery", "teams"),
    ]
    change = records[0]
    assert (change["incident"], change["uid"], change["sequence"]) == (
        notice.incident_id,
        notice.uid,
        1,
    )
    assert change["control"] == {"id": "STORAGE-TLS", "version": "1"}
    assert change["changed"] == [
        {"after": "TLS1_0", "before": "TLS1_2", "path": "properties.minimumTlsVersion"}
    ]
    assert change["verdict"]["outcome"] == "fail"
    assert change["event"]["id"] == "event-2"
    assert change["channels"] == ["teams", "splunk"]


def test_what_names_the_actor_is_recorded_and_no_other_claim_of_its_token() -> None:
    rig, evidence = opened()
    rig.later(minutes=2)

    change = records_of(evidence)[0]
    assert change["actor"] == {
        "name": "dana@clinic.example",
        "objectId": "oid-dana",
        "appId": "",
        "ip": "203.0.113.9",
    }
    assert "mfa" not in json.dumps(change)


def test_a_delivery_that_is_given_up_is_recorded_as_such() -> None:
    rig, evidence = opened()
    rig.teams.refusal = DeliveryRejected("gone")
    rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_1")
    rig.write(ACCOUNT)
    rig.later(minutes=26 * 60)

    outcomes = Counter(
        (each["channel"], each["outcome"])
        for each in records_of(evidence)
        if each["kind"] == "delivery" and each["control"]["id"] == "STORAGE-TLS"
    )
    assert outcomes["teams", "given up"] == 1


def test_without_a_log_nothing_is_recorded_and_nothing_waits() -> None:
    rig, evidence = opened()
    rig.later(minutes=1)
    before = records_of(evidence)

    rig.change(evidence=None, facts=replace(rig.services.facts, keeps_evidence=False))
    rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_2")
    rig.write(ACCOUNT)
    rig.later(minutes=10)

    assert records_of(evidence) == before
    assert rig.store_rows("evidence|") == 0


def test_records_that_wait_are_written_when_the_log_is_switched_on_again() -> None:
    rig, evidence = opened()
    rig.change(evidence=None)
    rig.later(minutes=5)
    waiting = rig.store_rows("evidence|")

    rig.change(evidence=evidence)
    rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_2")
    rig.write(ACCOUNT)
    rig.later(minutes=5)

    assert waiting == 3
    assert len(records_of(evidence)) == 6
    assert rig.store_rows("evidence|") == 0
    assert checkpoint_files(evidence)
