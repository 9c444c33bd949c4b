"""The app's settings: what is refused, in one error that shows no secret."""

import pytest

from drift.config import app_settings
from drift.config.app_settings import Settings
from drift.errors import BadSettings
from notifiers.channels import CHANNELS
from tests.drift.config.app_environments import ACCOUNT, GOOD, problems


def _problems_of(env: dict[str, str]) -> str:
    try:
        Settings.from_env(env, CHANNELS)
    except BadSettings as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("MONITORED_SUBSCRIPTIONS", "", "MONITORED_SUBSCRIPTIONS is not set"),
        ("MONITORED_SUBSCRIPTIONS", " , ", "MONITORED_SUBSCRIPTIONS lists no GUID"),
        (
            "MONITORED_SUBSCRIPTIONS",
            "prod",
            "MONITORED_SUBSCRIPTIONS: Item 1 is not a subscription GUID.",
        ),
        ("AZURE_CLOUD", "AzureGermany", "AZURE_CLOUD is not one of AzurePublic"),
        ("ARM_ENDPOINT", "http://127.0.0.1:1", "ARM_ENDPOINT is not an https address"),
        ("ARM_ENDPOINT", "https://", "ARM_ENDPOINT is not an https address"),
        ("ARM_ENDPOINT", "https://[oops", "ARM_ENDPOINT is not an https address"),
        ("ARM_ENDPOINT", "https://a:99999", "ARM_ENDPOINT is not an https address"),
        ("ARM_ENDPOINT", "https://me:pass@a.example", "ARM_ENDPOINT is not an https address"),
        ("LOGS_ENDPOINT", "https://a.example?x=1", "LOGS_ENDPOINT must be a base address"),
        ("GRAPH_ENDPOINT", "graph.example", "GRAPH_ENDPOINT is not an https address"),
        ("AZURE_CLIENT_ID", "me", "AZURE_CLIENT_ID is not a GUID"),
        ("AZURE_TENANT_ID", "contoso.example", "AZURE_TENANT_ID is not a GUID"),
        ("LOG_ANALYTICS_WORKSPACE_ID", "w", "LOG_ANALYTICS_WORKSPACE_ID is not a GUID"),
        ("LOG_ANALYTICS_WORKSPACE_RESOURCE_ID", "w", "is not the ARM id of a Log Analytics"),
        ("STATE_STORE", "sqlite:", "STATE_STORE has no path after sqlite:"),
        ("STATE_STORE", "postgres", "STATE_STORE has no known form: use sqlite:PATH"),
        ("STATE_STORE", "http://records.table.core.windows.net", "STATE_STORE has no known form"),
        ("STATE_STORE", "https://records.blob.core.windows.net", "not the address of an account's"),
        ("STATE_STORE", "https://records.table.core.windows.net/t", "not the address of an"),
        (
            "STATE_STORE",
            "https://records.table.core.windows.net?sig=x",
            "a shared access signature",
        ),
        ("STATE_STORE", "https://records.table.evil.example", "not the address of an account's"),
        ("STATE_STORE", "AccountName=records;SharedAccessSignature=x", "a shared access signature"),
        ("STATE_STORE", "AccountName=records", "without AccountName and AccountKey"),
        ("STATE_STORE", f"{ACCOUNT};TableEndpoint=http://10.0.0.1/t", "neither https nor Azurite"),
        ("STATE_STORE", f"{ACCOUNT};DefaultEndpointsProtocol=http", "neither https nor Azurite"),
        ("STATE_STORE", "UseDevelopmentStorage=true", "PSEUDONYM_KEY is required"),
        ("MONITOR_APP_ID", "func-phidrift", "MONITOR_APP_ID is not the ARM id of a function app"),
        ("MONITOR_APP_ID", "/subscriptions/a/resourceGroups/b", "the ARM id of a function"),
        ("EVIDENCE_STORE", "evidence", "EVIDENCE_STORE is neither file:DIR"),
        (
            "EVIDENCE_STORE",
            "https://records.blob.core.windows.net",
            "EVIDENCE_STORE is not the address of a container",
        ),
        ("EVIDENCE_STORE", "https://records.blob.evil.example/e", "not the address of a container"),
        ("EVIDENCE_STORE", "https://r2d.table.core.windows.net/evidence", "not the address of a"),
        (
            "EVIDENCE_STORE",
            "https://r2d.blob.core.windows.net/a/b",
            "not the address of a container",
        ),
        ("EVIDENCE_STORE", "https://127.0.0.1:7/evidence", "not the address of a container"),
        ("EVIDENCE_SIGNING_KEY", "file:", "EVIDENCE_SIGNING_KEY has no path after file:"),
        ("EVIDENCE_SIGNING_KEY", "key.pem", "EVIDENCE_SIGNING_KEY is neither file:PATH nor the id"),
        *(
            ("EVIDENCE_SIGNING_KEY", value, "nor the id of a key in a vault")
            for value in (
                "http://clinic.vault.azure.net/keys/evidence",
                "https://clinic.vault.azure.cn/keys/evidence",
                "https://clinic.vault.azure.net.evil.example/keys/evidence",
                "https://clinic.vault.azure.net/secrets/evidence",
                "https://clinic.vault.azure.net/keys/evidence?a=1",
                "https://clinic.managedhsm.azure.net/keys/evidence",
            )
        ),
        ("EVIDENCE_STORE", "https://records.blob.core.windows.net/e?sig=x", "without a query"),
        ("TEAMS_WEBHOOK_URL", "http://teams.example", "TEAMS_WEBHOOK_URL is not an https address"),
        ("TEAMS_WEBHOOK_URL", "", "No channel is configured"),
        ("PAGERDUTY_ROUTING_KEY", "a\nb", "PAGERDUTY_ROUTING_KEY has white space"),
        ("PAGERDUTY_EVENTS_URL", "https://a.example", "PAGERDUTY_ROUTING_KEY is not set, but"),
        (
            "TEAMS_WEBHOOK_URL",
            "https://clinic.webhook.office.com/webhookb2/a@b/IncomingWebhook/c/d",
            "TEAMS_WEBHOOK_URL is the address of an Office 365 connector, which Microsoft has retired",
        ),
        (
            "TEAMS_WEBHOOK_URL",
            "https://prod-1.eastus.logic.azure.com/workflows/a?sp=b&amp;sig=c",
            "TEAMS_WEBHOOK_URL has &amp; in it",
        ),
        (
            "TEAMS_WEBHOOK_URL",
            "https://prod-1.eastus.logic.azure.com:443/workflows/a?api-version=1",
            "TEAMS_WEBHOOK_URL has no sig= in it",
        ),
        (
            "TEAMS_WEBHOOK_URL",
            "https://e.09.environment.api.powerplatform.com/powerautomate/automations/direct/x?v=1",
            "TEAMS_WEBHOOK_URL has no sig= in it",
        ),
        ("TEAMS_WEBHOOK_URL", "https://x.api.powerautomate.com/x", "has no sig= in it"),
        ("TEAMS_WEBHOOK_URL", "https://x.logic.azure.com/x?sp=b&sig=", "has no sig= in it"),
        ("TEAMS_WEBHOOK_URL", "https://x.logic.azure.com./x?sp=b", "has no sig= in it"),
        (
            "TEAMS_WEBHOOK_URL",
            "https://clinic.webhook.office.com./a",
            "which Microsoft has retired",
        ),
        ("PAGERDUTY_ROUTING_KEY", "a" * 31, "PAGERDUTY_ROUTING_KEY is not an integration key"),
        ("PAGERDUTY_ROUTING_KEY", "a" * 31 + "-", "it has 32 letters and digits"),
        (
            "SPLUNK_HEC_URL",
            "https://s.example:8088/",
            "SPLUNK_HEC_URL has no path: use https://HOST",
        ),
        ("CONSOLE_URL", "http://console.example", "CONSOLE_URL is not an https address"),
        (
            "TICK_SCHEDULE",
            "* * * * *",
            "TICK_SCHEDULE is not an NCRONTAB expression: it has 5 fields",
        ),
        (
            "SWEEP_SCHEDULE",
            "0 0 24 * * *",
            "SWEEP_SCHEDULE is not an NCRONTAB expression: its hour",
        ),
        ("SENTINEL_ENDPOINT", "https://a.example", "SENTINEL_RULE_ID is not set, but SENTINEL_END"),
        ("SENTINEL_ENDPOINT", "https://a.example", "SENTINEL_STREAM is not set, but SENTINEL_END"),
        ("SENTINEL_ENDPOINT", "http://a.example", "SENTINEL_ENDPOINT is not an https address"),
        ("SENTINEL_RULE_ID", "/subscriptions/s/x", "SENTINEL_RULE_ID is not the immutable id of a"),
        ("SENTINEL_STREAM", "Drift_CL", "SENTINEL_STREAM is not the name of a custom stream"),
        ("FINDINGS_TOPIC_ENDPOINT", "t.example", "FINDINGS_TOPIC_ENDPOINT is not an https address"),
        (
            "FINDINGS_TOPIC_ENDPOINT",
            "https://t.example?a=1",
            "TOPIC_ENDPOINT must be a base address",
        ),
        ("FINDINGS_TOPIC_KEY", "key", "FINDINGS_TOPIC_ENDPOINT is not set, but FINDINGS_TOPIC_KEY"),
        ("FINDINGS_WEBHOOK_URL", "https://w.example", "FINDINGS_WEBHOOK_SECRET is not set, but"),
        ("FINDINGS_WEBHOOK_SECRET", "key", "FINDINGS_WEBHOOK_URL is not set, but FINDINGS_WEBHOOK"),
        ("FINDINGS_WEBHOOK_SECRET", "whsec_", "FINDINGS_WEBHOOK_SECRET has no base64 after whsec_"),
        ("FINDINGS_WEBHOOK_SECRET", "whsec_*", "FINDINGS_WEBHOOK_SECRET has no base64 after"),
        ("IDENTITY_ENDPOINT", "http://10.0.0.1/msi", "IDENTITY_ENDPOINT is neither an https"),
    ],
)
def test_a_bad_value_is_refused(name: str, value: str, problem: str) -> None:
    assert problem in problems(**{name: value})


