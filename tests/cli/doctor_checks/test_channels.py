"""Which channels get which findings, and whether the channels' hosts answer."""

from dataclasses import dataclass

import pytest

from cli.doctor_checks.channels import audiences, far_ends, routing_checks, signing_in
from cli.doctor_checks.check import Check, Level
from detectors import DETECTORS
from drift.config.app_settings import Settings
from drift.config.model import Config, Route
from drift.config.secret import Secret
from drift.model import Severity
from drift.notices import Notice
from drift.ports import Audience
from notifiers.channels import CHANNELS
from notifiers.handshake import NO_NAME, REFUSED

CHOSEN = {
    "MONITORED_SUBSCRIPTIONS": "11111111-2222-3333-4444-555555555555",
    "TEAMS_WEBHOOK_URL": "https://swordfish.example/swordfish",
}
SIEMS = {
    "SENTINEL_ENDPOINT": "https://rule.example",
    "SENTINEL_RULE_ID": "dcr-000a00a000a00000a000000aa000a0aa",
    "SENTINEL_STREAM": "Custom-PhiDriftFindings_CL",
    "FINDINGS_TOPIC_ENDPOINT": "https://topic.example",
    "FINDINGS_WEBHOOK_URL": "https://hooks.example/swordfish",
    "FINDINGS_WEBHOOK_SECRET": "whsec_c3dvcmRmaXNo",
}
CONTROLS = [each.CONTROL for each in DETECTORS]


@dataclass(frozen=True)
class Channel:
    name: str
    audience: Audience = Audience.PEOPLE
    fingerprint: str = ""

    def send(self, notice: Notice, *, opening: bool) -> None:
        raise AssertionError


TEAMS, PAGERDUTY, SPLUNK = (
    Channel("teams"),
    Channel("pagerduty", Audience.PAGER),
    Channel("splunk", audience=Audience.SIEM),
)


def told(*channels: Channel, config: Config | None = None) -> list[Check]:
    found = audiences(CONTROLS, channels, config or Config())
    return list(
        routing_checks(
            found, frozenset(each.name for each in channels if each.audience is Audience.SIEM)
        )
    )


def test_all_three_channels_are_as_it_should_be() -> None:
    assert [each.line() for each in told(TEAMS, PAGERDUTY, SPLUNK)] == [
        "ok    routing: critical findings go to pagerduty, splunk, teams"
    ]


def test_teams_alone_is_worth_a_warning() -> None:
    nowhere, alone = told(TEAMS)

    assert {nowhere.level, alone.level} == {Level.WARN}
    assert "no channel gets findings of DEFENDER-COMPLIANCE-STANDARD (low)" in nowhere.finding
    assert "only Teams gets critical findings (STORAGE-PUBLIC-ACCESS" in alone.finding


@pytest.mark.parametrize("other", [PAGERDUTY, SPLUNK])
def test_teams_with_another_is_not_alone(other: Channel) -> None:
    assert "only Teams" not in " ".join(each.line() for each in told(TEAMS, other))


OTHERS = tuple(each.id for each in CONTROLS if each.id != "NSG-ADMIN-PORTS")


def test_a_route_may_leave_teams_alone_again() -> None:
    routes = (Route(channels=("teams",)), Route(channels=("splunk",), severity=Severity.LOW))
    split = (
        Route(channels=("teams",), controls=("NSG-ADMIN-PORTS",)),
        Route(channels=("teams", "splunk"), controls=OTHERS),
    )

    assert "only Teams" not in told(TEAMS, SPLUNK, config=Config(routes=routes))[0].finding
    assert (
        "findings (NSG-ADMIN-PORTS)" in told(TEAMS, SPLUNK, config=Config(routes=split))[0].line()
    )


def test_a_siem_alone_causes_a_warning_that_no_person_is_alerted() -> None:
    (found,) = told(SPLUNK)

    assert found.level is Level.WARN
    assert "no person does" in found.finding


def test_with_pagerduty_alone_less_severe_findings_reach_no_channel() -> None:
    found = told(PAGERDUTY)

    assert [each.level for each in found] == [Level.WARN, Level.WARN, Level.WARN, Level.OK]
    assert "no channel gets findings of STORAGE-TLS" in found[0].finding


