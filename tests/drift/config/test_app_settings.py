"""The app's settings: defaults, clouds, and one error for all that is wrong."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from drift.config import app_settings
from drift.config.app_settings import Settings, monitor_app
from drift.config.env_values import Values
from drift.config.secret import Secret
from notifiers.channels import CHANNELS
from tests.drift.config.app_environments import ACCOUNT, GOOD, SUBSCRIPTION, problems

ROOT = Path(__file__).parents[3]
APP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/r/providers/Microsoft.Web/sites/func-phidrift"
IN_AZURE = {
    "WEBSITE_SITE_NAME": "app",
    "WEBSITE_HOSTNAME": "app.azurewebsites.net",
    "STATE_STORE": "https://records.table.core.windows.net",
    "EVIDENCE_STORE": "https://records.blob.core.windows.net/evidence",
    "EVIDENCE_SIGNING_KEY": "https://clinic.vault.azure.net/keys/evidence",
    "PSEUDONYM_KEY": "swordfish",
}


def test_two_settings_are_enough() -> None:
    chosen = Settings.from_env(GOOD, CHANNELS)

    assert chosen.subscriptions == (SUBSCRIPTION,)
    assert chosen.channels == {"teams": Secret("https://teams.example/w?s=1")}
    assert chosen.state_path == ".phidrift/state.db"
    assert chosen.pseudonym_key is None
    assert (chosen.cloud, chosen.arm.url) == ("AzurePublic", "https://management.azure.com")
    assert chosen.tick_schedule == app_settings.TICK_SCHEDULE


@pytest.mark.parametrize(
    ("env", "place"),
    [
        ({}, ""),
        ({"WEBSITE_HOSTNAME": "app.azurewebsites.net"}, ""),
        ({"CONSOLE_URL": "https://console.example/"}, "https://console.example/runbooks"),
        (IN_AZURE, "https://app.azurewebsites.net/api/runbooks"),
        (IN_AZURE | {"WEBSITE_HOSTNAME": "a b"}, ""),
        (IN_AZURE | {"CONSOLE_URL": "https://console.example"}, "https://console.example/runbooks"),
    ],
)
def test_the_runbooks_are_below_the_console_or_where_azure_serves_the_app(
    env: dict[str, str], place: str
) -> None:
    assert Settings.from_env(GOOD | env, CHANNELS).runbooks_url == place


@pytest.mark.parametrize(
    ("blobs", "container"),
    [
        ("", ""),
        (
            "https://records.blob.core.windows.net/",
            "https://records.blob.core.windows.net/dead-letters",
        ),
        ("http://records.blob.core.windows.net", ""),
        ("https://blobs.example", ""),
        ("https://records.blob.core.windows.net/container", ""),
    ],
    ids=["no address", "an account", "without TLS", "a stranger", "a container"],
)
def test_dead_letters_are_in_the_hosts_own_storage(blobs: str, container: str) -> None:
    env = GOOD | {"AzureWebJobsStorage__blobServiceUri": blobs}

    assert Settings.from_env(env, CHANNELS).dead_letters == container


def test_the_sample_needs_only_a_subscription_and_a_channel() -> None:
    sample = json.loads((ROOT / "local.settings.sample.json").read_text(encoding="utf-8"))

    assert Settings.from_env(sample["Values"] | GOOD, CHANNELS) == Settings.from_env(GOOD, CHANNELS)


def test_the_sample_names_every_setting() -> None:
    sample = json.loads((ROOT / "local.settings.sample.json").read_text(encoding="utf-8"))
    of_the_host = {"FUNCTIONS_WORKER_RUNTIME", "PYTHON_THREADPOOL_THREAD_COUNT"}

    assert set(sample["Values"]) - of_the_host == set(app_settings.all_setting_names(CHANNELS))


def test_the_documentation_names_every_setting() -> None:
    page = (ROOT / "docs/settings.md").read_text(encoding="utf-8")

    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == list(
        app_settings.all_setting_names(CHANNELS)
    )


def test_a_key_that_nothing_reads_yet_is_accepted() -> None:
    unused = {"PAGERDUTY_WEBHOOK_SECRET": "swordfish"}

    assert Settings.from_env(GOOD | unused, CHANNELS) == Settings.from_env(GOOD, CHANNELS)


def test_the_documentation_says_of_each_setting_without_effect_that_it_has_none() -> None:
    page = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    said = re.findall(r"^\| `(\w+)` \| .*no effect in this version", page, re.MULTILINE)

    assert said == list(app_settings.WITHOUT_EFFECT)


@pytest.mark.parametrize(
    ("cloud", "arm", "logs_scope"),
    [
        ("AzurePublic", "https://management.azure.com", "https://api.loganalytics.io/.default"),
        (
            "azureusgovernment",
            "https://management.usgovcloudapi.net",
            "https://api.loganalytics.us/.default",
        ),
        (
            "AzureChina",
            "https://management.chinacloudapi.cn",
            "https://api.loganalytics.azure.cn/.default",
        ),
    ],
)
def test_the_cloud_decides_endpoints_and_scopes(cloud: str, arm: str, logs_scope: str) -> None:
    chosen = Settings.from_env(GOOD | {"AZURE_CLOUD": cloud}, CHANNELS)

    assert (chosen.arm.url, chosen.logs.scope) == (arm, logs_scope)


def test_an_endpoint_changes_the_address_and_not_the_scope() -> None:
    chosen = Settings.from_env(GOOD | {"ARM_ENDPOINT": "https://127.0.0.1:8443/"}, CHANNELS)

    assert chosen.arm.url == "https://127.0.0.1:8443"
    assert chosen.arm.scope == "https://management.azure.com/.default"


def test_subscriptions_are_a_comma_list_in_any_case() -> None:
    other = "00000000-0000-0000-0000-00000000000B"
    chosen = Settings.from_env(
        GOOD | {"MONITORED_SUBSCRIPTIONS": f"{SUBSCRIPTION}, {other},{SUBSCRIPTION},"}, CHANNELS
    )

    assert chosen.subscriptions == (SUBSCRIPTION, other.lower())


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:4/msi", "http://localhost:4/msi", "http://[::1]:4", "https://a.b/msi"]
)
def test_the_managed_identity_may_answer_by_http_on_this_machine(url: str) -> None:
    assert Settings.from_env(GOOD | {"IDENTITY_ENDPOINT": url}, CHANNELS).cloud == "AzurePublic"


def test_in_azure_a_store_on_the_instance_is_refused() -> None:
    told = problems(WEBSITE_SITE_NAME="app")

    assert "STATE_STORE is sqlite:PATH: in Azure" in told
    assert "EVIDENCE_STORE is file:PATH: in Azure" in told


@pytest.mark.parametrize(
    ("value", "tables"),
    [
        ("https://records.table.core.windows.net", "https://records.table.core.windows.net"),
        ("https://Records.table.core.windows.net/", "https://records.table.core.windows.net"),
        ("https://r2d.table.core.usgovcloudapi.net", "https://r2d.table.core.usgovcloudapi.net"),
        ("https://r2d.table.core.chinacloudapi.cn", "https://r2d.table.core.chinacloudapi.cn"),
        ("https://r2d.z07.table.storage.azure.net", "https://r2d.z07.table.storage.azure.net"),
        ("https://127.0.0.1:10002/clinic", "https://127.0.0.1:10002/clinic"),
        (ACCOUNT, "https://records.table.core.windows.net"),
        (f" {ACCOUNT};EndpointSuffix=core.chinacloudapi.cn;", "https://records.table.core.chi"),
        (f"{ACCOUNT};TableEndpoint=http://127.0.0.1:7/records/", "http://127.0.0.1:7/records"),
        ("usedevelopmentstorage=TRUE;", "http://127.0.0.1:10002/devstoreaccount1"),
    ],
)
def test_the_state_may_be_in_tables_of_any_cloud_or_of_azurite(value: str, tables: str) -> None:
    chosen = Settings.from_env(
        GOOD | {"STATE_STORE": value, "PSEUDONYM_KEY": "swordfish"}, CHANNELS
    )

    assert chosen.state_account is not None
    assert chosen.state_account.tables.startswith(tables)
    assert (chosen.state_account.key is None) == value.startswith("https:")
    assert chosen.state_path == ""
    assert "swordfish" not in repr(chosen)


def test_in_azure_the_emulator_is_refused() -> None:
    told = problems(
        WEBSITE_SITE_NAME="app", STATE_STORE="UseDevelopmentStorage=true", PSEUDONYM_KEY="swordfish"
    )

    assert "STATE_STORE names Azurite: in Azure" in told


def test_in_azure_an_account_and_a_container_will_do() -> None:
    chosen = Settings.from_env(GOOD | IN_AZURE, CHANNELS)

    assert chosen.state_account is not None
    assert chosen.state_account.name == "records"
    assert chosen.evidence_container == "https://records.blob.core.windows.net/evidence"
    assert chosen.evidence_vault_key == "https://clinic.vault.azure.net/keys/evidence"
    assert (chosen.evidence_folder, chosen.evidence_key) == ("", "")


@pytest.mark.parametrize(
    ("cloud", "value"),
    [
        ("AzurePublic", "https://clinic.vault.azure.net/keys/evidence/"),
        ("AzurePublic", f"https://Clinic.vault.azure.net/keys/evidence/{'0a' * 16}"),
        ("AzureUSGovernment", "https://clinic.vault.usgovcloudapi.net/keys/evidence"),
        ("AzureChina", "https://clinic.vault.azure.cn/keys/evidence"),
        ("AzurePublic", "https://127.0.0.1:8443/keys/evidence"),
    ],
)
def test_the_key_that_signs_may_be_in_a_vault_of_the_own_cloud(cloud: str, value: str) -> None:
    given = {"AZURE_CLOUD": cloud, "EVIDENCE_SIGNING_KEY": value}

    assert Settings.from_env(GOOD | given, CHANNELS).evidence_vault_key == value.rstrip("/")


def test_a_log_in_a_container_needs_no_key_to_start() -> None:
    store = {name: IN_AZURE[name] for name in ("EVIDENCE_STORE", "STATE_STORE")}
    settings = Settings.from_env(GOOD | store | {"PSEUDONYM_KEY": "swordfish"}, CHANNELS)

    assert (settings.evidence_key, settings.evidence_vault_key) == ("", "")


def test_in_azure_evidence_on_the_instance_is_refused() -> None:
    told = problems(
        **IN_AZURE
        | {
            "EVIDENCE_STORE": "https://127.0.0.1:10000/clinic/evidence",
            "EVIDENCE_SIGNING_KEY": "https://127.0.0.1:8443/keys/evidence",
        }
    )

    assert "EVIDENCE_STORE names Azurite: in Azure" in told
    assert "EVIDENCE_SIGNING_KEY is on this machine: in Azure" in told


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ({"MONITOR_APP_ID": APP.upper()}, APP.lower()),
        ({"MONITOR_APP_ID": APP, "WEBSITE_SITE_NAME": "other"}, APP.lower()),
        ({"WEBSITE_SITE_NAME": "Func-PhiDrift"}, "/sites/func-phidrift"),
        ({"WEBSITE_SITE_NAME": "a", "AZURE_FUNCTIONS_ENVIRONMENT": "Development"}, ""),
        ({}, ""),
    ],
)
def test_the_function_app_is_known_by_its_id_and_in_azure_by_its_name(
    given: Mapping[str, str], known: str
) -> None:
    assert monitor_app(Values(given)) == known


def test_under_the_core_tools_a_store_on_the_machine_is_fine() -> None:
    local = {"WEBSITE_SITE_NAME": "app", "AZURE_FUNCTIONS_ENVIRONMENT": "Development"}

    assert Settings.from_env(GOOD | local, CHANNELS).state_path == ".phidrift/state.db"
