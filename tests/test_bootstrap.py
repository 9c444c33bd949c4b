"""The composition root: settings and monitor.toml are read together and refused together."""

import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from certifi import where

import bootstrap
from adapters.queues.azurite import StorageQueues
from adapters.queues.protocol import QueuesUnavailable
from drift.config.storage_account import by_connection_string
from drift.errors import BadSettings
from drift.intake.event_topics import CHANGES
from drift.pipeline import Monitor
from drift.version import __version__
from notifiers.channels import CHANNELS
from tests.azurite import Azurite

GOOD = {
    "MONITORED_SUBSCRIPTIONS": "00000000-0000-0000-0000-00000000000a",
    "TEAMS_WEBHOOK_URL": "https://teams.example/w?s=1",
}


SIEMS = {
    "SENTINEL_ENDPOINT": "https://rule.ingest.example",
    "SENTINEL_RULE_ID": "dcr-000a00a000a00000a000000aa000a0aa",
    "SENTINEL_STREAM": "Custom-PhiDriftFindings_CL",
    "FINDINGS_TOPIC_ENDPOINT": "https://topic.example",
    "FINDINGS_WEBHOOK_URL": "https://hooks.example",
    "FINDINGS_WEBHOOK_SECRET": "whsec_c3dvcmRmaXNo",
}
EVERY_CHANNEL = {
    **GOOD,
    **SIEMS,
    "PAGERDUTY_ROUTING_KEY": "0123456789abcdef0123456789abcdef",
    "SPLUNK_HEC_URL": "https://splunk.example/services/collector/event",
    "SPLUNK_HEC_TOKEN": "token",
}
PRODUCTION = {"PSEUDONYM_KEY": "swordfish"}
ACCOUNT = "AccountName=records;AccountKey=swordfish123"


def written(folder: Path, content: bytes) -> str:
    path = folder / "monitor.toml"
    path.write_bytes(content)
    return str(path)


def test_a_file_that_an_editor_on_windows_saved_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, b"\xef\xbb\xbf[timing]\r\nsettle_seconds = 7\r\n")

    _, config = bootstrap.load_configuration(GOOD | {"MONITOR_CONFIG": f" {path} "})

    assert config.timing.settle_seconds == 7


def test_what_event_grid_must_deliver_is_what_the_controls_watch() -> None:
    app = f"/subscriptions/{'0' * 8}/resourceGroups/r/providers/Microsoft.Web/sites/app"
    _, plain = loaded = bootstrap.load_configuration(GOOD)
    _, named = other = bootstrap.load_configuration(GOOD | {"MONITOR_APP_ID": app})

    assert "microsoft.storage/storageaccounts/" in plain.baseline.required_events[CHANGES]
    assert (plain.baseline.monitor_app, named.baseline.monitor_app) == ("", app.lower())
    assert bootstrap.facts(*loaded).config_hash != bootstrap.facts(*other).config_hash


def test_the_container_of_evidence_is_evaluated_and_is_part_of_the_configuration() -> None:
    address = "https://records.blob.core.windows.net/evidence"
    folder = bootstrap.load_configuration(GOOD)
    container = bootstrap.load_configuration(GOOD | {"EVIDENCE_STORE": address})

    assert folder[1].baseline.evidence_container == ""
    assert container[1].baseline.evidence_container == address
    assert bootstrap.facts(*folder).config_hash != bootstrap.facts(*container).config_hash


def test_what_is_wrong_with_the_settings_and_the_file_is_one_error(tmp_path: Path) -> None:
    path = written(tmp_path, b"[timing]\nsettle_seconds = -1\n")

    with pytest.raises(BadSettings) as refused:
        bootstrap.load_configuration({"MONITOR_CONFIG": path, "ARM_ENDPOINT": "swordfish"})

    told = "\n".join(refused.value.problems)
    assert "ARM_ENDPOINT is not an https address" in told
    assert "MONITORED_SUBSCRIPTIONS is not set" in told
    assert "monitor.toml: line 2, timing.settle_seconds" in told
    assert "swordfish" not in told


@pytest.mark.parametrize("name", [each.name for each in CHANNELS[1:]])
def test_a_route_to_a_channel_without_settings_is_refused(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, f'[[routes]]\nchannels = ["teams", "{name}"]\n'.encode())

    with pytest.raises(BadSettings) as refused:
        bootstrap.load_configuration(GOOD | {"MONITOR_CONFIG": path})

    assert refused.value.problems == (
        f"{path}: line 2, routes[0].channels[1]: Channel {name} has no app settings.",
    )


def test_a_route_to_a_channel_without_settings_is_named_with_all_else(tmp_path: Path) -> None:
    path = written(tmp_path, b'x = 1\nroutes = [{channels = ["teams", "splunk", "webhook"]}]\n')

    with pytest.raises(BadSettings) as refused:
        bootstrap.load_configuration(
            {**GOOD, "TEAMS_WEBHOOK_URL": "teams", "SPLUNK_HEC_TOKEN": "t", "MONITOR_CONFIG": path}
        )

    assert refused.value.problems == (
        "TEAMS_WEBHOOK_URL is not an https address.",
        "SPLUNK_HEC_URL is not set, but SPLUNK_HEC_TOKEN is.",
        f"{path}: line 1, x: Unknown key.",
        f"{path}: line 2, routes[0].channels[2]: Channel webhook has no app settings.",
    )


