"""phidrift doctor as a process, against the sandbox: it names what is missing."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.clinic.estate import OPERATIONS, SUBSCRIPTION, WORKSPACE
from sandbox.clinic.ids import MONITOR_APP
from sandbox.http.messages import Answer, Request, json_answer
from sandbox.world import Sandbox
from tests.azurite import KEY, Azurite
from tests.support.azure_fakes import scripted
from tests.support.commands import Commands

TOPIC = f"{OPERATIONS}/providers/Microsoft.EventGrid/systemTopics/phidrift-changes"
ELSEWHERE = "11111111-2222-3333-4444-555555555555"

Doctor = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def doctor(azure: Sandbox, commands: Commands, tmp_path: Path) -> Doctor:
    """Return what runs the command with the sandbox's settings, and those of the test on top."""
    base = {
        "PATH": os.environ["PATH"],
        **azure.environment(),
        "STATE_STORE": f"sqlite:{tmp_path}/state/state.db",
    }

    def run(*arguments: str, **values: str) -> subprocess.CompletedProcess[str]:
        return commands.run("doctor", *arguments, cwd=tmp_path, env=base | values)

    return run


def lines(done: subprocess.CompletedProcess[str], level: str) -> list[str]:
    return [each[6:] for each in done.stdout.splitlines() if each.startswith(f"{level:<4}  ")]


def test_where_nothing_is_missing_everything_is_ok(azure: Sandbox, doctor: Doctor) -> None:
    done = doctor()

    assert (done.returncode, done.stderr) == (0, "")
    assert lines(done, "warn") + lines(done, "fail") == []
    assert [each.count() for each in (azure.teams, azure.pagerduty, azure.splunk)] == [0, 0, 0]


def test_events_that_are_not_delivered_are_named_with_what_to_do(
    azure: Sandbox, doctor: Doctor
) -> None:
    azure.delete(f"{TOPIC}/eventSubscriptions/phidrift")

    done = doctor(MONITOR_APP_ID=MONITOR_APP)
    [failed] = lines(done, "fail")

    assert failed.startswith(f"events of {SUBSCRIPTION}: Event Grid does not deliver changes")
    assert f"next: az resource create --id {TOPIC}/eventSubscriptions/phidrift" in failed


def test_a_test_goes_through_every_channel_and_is_ended(azure: Sandbox, doctor: Doctor) -> None:
    done = doctor("--send-test")

    (incident,) = azure.pagerduty.incidents.values()
    assert done.returncode == 0
    assert len(azure.teams.cards) == 2
    assert (incident.open, incident.triggers, incident.severity) == (False, 1, "info")
    assert [each["activity_id"] for each in azure.splunk.events] == [1, 3]
    assert azure.teams.rejected + azure.pagerduty.rejected + azure.splunk.rejected == []


def test_the_siems_are_looked_at_and_tested_too(azure: Sandbox, doctor: Doctor) -> None:
    every = azure.environment(every_channel=True)
    looked_at = doctor(**every)
    sent = [len(each.accepted) for each in azure.sinks]
    tested = doctor("--send-test", **every)

    tokens = [each for each in lines(looked_at, "ok") if each.startswith("token for ")]
    assert (looked_at.returncode, tested.returncode) == (0, 0)
    assert len(tokens) == 5
    assert (sent, [len(each.accepted) for each in azure.sinks]) == ([0] * 6, [2] * 6)
    assert [row["ActivityId"] for row in azure.sentinel.bodies()] == [1, 3]
    assert [each["activity_id"] for each in azure.webhook.bodies()] == [1, 3]
    assert [each["type"] for each in azure.topic.bodies()] == [
        *("PhiDrift.Finding.Opened", "PhiDrift.Finding.Resolved")
    ]


def test_what_the_siems_refuse_is_named_with_its_repair(azure: Sandbox, doctor: Doctor) -> None:
    every = azure.environment(every_channel=True)
    azure.sentinel.granted = azure.topic.granted = False
    azure.webhook.rotate()
    done = doctor("--send-test", **every)

    sentinel, topic, webhook = lines(done, "fail")
    identity = azure.identity.actor.object_id
    assert done.returncode == 1
    assert "HTTP 403 (OperationFailed: " in sentinel
    assert (
        "--role 'Monitoring Metrics Publisher' --scope ID_OF_THE_DATA_COLLECTION_RULE" in sentinel
    )
    assert f"--assignee-object-id {identity}" in sentinel
    assert "--role 'EventGrid Data Sender' --scope ID_OF_THE_TOPIC" in topic
    assert ("HTTP 401" in webhook, "FINDINGS_WEBHOOK_SECRET" in webhook) == (True, True)
    for secret in (every["FINDINGS_WEBHOOK_URL"], every["FINDINGS_WEBHOOK_SECRET"]):
        assert secret not in done.stdout + done.stderr


