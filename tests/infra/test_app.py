"""What the deployment of the app creates: read from its snapshot."""

import json
import re

import pytest

from drift.config.app_settings import all_setting_names
from notifiers.channels import CHANNELS
from tests.infra.predicted import ROOT, Body, of_type, only, resources, strings

LEFT_OUT = {
    "ARM_ENDPOINT": "AZURE_CLOUD decides it",
    "LOGS_ENDPOINT": "AZURE_CLOUD decides it",
    "GRAPH_ENDPOINT": "AZURE_CLOUD decides it",
    "AzureWebJobsStorage": "its identity form is set instead",
    "CONSOLE_URL": "links to incidents need a console, which this version lacks",
    "TICK_SCHEDULE": "the code has the default",
    "SWEEP_SCHEDULE": "the code has the default",
    "WATCH_LOGS_SCHEDULE": "the code has the default",
    "PAGERDUTY_WEBHOOK_SECRET": "it has no effect in this version",
    **dict.fromkeys(
        (
            *("PAGERDUTY_ROUTING_KEY", "SPLUNK_HEC_URL", "SPLUNK_HEC_TOKEN"),
            *("SENTINEL_ENDPOINT", "SENTINEL_RULE_ID", "SENTINEL_STREAM"),
            *("FINDINGS_TOPIC_ENDPOINT", "FINDINGS_TOPIC_KEY"),
            *("FINDINGS_WEBHOOK_URL", "FINDINGS_WEBHOOK_SECRET"),
        ),
        "an operator adds this channel with vaultSettings or channelSettings",
    ),
}
VAULT_KEYS = "Microsoft.KeyVault/vaults/keys"
OF_THE_HOST = {
    *(
        f"AzureWebJobsStorage__{each}"
        for each in (
            *("credential", "clientId", "blobServiceUri", "queueServiceUri", "tableServiceUri"),
        )
    ),
    *("APPLICATIONINSIGHTS_CONNECTION_STRING", "APPLICATIONINSIGHTS_AUTHENTICATION_STRING"),
    "PYTHON_THREADPOOL_THREAD_COUNT",
}
REFUSED_BY_FLEX = {
    *("FUNCTIONS_WORKER_RUNTIME", "FUNCTIONS_WORKER_RUNTIME_VERSION"),
    *("FUNCTIONS_EXTENSION_VERSION", "FUNCTIONS_WORKER_PROCESS_COUNT"),
    *("FUNCTIONS_MAX_HTTP_CONCURRENCY", "WEBSITE_RUN_FROM_PACKAGE", "WEBSITE_CONTENTSHARE"),
    *("WEBSITE_CONTENTAZUREFILECONNECTIONSTRING", "WEBSITE_CONTENTOVERVNET"),
    *("WEBSITE_VNET_ROUTE_ALL", "WEBSITE_DNS_SERVER", "ENABLE_ORYX_BUILD"),
    *("WEBSITE_MAX_DYNAMIC_APPLICATION_SCALE_OUT", "SCM_DO_BUILD_DURING_DEPLOYMENT"),
}


def config(name: str) -> Body:
    """Return one configuration of the site."""
    [found] = [each for each in of_type("app", "Microsoft.Web/sites/config") if name in each["id"]]
    properties: Body = found["properties"]
    return properties


def test_every_setting_is_set_or_left_out_for_a_reason() -> None:
    given = config("appsettings").keys()

    assert given & LEFT_OUT.keys() == set()
    assert given - OF_THE_HOST | LEFT_OUT.keys() == set(all_setting_names(CHANNELS))


def test_no_setting_is_given_that_flex_consumption_refuses() -> None:
    assert config("appsettings").keys() & REFUSED_BY_FLEX == set()


def test_the_threads_are_those_of_the_sample() -> None:
    sample = json.loads((ROOT / "local.settings.sample.json").read_text(encoding="utf-8"))["Values"]
    name = "PYTHON_THREADPOOL_THREAD_COUNT"

    assert config("appsettings")[name] == sample[name]


def test_secrets_are_references_to_the_vault() -> None:
    settings = config("appsettings")

    for name in ("PSEUDONYM_KEY", "TEAMS_WEBHOOK_URL"):
        secret = name.lower().replace("_", "-")
        assert settings[name].startswith("@Microsoft.KeyVault(SecretUri=https://kv-")
        assert settings[name].endswith(f".vault.azure.net/secrets/{secret})")


def test_a_setting_of_a_channel_is_given_by_azd_and_may_hold_an_equals_sign() -> None:
    given = (ROOT / "infra/app/snapshot.bicepparam").read_text(encoding="utf-8")
    parameters = (ROOT / "infra/app/main.parameters.json").read_text(encoding="utf-8")
    [url] = re.findall(r"PAGERDUTY_EVENTS_URL=([^,]+),", given)

    assert "=" in url
    assert config("appsettings")["PAGERDUTY_EVENTS_URL"] == url
    assert '"channelSettings": { "value": "${PHIDRIFT_CHANNEL_SETTINGS=}" }' in parameters