def test_without_channels_no_route_is_wrong(tmp_path: Path) -> None:
    path = written(tmp_path, b'[[routes]]\nchannels = ["splunk"]\n')
    nobody = {**GOOD, "TEAMS_WEBHOOK_URL": "", "MONITOR_CONFIG": path}

    _, config = bootstrap.load_configuration(nobody, needs_channels=False)

    assert config.routes[0].channels == ("splunk",)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"REQUESTS_CA_BUNDLE": "none.pem"}, "REQUESTS_CA_BUNDLE"),
        ({"REQUESTS_CA_BUNDLE": "empty.pem"}, "REQUESTS_CA_BUNDLE"),
        ({"CURL_CA_BUNDLE": "none.pem"}, "CURL_CA_BUNDLE"),
        ({"CURL_CA_BUNDLE": "none.pem", "REQUESTS_CA_BUNDLE": "."}, ""),
        ({"REQUESTS_CA_BUNDLE": "none.pem", "CURL_CA_BUNDLE": "."}, "REQUESTS_CA_BUNDLE"),
        ({"REQUESTS_CA_BUNDLE": where()}, ""),
        ({"REQUESTS_CA_BUNDLE": ""}, ""),
    ],
)
def test_certificate_authorities_that_cannot_be_read_are_one_problem(
    tmp_path: Path, values: dict[str, str], name: str
) -> None:
    (tmp_path / "empty.pem").touch()
    env = GOOD | {each: value and str(tmp_path / value) for each, value in values.items()}
    told: tuple[str, ...] = ()
    try:
        bootstrap.load_configuration(env)
    except BadSettings as error:
        told = error.problems

    file = str(tmp_path / values.get(name, ""))
    assert [each.partition(" cannot be read: ")[0] for each in told] == (
        [f"{name}: {file}"] if name else []
    )


def test_an_address_in_place_of_a_file_is_not_repeated() -> None:
    with pytest.raises(BadSettings) as refused:
        bootstrap.load_configuration(GOOD | {"MONITOR_CONFIG": "https://flow.example/swordfish"})

    assert refused.value.problems == ("MONITOR_CONFIG: an address is not the path of a file.",)


def test_a_runbook_is_found_by_the_id_of_its_control_and_by_nothing_else() -> None:
    page = bootstrap.runbook("storage-tls")

    assert page is not None
    assert page.startswith("# STORAGE-TLS\n")
    assert bootstrap.runbook("MONITOR-BLIND") is not None
    assert [bootstrap.runbook(each) for each in ("README", "../controls", "")] == [None] * 3


def test_every_channel_is_there_by_its_name_and_in_its_place() -> None:
    settings, _ = bootstrap.load_configuration(EVERY_CHANNEL)
    channels, close = bootstrap.channels(settings)
    close()

    names = [each.name for each in CHANNELS]
    assert [each.name for each in channels] == names
    assert list(settings.channels) == names


@pytest.mark.parametrize("content", [b"\xff\xfe", None], ids=["no UTF-8", "no file"])
def test_a_file_that_cannot_be_read_is_refused_by_its_setting(
    tmp_path: Path, content: bytes | None
) -> None:
    path = written(tmp_path, content) if content else str(tmp_path / "none.toml")

    with pytest.raises(BadSettings, match=f"MONITOR_CONFIG: {path} cannot be read: "):
        bootstrap.load_configuration(GOOD | {"MONITOR_CONFIG": path})


@pytest.mark.parametrize("settings", [GOOD, EVERY_CHANNEL], ids=["one channel", "every channel"])
@pytest.mark.parametrize(
    "state", ["sqlite:state.db", "https://records.table.core.windows.net", ACCOUNT]
)
def test_an_event_is_taken_in_without_an_sdk(
    tmp_path: Path, state: str, settings: dict[str, str]
) -> None:
    root = str(Path(bootstrap.__file__).parent)
    script = (
        "import sys, bootstrap; bootstrap.monitor().intake('{}');"
        "print({each.partition('.')[0] for each in sys.modules} & {'azure', 'msal'})"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": root,
            "STATE_STORE": state,
            **settings,
            **PRODUCTION,
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stdout) == (0, "set()\n"), ended.stderr