def test_a_missing_role_is_named_with_its_scope_and_the_command(
    azure: Sandbox, doctor: Doctor
) -> None:
    azure.arm.refuse(f"/subscriptions/{SUBSCRIPTION}", status=403)
    done = doctor()

    (told,) = lines(done, "fail")
    assert (done.returncode, done.stderr) == (1, "")
    assert told.endswith(
        f"--assignee-object-id {azure.identity.actor.object_id} "
        f"--assignee-principal-type ServicePrincipal --role Reader "
        f"--scope /subscriptions/{SUBSCRIPTION}"
    )


def test_only_the_types_of_a_provider_that_refuses_are_named(
    azure: Sandbox, doctor: Doctor
) -> None:
    azure.arm.refuse("/providers/microsoft.network", status=403)
    done = doctor()

    told = lines(done, "fail")
    assert told
    assert all(each.startswith("microsoft.network/") for each in told), told


def test_a_workspace_that_is_not_there_is_named(doctor: Doctor) -> None:
    done = doctor(LOG_ANALYTICS_WORKSPACE_ID=ELSEWHERE)

    not_found, different = lines(done, "fail")
    assert done.returncode == 1
    assert "LOG_ANALYTICS_WORKSPACE_ID is not a workspace" in not_found
    assert "name two different workspaces" in different


def test_a_workspace_that_may_not_be_asked_is_named_with_its_role(
    azure: Sandbox, doctor: Doctor
) -> None:
    azure.logs.refuse(status=403, code="InsufficientAccessError")
    done = doctor()

    (told,) = lines(done, "fail")
    assert f"--role 'Log Analytics Reader' --scope {WORKSPACE}" in told


def test_repairs_are_named_where_channels_have_changed(azure: Sandbox, doctor: Doctor) -> None:
    old = azure.environment()
    azure.teams.rotate()
    azure.pagerduty.rotate()
    azure.splunk.rotate()
    done = doctor("--send-test")

    teams, pagerduty, splunk = lines(done, "fail")
    assert done.returncode == 1
    assert ("HTTP 401" in teams, "TEAMS_WEBHOOK_URL" in teams) == (True, True)
    assert ("HTTP 400" in pagerduty, "PAGERDUTY_ROUTING_KEY" in pagerduty) == (True, True)
    assert ("code 4" in splunk, "SPLUNK_HEC_TOKEN" in splunk) == (True, True)
    for name in ("TEAMS_WEBHOOK_URL", "PAGERDUTY_ROUTING_KEY", "SPLUNK_HEC_TOKEN"):
        assert old[name] not in done.stdout + done.stderr


def test_untrusted_certificates_are_named_without_an_address(
    azure: Sandbox, doctor: Doctor
) -> None:
    done = doctor("--send-test", REQUESTS_CA_BUNDLE="", SSL_CERT_FILE="")

    told = lines(done, "fail")
    assert done.returncode == 1
    assert len([each for each in told if "its certificate is not trusted" in each]) == 6
    assert azure.teams.url not in done.stdout + done.stderr
    assert "127.0.0.1" not in done.stdout + done.stderr


def test_an_identity_without_a_token_is_named_without_the_sdks_reason(doctor: Doctor) -> None:
    done = doctor(IDENTITY_HEADER="other")

    (told,) = lines(done, "fail")
    assert (done.returncode, done.stderr) == (1, "")
    assert told.startswith("token for ARM: the system-assigned managed identity got no token")


def test_absent_settings_cause_a_warning(doctor: Doctor) -> None:
    done = doctor(
        LOG_ANALYTICS_WORKSPACE_ID="",
        PAGERDUTY_ROUTING_KEY="",
        PAGERDUTY_EVENTS_URL="",
        SPLUNK_HEC_URL="",
        SPLUNK_HEC_TOKEN="",
        PAGERDUTY_WEBHOOK_SECRET="swordfish",
    )

    idle, workspace, low, alone = lines(done, "warn")
    assert done.returncode == 0
    assert "without effect in this version: PAGERDUTY_WEBHOOK_SECRET" in idle
    assert "LOG_ANALYTICS_WORKSPACE_ID is not set" in workspace
    assert "no channel gets findings of DEFENDER-COMPLIANCE-STANDARD (low)" in low
    assert "only Teams gets critical findings" in alone
    assert "swordfish" not in done.stdout


