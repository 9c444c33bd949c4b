"""``phidrift scan`` as a process, against the sandbox: what it prints and how it ends."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.__main__ import main
from cli.scan import limit_of
from detectors import DETECTORS
from drift.errors import SourceUnavailable
from drift.observation.throttle_gate import WAIT
from sandbox.clinic.estate import RECORDS, SUBSCRIPTION
from sandbox.clinic.tenant import MONITOR_TOML
from sandbox.world import Sandbox
from tests.support.commands import Commands

ELSEWHERE = "11111111-2222-3333-4444-555555555555"
CHANNELS = ("TEAMS_", "PAGERDUTY_", "SPLUNK_")

Scan = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def scan(azure: Sandbox, commands: Commands, tmp_path: Path) -> Scan:
    """Return what runs the command with the sandbox's settings, but for its channels."""
    settings = {
        name: value for name, value in azure.environment().items() if not name.startswith(CHANNELS)
    }
    rules = tmp_path / "clinic.toml"
    rules.write_text(MONITOR_TOML, encoding="utf-8")
    settings["MONITOR_CONFIG"] = str(rules)
    base = {"PATH": os.environ["PATH"], **settings}

    def run(*arguments: str, **values: str) -> subprocess.CompletedProcess[str]:
        return commands.run("scan", *arguments, cwd=tmp_path, env=base | values)

    return run


def lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(each) for each in done.stdout.splitlines()]


def opened(azure: Sandbox) -> None:
    """Open the records to the public, without a word from Event Grid."""
    body = azure.read(RECORDS)
    body["properties"]["allowBlobPublicAccess"] = True
    azure.place(body)
    azure.set_container_acl(RECORDS, "patient-records", "Container")


def test_an_estate_in_order_prints_nothing_and_ends_well(scan: Scan) -> None:
    done = scan()

    assert (done.returncode, done.stdout) == (0, "")
    assert "0 fail, 0 unknown" in done.stderr


def test_a_subscription_that_is_no_guid_is_blamed_on_its_option(scan: Scan) -> None:
    done = scan("--subscription", "clinic")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "phidrift: --subscription clinic: not a subscription GUID.\n"


def test_without_any_subscription_both_ways_to_name_one_are_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MONITORED_SUBSCRIPTIONS", " ")

    assert main(["scan"]) == 2
    assert capsys.readouterr().err == (
        "phidrift: no subscription to scan: name one with --subscription ID, or set "
        "MONITORED_SUBSCRIPTIONS.\n"
    )


def test_without_a_login_it_says_how_to_sign_in_and_nothing_of_the_sdk(scan: Scan) -> None:
    done = scan(IDENTITY_HEADER="wrong")

    told = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (2, "")
    assert told[0].startswith("phidrift scan: the system-assigned managed identity got no token")
    assert len(told) == 2
    assert told[1].endswith("0 unknown, 0 excepted, 0 pass; incomplete: 1 not read to the end")


def test_a_filter_hides_a_result_and_says_so_and_the_exit_code_counts_it(
    azure: Sandbox, scan: Scan
) -> None:
    opened(azure)
    done = scan("--control", "storage-tls")

    assert (done.returncode, done.stdout) == (1, "")
    assert "1 result is hidden by --severity or --control (1 fail)" in done.stderr


def test_a_table_has_sections_and_summaries(azure: Sandbox, scan: Scan) -> None:
    opened(azure)
    table = scan("--format", "table").stdout

    assert table.startswith("MEDIUM    lakesiderecords  storageAccounts in clinic-data, PHI\n")
    assert ("BY CONTROL" in table, "BY RESOURCE GROUP" in table) == (True, True)
    assert "\x1b" not in table


def test_scan_prints_failures_in_the_format_of_evaluate(azure: Sandbox, scan: Scan) -> None:
    opened(azure)
    done = scan()
    [line] = lines(done)

    assert done.returncode == 1
    assert (line["resourceId"], line["control"]) == (RECORDS, "STORAGE-PUBLIC-ACCESS")
    assert (line["outcome"], line["phi"]) == ("fail", True)
    assert line["fix"]["command"].startswith("az storage account update")
    assert [each.count() for each in (azure.teams, azure.pagerduty, azure.splunk)] == [0, 0, 0]


def test_all_prints_what_passes_too(scan: Scan) -> None:
    evidence = "https://lakesidewebsite.blob.core.windows.net/drift-evidence"
    done = scan("--all", EVIDENCE_STORE=evidence)
    judged = {each["control"] for each in lines(done) if each["outcome"] == "pass"}

    assert done.returncode == 0
    assert judged == {each.CONTROL.id for each in DETECTORS}


def test_a_resource_that_the_identity_may_not_read_is_unknown(azure: Sandbox, scan: Scan) -> None:
    azure.arm.refuse("/providers/microsoft.insights/diagnosticsettings", status=403)
    done = scan()

    assert done.returncode == 1
    assert {(each["outcome"], each["control"]) for each in lines(done)} >= {
        ("unknown", "STORAGE-LOGGING")
    }


def test_a_subscription_that_cannot_be_listed_is_no_all_clear(scan: Scan) -> None:
    done = scan("--subscription", ELSEWHERE)

    assert (done.returncode, done.stdout) == (2, "")
    assert f"{ELSEWHERE} was not read to its end" in done.stderr
    assert "the subscription does not exist, or the identity may not read it" in done.stderr


def test_a_scan_from_a_resource_id_starts_there(azure: Sandbox, scan: Scan) -> None:
    opened(azure)
    every = {each["resourceId"] for each in lines(scan("--all"))}
    done = scan("--subscription", SUBSCRIPTION, "--from", RECORDS, "--all")
    later = {each["resourceId"] for each in lines(done)}

    assert RECORDS in later
    assert later < every
    assert "to continue" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--from", RECORDS.replace(SUBSCRIPTION, ELSEWHERE)),
        ("--from", f"{RECORDS}gone"),
    ],
    ids=["another subscription", "not listed"],
)
def test_a_scan_from_an_id_that_is_not_listed_is_refused(
    scan: Scan, arguments: tuple[str, ...]
) -> None:
    done = scan(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("phidrift")


@pytest.mark.parametrize(
    ("what", "code", "says"),
    [
        (RECORDS, "TooManyRequests", "microsoft.storage accepts no more reads now"),
        (
            RECORDS,
            WAIT,
            "the limit of microsoft.storage, or the scan's own lower limit of reads, is reached",
        ),
        ("Resource Graph", "RateLimiting", "Resource Graph accepts no more reads now"),
    ],
)
def test_a_scan_that_waits_says_whose_limit_it_waits_for(what: str, code: str, says: str) -> None:
    assert limit_of(SourceUnavailable(what, 429, code)) == says
