"""``python -m sandbox`` serves the clinic until it is told to stop."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
import requests

from sandbox.estate import RECORDS


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "sandbox", "--json", "--lag", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        yield running
        running.kill()


def test_it_prints_what_is_needed_and_serves(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    settings: dict[str, str] = {}
    while "SANDBOX_SUBSCRIPTION" not in settings:
        settings |= json.loads(process.stdout.readline())

    response = requests.get(
        f"{settings['ARM_ENDPOINT']}{RECORDS}",
        params={"api-version": "2024-01-01"},
        headers={"Authorization": f"Bearer {settings['SANDBOX_TOKEN']}"},
        verify=settings["REQUESTS_CA_BUNDLE"],
        timeout=10,
    )
    process.send_signal(signal.SIGTERM)

    assert response.json()["id"] == RECORDS
    assert process.wait(10) == 0
