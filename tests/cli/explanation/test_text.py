"""The explanation of a resource in each of its states."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from cli.explanation.data import data_of
from cli.explanation.layout import Layout
from cli.explanation.stored import Stored, stored_of
from cli.explanation.text import lines_of
from cli.explanation.verdicts import phi_reason
from cli.output.colours import plain
from drift.changes.unwatched import stop_watching
from drift.config.model import Exemption
from drift.delivery.cursor import DeliveryKey
from drift.errors import DeliveryFailed, DeliveryRejected
from drift.incidents.decision import DecisionContext
from drift.ports import Put
from drift.state import keys
from drift.state.incident_record import incident_key
from tests.support import open_account
from tests.support.open_account import broken, mended
from tests.support.rig import ACCOUNT, SUBSCRIPTION, Rig

OTHER = f"{ACCOUNT}2"


def found(rig: Rig, resource: str = ACCOUNT) -> Stored:
    stored = stored_of(rig.store, resource, rig.clock.now, rig.services.config.timing)
    assert stored
    return stored


def text(rig: Rig) -> str:
    """Return the explanation with its lines joined, so that where they break does not matter."""
    lines = lines_of(found(rig), rig.services.config, Layout(rig.clock.now, plain, 100))
    return " ".join(" ".join(lines).split())


def data(rig: Rig) -> Any:
    return json.loads(json.dumps(data_of(found(rig), rig.services.config)))


def opened(rig: Rig) -> None:
    broken(rig)
    rig.write(ACCOUNT)


def test_a_resource_in_order_is_explained_in_short(rig: Rig) -> None:
    said = text(rig)

    assert said.startswith(
        f"records {ACCOUNT} Now 2026-11-20 03:05:00 UTC Summary no open incident"
    )
    assert (
        "PHI yes: the resource itself is tagged dataClassification=phi (as first recorded)" in said
    )
    assert "Last read 03:01:10 (3 min ago)" in said
    assert "CONTROLS PASS TOY-OPEN" in said
    assert "INCIDENTS" not in said


def test_an_open_incident_is_explained_with_its_severity_its_actor_and_its_deliveries(
    rig: Rig,
) -> None:
    opened(rig)
    rig.clock.advance(seconds=30)
    said = text(rig)

    assert "Summary 1 open incident, the worst critical" in said
    assert "FAIL TOY-OPEN critical, since 03:05:00 (30 s). Open is True." in said
    assert "OPEN TOY-OPEN number 1, critical, opened 03:05:00 (30 s ago)" in said
    assert "Most likely changed by dana@clinic.example, signed in from 203.0.113.9." in said
    assert "teams: change 1 sent 03:05:00" in said


def test_a_pass_that_is_not_confirmed_says_why_the_incident_is_open_and_when_it_may_close(
    rig: Rig,
) -> None:
    opened(rig)
    rig.clock.advance(seconds=10)
    mended(rig)
    rig.write(ACCOUNT)
    said = text(rig)

    assert (
        "PASS TOY-OPEN critical. The incident stays open until a later read confirms the pass "
        "(possible from 03:06:00 on)" in said
    )
    assert "confirmation read: a replica" in said.lower()
    assert data(rig)["controls"][0]["confirmedFrom"] == "2026-11-20T03:06:00.000Z"


def test_an_ended_incident_says_how_it_ended_and_by_whom(rig: Rig) -> None:
    opened(rig)
    rig.clock.advance(minutes=5)
    mended(rig)
    rig.write(ACCOUNT)
    said = text(rig)

    assert "ENDED TOY-OPEN number 1" in said
    assert (
        "Ended 03:10:00 (now): fixed, most likely by dana@clinic.example, signed in from 203.0.113.9."
        in said
    )
    assert "teams: change 2 sent 03:10:00" in said


def test_only_the_newest_ended_incidents_are_shown_and_the_others_are_counted(rig: Rig) -> None:
    for _ in range(7):
        opened(rig)
        rig.clock.advance(minutes=5)
        mended(rig)
        rig.write(ACCOUNT)
        rig.clock.advance(hours=1)

    assert data(rig)["moreEndedIncidents"] == 2
    assert [each["number"] for each in data(rig)["incidents"]] == [7, 6, 5, 4, 3]
    assert "2 older ended incidents are not shown" in text(rig)


def test_a_channel_that_rejects_is_on_hold_with_its_words_and_the_remedy(rig: Rig) -> None:
    rig.pagerduty.refusal = DeliveryRejected(
        "pagerduty: HTTP 400 (invalid key)", status=400, remedy="check PAGERDUTY_ROUTING_KEY"
    )
    opened(rig)
    said = text(rig)

    assert "pagerduty: change 1 on hold" in said
    assert (
        "pagerduty: nothing sent yet change 1 on hold since 03:05:00 (now): pagerduty: HTTP 400 "
        "(invalid key). Next try 04:05:00 (in 60 min). To do: Check PAGERDUTY_ROUTING_KEY." in said
    )


def test_a_channel_that_fails_for_now_waits_with_its_words_and_the_next_try(rig: Rig) -> None:
    rig.splunk.refusal = DeliveryFailed("splunk: HTTP 503", retry_after=90)
    opened(rig)

    assert (
        "splunk: nothing sent yet change 1 waiting since 03:05:00 (now): splunk: HTTP 503. "
        "Next try 03:06:30 (in 1 min)." in text(rig)
    )
    (splunk,) = (
        each for each in data(rig)["incidents"][0]["deliveries"] if each["channel"] == "splunk"
    )
    assert (splunk["status"], splunk["waiting"], splunk["lastSent"]) == ("retry", [1], 0)
    assert splunk["nextTry"] == "2026-11-20T03:06:30.000Z"


def test_a_channel_without_settings_holds_its_changes(rig: Rig) -> None:
    rig.teams.refusal = DeliveryFailed("teams: HTTP 503")
    opened(rig)
    rig.change(channels=(rig.pagerduty, rig.splunk))
    rig.later(seconds=20)

    assert "the channel has no settings. It is sent when the channel has settings." in text(rig)


def test_a_change_that_was_given_up_is_named(rig: Rig) -> None:
    rig.teams.refusal = DeliveryRejected("teams: HTTP 400", status=400)
    opened(rig)
    rig.clock.advance(hours=25)
    rig.later(seconds=10)

    assert "change 1 recorded as undelivered: refused for too long" in text(rig)


def test_a_source_that_asked_to_wait_and_cannot_be_read_is_named(rig: Rig) -> None:
    rig.arm.refuse(ACCOUNT, 429)
    rig.arm.retry_after = 120
    rig.write(ACCOUNT)
    said = text(rig)

    source = f"microsoft.storage in subscription {SUBSCRIPTION}"
    assert "UNKNOWN TOY-OPEN since 03:05:00 (0 s). Reads from microsoft.storage fail." in said
    assert f"{source} asked the monitor to wait: it is not read before 03:07:00 (in 2 min)." in said
    assert f"{source} cannot be read since 03:05:00 (now); not reported yet" in said
    assert "03:07:00 (in 2 min) Retry: the last read failed." in said


def test_an_outage_that_is_reported_says_so(rig: Rig) -> None:
    rig.arm.refuse(ACCOUNT, 503)
    rig.write(ACCOUNT)
    rig.later(minutes=10)

    assert "MONITOR-BLIND is open for it" in text(rig)
    assert data(rig)["outages"][0]["reported"] is True


def test_an_exception_is_named_with_its_approver_and_its_end(rig: Rig) -> None:
    covering = Exemption(
        control=open_account.OPEN.CONTROL.id,
        resource_id=ACCOUNT,
        reason="a public site",
        approved_by="Robin",
        expires=rig.clock.now + timedelta(days=1),
    )
    rig.configure(exemptions=(covering,))
    opened(rig)

    assert (
        "EXCEPTED TOY-OPEN. An exception covers the failure until 2026-11-21 03:05 UTC, approved "
        "by Robin: a public site." in text(rig)
    )


def test_what_is_overdue_leads_to_the_health_of_the_monitor(rig: Rig) -> None:
    opened(rig)
    rig.write(ACCOUNT)
    rig.arm.refuse(ACCOUNT, 503)
    rig.write(ACCOUNT)
    rig.clock.advance(seconds=30)
    assert "Overdue" not in text(rig)

    rig.clock.advance(minutes=10)

    assert "Overdue: check with `phidrift health` that the monitor runs." in text(rig)


def test_a_read_that_is_under_way_and_one_that_did_not_finish_are_named(rig: Rig) -> None:
    said: list[str] = []

    def meanwhile(_: str) -> None:
        said.append(text(rig))
        rig.clock.advance(seconds=70)
        said.append(text(rig))
        rig.clock.advance(seconds=-70)

    rig.arm.meanwhile = meanwhile
    rig.write(ACCOUNT)

    assert "Reading a worker reads it; its lease ends 03:06:00 (in 1 min)" in said[0]
    assert "began to read it and did not finish; its lease ended 03:06:00 (10 s ago)" in said[1]


def test_a_resource_that_was_deleted_says_so(rig: Rig) -> None:
    opened(rig)
    rig.clock.advance(minutes=1)
    rig.arm.refuse(ACCOUNT, 404)
    rig.write(ACCOUNT, kind="Microsoft.Resources.ResourceDeleteSuccess")
    said = text(rig)

    proof = "Deletion ARM's answer of 03:06:00 (now) proves that the resource was deleted"
    assert "Summary the resource is gone; no open incident PHI" in said
    assert "Last read none is stored: the resource is gone" in said
    assert f"{proof} or has another id" in said
    assert "UNKNOWN TOY-OPEN. The resource is gone." in said
    assert "never read" not in said
    assert data(rig)["goneProvenAt"] == "2026-11-20T03:06:00.000Z"
    assert "Ended 03:06:00 (now): deleted, most likely by dana@clinic.example" in said


def test_a_resource_that_may_be_deleted_says_since_when_and_that_it_is_not_proven(rig: Rig) -> None:
    opened(rig)
    rig.clock.advance(minutes=1)
    rig.arm.refuse(ACCOUNT, 404)
    rig.write(ACCOUNT)
    said = text(rig)

    assert "Deletion ARM answers 404 since 03:06:00 (now); not proven yet" in said
    why = "ARM answers 404, so the resource may be deleted; that is not proven yet."
    assert f"UNKNOWN TOY-OPEN critical, since 03:06:00 (0 s). {why}" in said
    assert "Confirmation read: ARM answered 404, which alone does not prove a deletion." in said
    assert "Quick read: ARM answered 404, maybe from a replica that is behind." in said
    assert data(rig)["goneSince"] == "2026-11-20T03:06:00.000Z"
    assert data(rig)["goneProvenAt"] is None


def test_a_resource_that_was_not_read_yet_says_so(rig: Rig) -> None:
    rig.arm.refuse(OTHER, 503)
    rig.write(OTHER)
    lines = lines_of(found(rig, OTHER), rig.services.config, Layout(rig.clock.now, plain, 200))

    assert "Last read none is stored: the resource was not read yet" in " ".join(
        " ".join(lines).split()
    )


def test_a_tenant_which_has_no_tags_counts_as_phi_because_of_what_is_in_it(rig: Rig) -> None:
    record = replace(
        found(rig).record, id="/tenants/7e9c1f00-4c11-4a0e-9d6b-1b5a3c0d2e4f", phi=None
    )
    stored = replace(found(rig), record=record)

    said = phi_reason(stored, rig.services.config)
    assert said == "any resource of the tenant may hold PHI; it is treated as PHI"


def test_a_resource_whose_subscription_is_not_watched_says_so(rig: Rig) -> None:
    context = DecisionContext.of(rig.services)
    stop_watching(rig.store, context, ACCOUNT, now=rig.clock.now)
    stored = replace(found(rig), is_watched=False)
    lines = lines_of(stored, rig.services.config, Layout(rig.clock.now, plain, 200))
    said = " ".join(" ".join(lines).split())

    assert "Summary not watched: its subscription is not in MONITORED_SUBSCRIPTIONS;" in said
    assert "UNKNOWN TOY-OPEN. Its subscription is not in MONITORED_SUBSCRIPTIONS." in said
    assert "the resource was not watched from 2026-11-20 03:05 UTC on, and not read since" in said
    assert data_of(stored, rig.services.config)["watched"] is False


def test_what_another_version_wrote_is_named_and_hides_nothing_else(rig: Rig) -> None:
    opened(rig)
    key = incident_key(ACCOUNT, open_account.OPEN.CONTROL.id, 2)
    rig.store.commit(keys.partition(ACCOUNT), [Put(key, {"schema": 99})])

    assert "incident TOY-OPEN 2: another version of the monitor wrote it" in text(rig)
    assert data(rig)["notUnderstood"] == ["incident TOY-OPEN 2"]
    assert "OPEN TOY-OPEN number 1" in text(rig)


def test_where_another_version_wrote_the_incidents_none_is_said_to_be_open_or_not(rig: Rig) -> None:
    opened(rig)
    key = incident_key(ACCOUNT, open_account.OPEN.CONTROL.id, 1)
    rig.store.commit(keys.partition(ACCOUNT), [Put(key, {"schema": 99})])
    said = text(rig)

    assert "Summary 1 incident of another version: open or ended is not known;" in said
    assert "no open incident" not in said


def test_a_write_that_is_still_under_way_is_named(rig: Rig) -> None:
    opened(rig)
    rig.arm.set(ACCOUNT, provisioningState="Updating")
    rig.write(ACCOUNT)

    said, still_changing = text(rig), "Azure was still changing"
    assert f"Writing {still_changing} storageaccounts/records at the last read" in said
    assert "Confirmation read: a replica of ARM may have been behind at the last read." in said

    rig.later(minutes=2)

    assert f"Confirmation read: {still_changing} the resource at the last read." in text(rig)


def test_a_cursor_that_another_version_wrote_hides_no_other_channel(rig: Rig) -> None:
    opened(rig)
    delivery_key = DeliveryKey(
        resource=ACCOUNT, control=open_account.OPEN.CONTROL.id, number=1, channel="pagerduty"
    )
    rig.store.commit(keys.partition(ACCOUNT), [Put(delivery_key.key, {"schema": 99})])
    said, (incident,) = text(rig), data(rig)["incidents"]

    assert (
        "pagerduty: the sent changes are not known: another version of the monitor wrote it" in said
    )
    assert "pagerduty: deliveries not readable" in said.partition("CONTROLS")[0]
    assert "teams: change 1 sent 03:05:00" in said
    assert [each["status"] for each in incident["deliveries"]] == ["sent", "unreadable", "sent"]
