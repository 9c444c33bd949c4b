"""The deployment passes the product's own controls."""

import json
from datetime import UTC, datetime

import pytest

from cli import evaluate
from detectors import DETECTORS
from drift.config.model import Config
from tests.infra.predicted import SUBSCRIPTION, resources

NOW = datetime(2026, 12, 2, tzinfo=UTC)
WATCHED = {"id": SUBSCRIPTION, "type": "Microsoft.Resources/subscriptions", "tags": {}}
PASSED = {
    *("STORAGE-PUBLIC-ACCESS", "STORAGE-FIREWALL", "STORAGE-TLS", "STORAGE-SHARED-KEY"),
    *("STORAGE-CMK", "STORAGE-LOGGING", "STORAGE-RECOVERY"),
    *("KEYVAULT-PROTECTION", "KEYVAULT-NETWORK", "KEYVAULT-LOGGING"),
    *("NSG-ADMIN-PORTS", "NSG-COVERAGE", "WORKSPACE-RETENTION"),
}


def test_every_resource_of_the_app_passes_every_control(
    capsys: pytest.CaptureFixture[str],
) -> None:
    bodies = [each for each in resources("app") if "/providers/" in each["id"]]
    cases = [
        {"resource": each, "related": [*(other for other in bodies if other is not each), WATCHED]}
        for each in bodies
    ]

    code = evaluate.report(
        "\n".join(map(json.dumps, cases)), DETECTORS, Config(), complete=True, now=NOW
    )

    results = [json.loads(each) for each in capsys.readouterr().out.splitlines()]
    assert [each for each in results if each["outcome"] not in ("pass", "not_applicable")] == []
    assert {each["control"] for each in results if each["outcome"] == "pass"} >= PASSED
    assert code == 0