def test_after_warming_up_the_first_call_to_azure_imports_nothing_unless_it_is_to_defender(
    tmp_path: Path,
) -> None:
    script = (
        "import os, sys, bootstrap; settings, _ = bootstrap.load_configuration(os.environ);"
        "bootstrap.warm(); warmed = {*sys.modules};"
        "bootstrap.clients(settings); print({*sys.modules} - warmed);"
        "print('azure.mgmt.security' in sys.modules)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path(bootstrap.__file__).parent),
            **GOOD,
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stdout) == (0, "set()\nFalse\n"), ended.stderr


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (Path.mkdir, "Is a directory"),
        (lambda path: path.write_bytes(b"swordfish" * 1000), "file is not a database"),
        (lambda path: path.symlink_to(path / "none" / "state.db"), "unable to open"),
    ],
    ids=["a folder", "another file", "nowhere"],
)
def test_a_state_that_cannot_be_used_is_a_wrong_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], object], why: str
) -> None:
    path = tmp_path / "state.db"
    make(path)
    for name, value in {**GOOD, "STATE_STORE": f"sqlite:{path}"}.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(
        BadSettings, match=f"^STATE_STORE names a file that cannot be used: {path}: {why}"
    ):
        bootstrap.open_state()


def test_a_state_in_tables_may_answer_later(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = f"{ACCOUNT};TableEndpoint=http://127.0.0.1:9/records"
    for name, value in {**GOOD, **PRODUCTION, "STATE_STORE": nobody}.items():
        monkeypatch.setenv(name, value)

    bootstrap.open_state()


def test_a_state_that_does_not_answer_is_degraded_and_every_figure_null(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AzureWebJobsStorage", ACCOUNT)
    nobody = f"{ACCOUNT};TableEndpoint=http://127.0.0.1:9/records"
    services = bootstrap.services(
        *bootstrap.load_configuration(GOOD | PRODUCTION | {"STATE_STORE": nobody})
    )
    told = bootstrap.health(lambda: Monitor(services))
    for close in services.closers:
        close()

    unknown = {"waiting": None, "running": None, "poison": None}
    assert told.pop("version").startswith(__version__)
    assert told == {
        "status": "degraded",
        "queues": {"changes": unknown, "deliveries": unknown, "background": unknown},
        **dict.fromkeys(("lastEvent", "due", "undelivered", "unknown", "blind", "notUnderstood")),
        **dict.fromkeys(("undeliveredOld", "oldestUndelivered", "lastSweep", "accepted")),
        "evidenceWaiting": None,
        "evidenceRefused": None,
    }


def test_a_state_that_is_locked_is_degraded_and_every_figure_null(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    env = GOOD | PRODUCTION | {"STATE_STORE": f"sqlite:{path}"}
    services = bootstrap.services(*bootstrap.load_configuration(env))
    assert bootstrap.health(lambda: Monitor(services))["status"] == "ok"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        told = bootstrap.health(lambda: Monitor(services))
        other.execute("ROLLBACK")
    after = bootstrap.health(lambda: Monitor(services))
    for close in services.closers:
        close()

    assert (told["status"], told["lastEvent"], told["due"]) == ("degraded", None, None)
    assert after["status"] == "ok"


def test_a_state_on_a_full_disk_is_degraded(tmp_path: Path) -> None:
    env = GOOD | PRODUCTION | {"STATE_STORE": f"sqlite:{tmp_path / 'state.db'}"}
    services = bootstrap.services(*bootstrap.load_configuration(env))
    assert bootstrap.health(lambda: Monitor(services))["status"] == "ok"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))  # as if no page had room any more
    try:
        told = bootstrap.health(lambda: Monitor(services))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    after = bootstrap.health(lambda: Monitor(services))
    for close in services.closers:
        close()

    assert (told["status"], told["lastEvent"], told["due"]) == ("degraded", None, None)
    assert after["status"] == "ok"


def test_queues_in_azurite_are_counted_with_those_that_are_taken(
    azurite: Azurite, tmp_path: Path
) -> None:
    storage = azurite.connection_string()
    with closing(StorageQueues(by_connection_string(storage), tmp_path / "held.db")) as queues:
        queues.put_many([("changes", "a"), ("changes", "b"), ("deliveries-poison", "c")])
        queues.take("changes", lease_seconds=60, owner="me")

    assert bootstrap.queue_figures(storage) == {
        "changes": {"waiting": 2, "running": None, "poison": 0},
        "deliveries": {"waiting": 0, "running": None, "poison": 1},
        "background": {"waiting": 0, "running": None, "poison": 0},
    }


def test_queues_that_do_not_answer_are_said_and_have_no_figures(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    nobody = f"{ACCOUNT};QueueEndpoint=http://127.0.0.1:9/records"
    monkeypatch.setenv("AzureWebJobsStorage", nobody)
    state = {"STATE_STORE": f"sqlite:{tmp_path}/state.db"}
    services = bootstrap.services(*bootstrap.load_configuration(GOOD | PRODUCTION | state))
    told = bootstrap.health(lambda: Monitor(services))
    for close in services.closers:
        close()

    assert told["status"] == "ok"
    assert told["queues"]["changes"] == {"waiting": None, "running": None, "poison": None}
    with pytest.raises(QueuesUnavailable, match="no answer"):
        bootstrap.queue_figures(nobody)