def test_wrong_settings_and_a_wrong_file_are_one_list(tmp_path: Path, doctor: Doctor) -> None:
    (tmp_path / "monitor.toml").write_text("[phi]\ntag_name = 3\n", encoding="utf-8")
    done = doctor(
        MONITOR_CONFIG="monitor.toml",
        MONITORED_SUBSCRIPTIONS="prod",
        TEAMS_WEBHOOK_URL="http://swordfish.example",
    )

    problems = done.stderr.splitlines()
    assert done.returncode == 2
    assert [each.split()[2] for each in problems] == [
        *("MONITORED_SUBSCRIPTIONS:", "TEAMS_WEBHOOK_URL", "monitor.toml:"),
    ]
    assert "line 2, phi.tag_name: Unknown key; did you mean tag_names?" in problems[2]
    assert problems[0].endswith(
        "next: set or correct it in the environment or in local.settings.json; docs/settings.md explains it"
    )
    assert problems[2].endswith("next: correct the file; `phidrift config check` checks it")
    assert "swordfish" not in done.stdout + done.stderr


def test_the_report_as_json_has_every_check_and_their_counts(doctor: Doctor) -> None:
    report = json.loads(doctor("--json", PAGERDUTY_WEBHOOK_SECRET="swordfish").stdout)

    (idle,) = [each for each in report["checks"] if each["level"] == "warn"]
    assert (idle["name"], "PAGERDUTY_WEBHOOK_SECRET" in idle["finding"]) == ("settings", True)
    assert idle["next"] == "do not rely on them yet"
    assert report["summary"] == {"ok": len(report["checks"]) - 1, "warn": 1, "fail": 0}


def test_wrong_settings_are_checks_that_fail_in_json(doctor: Doctor) -> None:
    done = doctor("--json", MONITORED_SUBSCRIPTIONS="prod")

    report = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (2, "")
    assert report["summary"]["fail"] == 1
    assert "Item 1 is not a subscription GUID." in report["checks"][-1]["finding"]
    assert "docs/settings.md" in report["checks"][-1]["next"]


def test_local_settings_are_read_as_serve_reads_them(tmp_path: Path, doctor: Doctor) -> None:
    values = {"PAGERDUTY_WEBHOOK_SECRET": "swordfish", "MONITORED_SUBSCRIPTIONS": ELSEWHERE}
    text = json.dumps({"Values": values})
    (tmp_path / "local.settings.json").write_text(text, encoding="utf-8")
    done = doctor()

    (told,) = lines(done, "warn")
    assert "PAGERDUTY_WEBHOOK_SECRET" in told
    assert ELSEWHERE not in done.stdout


def test_a_state_that_cannot_be_written_is_named_and_the_rest_is_tried(
    tmp_path: Path, doctor: Doctor
) -> None:
    (tmp_path / "file").touch()
    done = doctor(STATE_STORE=f"sqlite:{tmp_path}/file/state.db")

    told, key = lines(done, "fail")
    assert told.startswith(f"state store: {tmp_path}/file/state.db cannot be used")
    assert key.startswith("evidence key: no key signs the checkpoints")
    assert any(each.startswith("Log Analytics query") for each in lines(done, "ok"))


def test_a_state_in_tables_is_written_and_queues_in_azurite_are_asked(
    azurite: Azurite, doctor: Doctor
) -> None:
    storage = azurite.connection_string()
    done = doctor(STATE_STORE=storage, AzureWebJobsStorage=storage, PSEUDONYM_KEY="swordfish")

    assert done.returncode == 0
    assert any(each.startswith("state store: tables of 127.0.0.1:") for each in lines(done, "ok"))
    assert "queues: serve keeps them in Azurite, which answers" in lines(done, "ok")
    assert "swordfish" not in done.stdout + done.stderr
    assert KEY not in done.stdout + done.stderr


def test_a_role_that_is_missing_on_the_account_is_named_with_the_command(
    azure: Sandbox, doctor: Doctor
) -> None:
    def answer(_: Request) -> Answer:
        error = {"code": "AuthorizationPermissionMismatch", "message": {"value": "you may not"}}
        return json_answer(403, {"odata.error": error})

    with scripted(azure, answer) as far:
        done = doctor(STATE_STORE=f"{far.base_url}/records", PSEUDONYM_KEY="swordfish")

    (told,) = lines(done, "fail")
    assert told.startswith("state store: STATE_STORE, tables of 127.0.0.1:")
    assert f"--assignee-object-id {azure.identity.actor.object_id}" in told
    assert "--role 'Storage Table Data Contributor' --scope" in told
    assert "az storage account show --name records" in told


def test_an_azurite_that_is_not_there_is_named_for_state_and_queues(doctor: Doctor) -> None:
    storage = f"AccountName=clinic;AccountKey={KEY}"
    storage += ";TableEndpoint=http://127.0.0.1:9/clinic;QueueEndpoint=http://127.0.0.1:9/clinic"
    done = doctor(STATE_STORE=storage, AzureWebJobsStorage=storage, PSEUDONYM_KEY="swordfish")

    queues, state = lines(done, "fail")
    assert done.returncode == 1
    assert "queues of 127.0.0.1:9: no answer; next: start Azurite" in queues
    assert "tables of 127.0.0.1:9: no answer" in state
    assert "next: start Azurite" in state