def test_a_list_may_have_spaces_and_end_with_a_comma() -> None:
    given = (ROOT / "infra/app/snapshot.bicepparam").read_text(encoding="utf-8")

    assert re.search(r"monitoredSubscriptions = '\S+, \S+,'", given)
    assert len(config("appsettings")["MONITORED_SUBSCRIPTIONS"].split(",")) == 2


def test_the_plan_is_flex_consumption_with_python_3_13() -> None:
    site = only("app", "Microsoft.Web/sites")["properties"]

    assert only("app", "Microsoft.Web/serverfarms")["sku"]["name"] == "FC1"
    assert site["functionAppConfig"]["runtime"] == {"name": "python", "version": "3.13"}


def test_what_an_event_passes_through_is_always_ready() -> None:
    scale = only("app", "Microsoft.Web/sites")["properties"]["functionAppConfig"]

    assert {each["name"] for each in scale["scaleAndConcurrency"]["alwaysReady"]} == {
        *("http", "function:evaluate_change", "function:deliver"),
    }


def test_app_service_authentication_does_not_shut_out_event_grid() -> None:
    rules = config("authsettingsV2")["globalValidation"]

    assert rules["requireAuthentication"] is True
    assert rules["unauthenticatedClientAction"] == "Return401"
    assert set(rules["excludedPaths"]) == {
        *("/runtime/webhooks/*", "/runtime/webhooks/EventGrid", "/api/health", "/api/runbooks/*"),
    }


def test_there_is_a_queue_for_every_binding_and_its_poison_queue() -> None:
    host = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))
    queues = of_type("app", "Microsoft.Storage/storageAccounts/queueServices/queues")
    names = {each["id"].rpartition("/")[2] for each in queues}

    assert host["extensions"]["queues"]
    assert names == {
        f"{each}{end}"
        for each in ("changes", "deliveries", "background")
        for end in ("", "-poison")
    }


def test_evidence_cannot_be_changed_for_seven_years() -> None:
    kind = "Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies"
    policy = only("app", kind)["properties"]

    assert policy["immutabilityPeriodSinceCreationInDays"] == 2557
    assert policy["allowProtectedAppendWrites"] is True


def test_evidence_goes_to_the_protected_container_and_is_signed_by_a_key_that_only_signs() -> None:
    kind = "Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies"
    container = only("app", kind)["id"].split("/")[-3]
    keys = {each["id"].rpartition("/")[2]: each for each in of_type("app", VAULT_KEYS)}
    key = keys["evidence"]["properties"]

    assert config("appsettings")["EVIDENCE_STORE"].endswith(f"blob.core.windows.net/{container}")
    assert config("appsettings")["EVIDENCE_SIGNING_KEY"].endswith(".vault.azure.net/keys/evidence")
    assert (key["kty"], key["curveName"]) == ("EC", "P-256")
    assert set(key["keyOps"]) == {"sign", "verify"}


def test_only_the_state_of_what_runs_is_unknown_before_the_deployment() -> None:
    unknown = [(path, text) for path, text in strings(list(resources("app"))) if text[0:1] == "["]

    assert {path for path, text in unknown if "reference(" not in text} == set()
    assert {path.rpartition(".")[2] for path, _ in unknown} == {
        *("principalId", "AzureWebJobsStorage__clientId", "AZURE_CLIENT_ID"),
        *("APPLICATIONINSIGHTS_CONNECTION_STRING", "APPLICATIONINSIGHTS_AUTHENTICATION_STRING"),
        "LOG_ANALYTICS_WORKSPACE_ID",
    }


@pytest.mark.parametrize("part", ["app", "events"])
def test_no_snapshot_holds_a_secret(part: str) -> None:
    assert of_type(part, "Microsoft.KeyVault/vaults/secrets") == ()
    assert [text for _, text in strings(list(resources(part))) if "sig=" in text] == []


def test_the_logs_of_what_runs_every_second_are_on_the_cheap_plan_and_one_query_each_asks_for_them() -> (
    None
):
    """On this plan a query is refused: an exposure then names the service as not answered."""
    tables = of_type("app", "Microsoft.OperationalInsights/workspaces/tables")
    cheap = {
        each["id"].rpartition("/")[2] for each in tables if each["properties"]["plan"] == "Basic"
    }
    queries = {
        path.name: path.read_text(encoding="utf-8")
        for folder in ("adapters", "drift", "infra")
        for path in (ROOT / folder).rglob("*.kql")
    }

    assert cheap == {"StorageQueueLogs", "StorageTableLogs"}
    assert len(queries) > 20
    asking = {name for name, text in queries.items() if any(each in text for each in cheap)}
    assert asking == {"storage_queues_use.kql", "storage_tables_use.kql"}
