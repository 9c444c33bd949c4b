"""What each channel makes of its app settings."""

import base64
from collections.abc import Mapping

import pytest

from drift.config.app_settings import Settings
from drift.config.secret import Secret
from drift.errors import BadSettings
from notifiers.channels import CHANNELS
from notifiers.eventgrid_topic.settings import Topic
from notifiers.pagerduty.settings import PagerDuty
from notifiers.sentinel.settings import Sentinel
from notifiers.splunk.settings import Splunk
from notifiers.webhook.settings import Webhook, signing_key

GOOD = {"MONITORED_SUBSCRIPTIONS": "00000000-0000-0000-0000-00000000000a"}
SENTINEL = {
    "SENTINEL_ENDPOINT": "https://rule.eastus-1.ingest.monitor.azure.com/",
    "SENTINEL_RULE_ID": "dcr-000a00a000a00000a000000aa000a0aa",
    "SENTINEL_STREAM": "Custom-PhiDriftFindings_CL",
}
KEY = "0123456789abcdef0123456789abcdef"
TOPIC = "https://findings.westus2-1.eventgrid.azure.net"


def chosen(**env: str) -> Mapping[str, object]:
    """Return the settings of the channels that are set."""
    return Settings.from_env(GOOD | env, CHANNELS).channels


def problems(**env: str) -> str:
    with pytest.raises(BadSettings) as refused:
        chosen(**env)
    return "\n".join(refused.value.problems)


@pytest.mark.parametrize(
    ("url", "posted_to"),
    [
        ("", "https://events.pagerduty.com/v2/enqueue"),
        ("https://events.eu.pagerduty.com", "https://events.eu.pagerduty.com/v2/enqueue"),
        ("https://events.eu.pagerduty.com/", "https://events.eu.pagerduty.com/v2/enqueue"),
        ("https://proxy.example/pd", "https://proxy.example/pd"),
    ],
)
def test_pagerduty_gets_its_path_where_the_address_has_none(url: str, posted_to: str) -> None:
    found = chosen(PAGERDUTY_ROUTING_KEY=KEY, PAGERDUTY_EVENTS_URL=url)

    assert found["pagerduty"] == PagerDuty(Secret(KEY), posted_to)


def test_splunk_needs_its_address_and_its_token() -> None:
    url = "https://splunk.example:8088/services/collector/event"
    found = chosen(SPLUNK_HEC_URL=url, SPLUNK_HEC_TOKEN="swordfish")

    assert found["splunk"] == Splunk(url, Secret("swordfish"))
    assert "SPLUNK_HEC_TOKEN is not set" in problems(SPLUNK_HEC_URL=url)
    assert "SPLUNK_HEC_URL is not set" in problems(SPLUNK_HEC_TOKEN="swordfish")


@pytest.mark.parametrize(
    ("cloud", "scope"),
    [
        ("AzurePublic", "https://monitor.azure.com/.default"),
        ("AzureUSGovernment", "https://monitor.azure.us/.default"),
        ("AzureChina", "https://monitor.azure.cn/.default"),
    ],
)
def test_the_cloud_decides_for_what_sentinels_tokens_are(cloud: str, scope: str) -> None:
    found = chosen(**SENTINEL, AZURE_CLOUD=cloud)

    assert found["sentinel"] == Sentinel(
        endpoint="https://rule.eastus-1.ingest.monitor.azure.com",
        rule_id="dcr-000a00a000a00000a000000aa000a0aa",
        stream="Custom-PhiDriftFindings_CL",
        scope=scope,
    )


@pytest.mark.parametrize("address", [TOPIC, f"{TOPIC}/", f"{TOPIC}/api/events"])
def test_the_topic_gets_its_path_where_the_address_has_none(address: str) -> None:
    found = chosen(FINDINGS_TOPIC_ENDPOINT=address)

    assert found["eventgrid_topic"] == Topic(f"{TOPIC}/api/events", None)


def test_the_topic_is_signed_in_to_by_its_key_where_it_has_one() -> None:
    topic = {"FINDINGS_TOPIC_ENDPOINT": TOPIC, "FINDINGS_TOPIC_KEY": "swordfish"}

    assert chosen(**topic)["eventgrid_topic"] == Topic(f"{TOPIC}/api/events", Secret("swordfish"))


def test_the_webhooks_address_is_a_secret_too() -> None:
    webhook = {
        "FINDINGS_WEBHOOK_URL": "https://hooks.example/x?code=y",
        "FINDINGS_WEBHOOK_SECRET": "whsec_c3dvcmRmaXNo",
    }

    assert chosen(**webhook)["webhook"] == Webhook(
        Secret("https://hooks.example/x?code=y"), Secret("whsec_c3dvcmRmaXNo")
    )


@pytest.mark.parametrize(
    ("name", "env"),
    [
        ("sentinel", SENTINEL),
        ("eventgrid_topic", {"FINDINGS_TOPIC_ENDPOINT": TOPIC}),
        ("webhook", {"FINDINGS_WEBHOOK_URL": "https://w.example", "FINDINGS_WEBHOOK_SECRET": "s"}),
    ],
)
def test_one_siem_is_channel_enough(name: str, env: dict[str, str]) -> None:
    assert list(chosen(**env)) == [name]


@pytest.mark.parametrize(
    ("secret", "key"),
    [
        ("whsec_" + base64.b64encode(bytes(range(24))).decode(), bytes(range(24))),
        ("whsec_c3dvcmRmaXNo", b"swordfish"),
        ("whsec_c3dvcmQ", b"sword"),
        ("swordfish", b"swordfish"),
        ("c3dvcmRmaXNo", b"c3dvcmRmaXNo"),
        ("schlüssel", "schlüssel".encode()),
        ("whsec_", b""),
        ("whsec_swordfish!", b""),
    ],
)
def test_a_secret_is_the_base64_behind_its_mark_or_its_own_bytes(secret: str, key: bytes) -> None:
    assert signing_key(Secret(secret)) == key
