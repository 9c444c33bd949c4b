"""``python -m sandbox`` serves the clinic until it is asked to stop."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from sandbox import by_hand
from sandbox.clinic.estate import RECORDS
from sandbox.received_line import LONGEST


@pytest.fixture
def process(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "sandbox", "--json", "--lag", "0"]
    with subprocess.Popen(
        command,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        yield running
        running.kill()


def settings_of(process: subprocess.Popen[str]) -> dict[str, str]:
    """Return its output up to the last part."""
    assert process.stdout is not None
    settings: dict[str, str] = {}
    while "SANDBOX_SUBSCRIPTION" not in settings:
        settings |= json.loads(process.stdout.readline())
    return settings


def test_it_prints_what_is_needed_and_serves(process: subprocess.Popen[str]) -> None:
    settings = settings_of(process)
    response = requests.get(
        f"{settings['ARM_ENDPOINT']}{RECORDS}",
        params={"api-version": "2024-01-01"},
        headers={"Authorization": f"Bearer {settings['SANDBOX_TOKEN']}"},
        verify=settings["REQUESTS_CA_BUNDLE"],
        timeout=60,
    )
    process.send_signal(signal.SIGTERM)

    assert response.json()["id"] == RECORDS
    assert process.wait(10) == 0


def test_each_message_that_a_channel_accepts_is_printed(process: subprocess.Popen[str]) -> None:
    settings = settings_of(process)
    event = {
        "routing_key": settings["PAGERDUTY_ROUTING_KEY"],
        "event_action": "trigger",
        "payload": {"summary": "Drift: " + "x" * 200, "source": "s", "severity": "error"},
    }
    finding = {
        "status": "New",
        "severity": "High",
        "compliance": {"control": "STORAGE-TLS"},
        "resources": [{"name": "records"}],
    }
    card = {"type": "AdaptiveCard", "version": "1.5", "body": [{"text": "Drift "}, {"text": "it"}]}
    kind = "application/vnd.microsoft.card.adaptive"
    token = {"Authorization": f"Splunk {settings['SPLUNK_HEC_TOKEN']}"}
    for url, body, headers in (
        (f"{settings['PAGERDUTY_EVENTS_URL']}/v2/enqueue", event, {}),
        (settings["SPLUNK_HEC_URL"], {"event": finding}, token),
        (settings["SPLUNK_HEC_URL"], {"event": "any\nthing"}, token),
        (
            settings["TEAMS_WEBHOOK_URL"],
            {"type": "message", "attachments": [{"contentType": kind, "content": card}]},
            {},
        ),
    ):
        requests.post(
            url, json=body, headers=headers, verify=settings["REQUESTS_CA_BUNDLE"], timeout=10
        ).raise_for_status()
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)

    assert said.splitlines() == [
        "pagerduty: Drift: " + "x" * (LONGEST - len("pagerduty: Drift: ")),
        "splunk: New, High: STORAGE-TLS on records",
        "splunk: any thing",
        "teams: Drift it",
    ]


@pytest.mark.parametrize("more", [(), (signal.SIGINT,), (signal.SIGTERM, signal.SIGTERM)])
def test_no_folder_is_left_however_many_signals_end_the_sandbox(
    process: subprocess.Popen[str], tmp_path: Path, more: tuple[signal.Signals, ...]
) -> None:
    settings_of(process)
    for number in (signal.SIGINT, *more):
        process.send_signal(number)
    _, said = process.communicate(timeout=60)

    assert process.returncode in (0, 130, 143)
    assert said == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("given", ["foo", "localhost:7071", "ftp://localhost/", "http://"])
def test_events_are_delivered_to_a_url_only(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        by_hand.main(["--deliver-to", given])

    assert ended.value.code == 2
    assert f"{given!r} is not an http or https URL" in capsys.readouterr().err
