"""A test message is marked as a test, opens one incident, and closes it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from cli.doctor_checks.check import Check, Level
from cli.doctor_checks.identity import Principal
from cli.doctor_checks.test_message import CONTROL, notices, sent
from detectors import DETECTORS
from drift.controls.monitor_controls import MONITOR_CONTROLS
from drift.errors import DeliveryFailed, DeliveryRejected
from drift.notices import Change, Notice
from drift.ports import Audience
from drift.services import AppInfo
from notifiers.channels import CHANNELS
from notifiers.ocsf import finding
from notifiers.pagerduty.message import build_event
from notifiers.spec import ChannelSpec
from notifiers.teams.message import build_message

AT = datetime(2026, 11, 22, 3, 14, tzinfo=UTC)
FACTS = AppInfo(
    cloud="AzurePublic",
    tenant_id="",
    console_url="",
    code_version="0.1.0",
    config_hash="c0ffee",
    subscriptions=("11111111-2222-3333-4444-555555555555",),
)

Refusal = DeliveryFailed | DeliveryRejected


@dataclass
class Channel:
    """Answers one message after the other as the test says."""

    refusals: list[Refusal | None]
    name: str = "pagerduty"
    audience: Audience = Audience.PEOPLE
    fingerprint: str = ""
    told: list[tuple[Notice, bool]] = field(default_factory=list)

    def send(self, notice: Notice, *, opening: bool) -> None:
        self.told.append((notice, opening))
        refusal = self.refusals.pop(0)
        if refusal:
            raise refusal


def tried(channel: Channel) -> Check:
    return sent(channel, FACTS, lambda: AT, principal=Principal("0b1e", "a99"))


def test_a_test_is_opened_and_resolved() -> None:
    channel = Channel([None, None])
    found = tried(channel)

    assert found.level is Level.OK
    assert [(each.change, opening) for each, opening in channel.told] == [
        (Change.OPENED, True),
        (Change.RESOLVED, False),
    ]


@pytest.mark.parametrize("spec", CHANNELS, ids=lambda spec: spec.name)
def test_an_accepted_test_asks_the_user_to_look_for_it(spec: ChannelSpec[Any]) -> None:
    found = tried(Channel([None, None], name=spec.name))

    assert found.level is Level.OK
    assert f"both messages were accepted; look for {CONTROL} in {spec.name}" in found.finding


def test_the_remedy_of_a_refusals_own_code_comes_before_the_general_one() -> None:
    refusal = DeliveryRejected("splunk: HTTP 400 (code 7)", status=400, remedy="correct the index")

    assert tried(Channel([refusal], name="splunk")).step == "correct the index"


def test_a_refused_test_says_what_to_repair_and_is_not_ended() -> None:
    channel = Channel([DeliveryRejected("splunk: HTTP 403 (code 4)")], name="splunk")
    found = tried(channel)

    assert (found.level, len(channel.told)) == (Level.FAIL, 1)
    assert "HTTP 403 (code 4)" in found.finding
    assert "SPLUNK_HEC_TOKEN" in found.step


@pytest.mark.parametrize(
    ("channel", "role", "scope"),
    [
        ("sentinel", "Monitoring Metrics Publisher", "ID_OF_THE_DATA_COLLECTION_RULE"),
        ("eventgrid_topic", "EventGrid Data Sender", "ID_OF_THE_TOPIC"),
    ],
)
def test_a_role_that_is_missing_is_granted_by_the_command_that_is_told(
    channel: str, role: str, scope: str
) -> None:
    found = tried(Channel([DeliveryRejected("HTTP 403", status=403)], name=channel))

    assert found.step == (
        "az role assignment create --assignee-object-id 0b1e "
        f"--assignee-principal-type ServicePrincipal --role '{role}' --scope {scope}"
    )


@pytest.mark.parametrize(
    ("channel", "status", "setting"),
    [
        ("sentinel", 404, "SENTINEL_RULE_ID"),
        ("eventgrid_topic", 401, "FINDINGS_TOPIC_KEY"),
        ("webhook", 403, "FINDINGS_WEBHOOK_SECRET"),
    ],
)
def test_any_other_refusal_names_the_settings_to_look_at(
    channel: str, status: int, setting: str
) -> None:
    found = tried(Channel([DeliveryRejected("refused", status=status)], name=channel))

    assert setting in found.step


def test_a_test_that_may_have_arrived_is_ended_all_the_same() -> None:
    channel = Channel([DeliveryFailed("pagerduty: no answer within 20 s"), None])
    found = tried(channel)

    assert (found.level, len(channel.told)) == (Level.FAIL, 2)
    assert "no answer within 20 s" in found.finding


@pytest.mark.parametrize("first", [None, DeliveryFailed("pagerduty: HTTP 503")])
def test_a_test_that_may_stand_open_is_told(first: Refusal | None) -> None:
    found = tried(Channel([first, DeliveryFailed("pagerduty: HTTP 503")]))

    assert found.level is Level.FAIL
    assert "resolve it by hand" in found.step


def test_every_test_is_an_incident_of_its_own() -> None:
    first, again = (notices("teams", FACTS, AT)[0] for _ in range(2))

    assert first.incident_id != again.incident_id
    assert first.finding_uid == again.finding_uid
    assert len(first.incident_id) == 64


def test_no_control_that_judges_has_the_name_of_the_test() -> None:
    names = {each.CONTROL.id for each in DETECTORS} | {each.id for each in MONITOR_CONTROLS}

    assert CONTROL not in names


@pytest.mark.parametrize("place", [0, 1])
def test_every_channel_says_that_it_is_a_test(place: int) -> None:
    notice = notices("teams", FACTS, AT)[place]
    told = [
        build_message(notice, opening=not place).decode(),
        str(build_event(notice, "key", opening=not place)),
        str(finding(notice, opening=not place)),
    ]

    assert all("TEST" in each and "Nothing ha" in each for each in told)


def test_pagerduty_and_the_siem_can_tell_the_end_from_the_beginning() -> None:
    both = notices("splunk", FACTS, AT)
    events = [build_event(each, "key", opening=False) for each in both]
    findings = [finding(each) for each in both]

    assert [each["event_action"] for each in events] == ["trigger", "resolve"]
    assert len({each["dedup_key"] for each in events}) == 1
    assert [each["activity_id"] for each in findings] == [1, 3]
    assert len({each["metadata"]["uid"] for each in findings}) == 2