def test_a_critical_control_without_a_channel_is_a_failure() -> None:
    nowhere = Config(routes=(Route(channels=("teams",), controls=("STORAGE-TLS",)),))

    assert told(TEAMS, config=nowhere)[0].level is Level.FAIL


def test_the_operators_own_severities_and_switches_count() -> None:
    ids = [each.id for each in CONTROLS if each.severity is Severity.CRITICAL]
    config = Config(disabled=frozenset(ids[1:]), severities={ids[0]: Severity.HIGH})

    assert [each for each in told(TEAMS, config=config) if "critical" in each.finding] == []


def hosts(connection_problem: str | None, **more: str) -> list[Check]:
    return list(far_ends(Settings.from_env(CHOSEN | more, CHANNELS), lambda _: connection_problem))


def webhook(**settings: str) -> list[Check]:
    return [each for each in hosts("", **settings) if each.name == "channel webhook"]


def test_a_channel_that_is_off_says_which_setting_is_absent() -> None:
    lines = [each.line() for each in hosts("")[1:]]

    assert "ok    channel splunk: off: SPLUNK_HEC_URL is not set" in lines
    assert lines == [
        f"ok    channel {each.name}: off: {each.setting_names[0]} is not set"
        for each in CHANNELS
        if each.name != "teams"
    ]


@pytest.mark.parametrize(
    ("connection_problem", "level"),
    [("", Level.OK), (None, Level.WARN), ("it refuses", Level.FAIL)],
)
def test_a_host_that_cannot_be_reached_is_named_by_its_setting_alone(
    connection_problem: str | None, level: Level
) -> None:
    found = hosts(connection_problem)[0]

    assert found.level is level
    assert "swordfish" not in found.line()


@pytest.mark.parametrize(
    ("problem", "step"),
    [
        (NO_NAME, "check TEAMS_WEBHOOK_URL, the DNS and the network"),
        (REFUSED, "the network, its firewall rules and HTTPS_PROXY"),
        ("its certificate is not trusted (self-signed)", "HTTPS_PROXY and REQUESTS_CA_BUNDLE"),
    ],
)
def test_only_what_can_be_the_cause_is_advised(problem: str, step: str) -> None:
    assert hosts(problem)[0].line().endswith(step)


def test_every_channel_that_is_set_is_tried_at_its_own_address() -> None:
    tried: list[str] = []

    def note(address: Secret) -> str:
        tried.append(address.reveal())
        return ""

    env = {
        "PAGERDUTY_ROUTING_KEY": "0123456789abcdef0123456789abcdef",
        "SPLUNK_HEC_URL": "https://splunk.example:8088/services/collector/event",
        "SPLUNK_HEC_TOKEN": "token",
        **SIEMS,
    }
    list(far_ends(Settings.from_env(CHOSEN | env, CHANNELS), note))

    assert tried == [
        "https://swordfish.example/swordfish",
        "https://events.pagerduty.com/v2/enqueue",
        "https://splunk.example:8088/services/collector/event",
        "https://rule.example",
        "https://topic.example/api/events",
        "https://hooks.example/swordfish",
    ]


def test_the_identity_signs_in_to_sentinel_and_to_a_topic_without_a_key() -> None:
    by_identity = Settings.from_env(CHOSEN | SIEMS, CHANNELS)
    by_key = Settings.from_env(CHOSEN | SIEMS | {"FINDINGS_TOPIC_KEY": "key"}, CHANNELS)

    assert [(name, each.scope) for name, each in signing_in(by_identity)] == [
        ("sentinel", "https://monitor.azure.com/.default"),
        ("eventgrid_topic", "https://eventgrid.azure.net/.default"),
    ]
    assert [name for name, _ in signing_in(by_key)] == ["sentinel"]


def test_a_secret_that_receivers_may_read_otherwise_is_worth_a_warning() -> None:
    plain = webhook(**{**SIEMS, "FINDINGS_WEBHOOK_SECRET": "swordfish"})[-1]
    marked = webhook(**SIEMS)[-1]

    assert plain.level is Level.WARN
    assert "does not begin with whsec_" in plain.finding
    assert "swordfish" not in plain.line()
    assert marked.level is Level.OK