@pytest.mark.parametrize("name", ["TEAMS_WEBHOOK_URL", "PSEUDONYM_KEY", "SPLUNK_HEC_TOKEN"])
def test_a_key_vault_reference_that_azure_did_not_resolve_is_named_once(name: str) -> None:
    env = {name: "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/swordfish)"}
    told = problems(**env)

    assert told.count(f"{name} is a Key Vault reference that Azure could not resolve") == 1
    assert "swordfish" not in told


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(BadSettings) as refused:
        Settings.from_env(
            {"ARM_ENDPOINT": "x", "AZURE_CLIENT_ID": "y", "TICK_SCHEDULE": "z"}, CHANNELS
        )

    names = [each.split(" ")[0] for each in refused.value.problems]
    assert names == [
        *("ARM_ENDPOINT", "AZURE_CLIENT_ID", "MONITORED_SUBSCRIPTIONS", "TICK_SCHEDULE", "No")
    ]


@pytest.mark.parametrize("name", app_settings.all_setting_names(CHANNELS))
def test_no_problem_shows_a_value(name: str) -> None:
    told = _problems_of({name: "swordfish sword:fish@ http://swordfish 1 2 3"})

    assert told
    assert "swordfish" not in told


def test_no_secret_is_printed() -> None:
    chosen = Settings.from_env(
        GOOD
        | {
            "TEAMS_WEBHOOK_URL": "https://teams.example/swordfish",
            "PAGERDUTY_ROUTING_KEY": "swordfish01234567890123456789012",
            "SPLUNK_HEC_URL": "https://splunk.example/services/collector/event",
            "SPLUNK_HEC_TOKEN": "swordfish",
            "FINDINGS_TOPIC_ENDPOINT": "https://topic.example",
            "FINDINGS_TOPIC_KEY": "swordfish",
            "FINDINGS_WEBHOOK_URL": "https://hooks.example/swordfish",
            "FINDINGS_WEBHOOK_SECRET": "swordfish",
            "PSEUDONYM_KEY": "swordfish",
        },
        CHANNELS,
    )

    assert "swordfish" not in f"{chosen} {chosen!r}"
    assert chosen.pseudonym_key is not None
    assert chosen.pseudonym_key.reveal() == "swordfish"
