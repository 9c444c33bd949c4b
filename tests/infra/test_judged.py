"""The deployment passes the product's own controls."""

import json
from datetime import UTC, datetime

import pytest

from cli import evaluate
from cli.offline.snapshot import snapshot_cases
from detectors import DETECTORS
from drift.config.model import Config
from tests.infra.predicted import ROOT

NOW = datetime(2026, 12, 2, tzinfo=UTC)
PASSED = {
    *("STORAGE-PUBLIC-ACCESS", "STORAGE-FIREWALL", "STORAGE-TLS", "STORAGE-SHARED-KEY"),
    *("STORAGE-CMK", "STORAGE-LOGGING", "STORAGE-RECOVERY"),
    *("KEYVAULT-PROTECTION", "KEYVAULT-NETWORK", "KEYVAULT-LOGGING"),
    *("NSG-ADMIN-PORTS", "NSG-COVERAGE", "WORKSPACE-RETENTION"),
}


def test_every_resource_of_the_app_passes_every_control(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = (ROOT / "infra/app/snapshot.snapshot.json").read_text(encoding="utf-8")

    code = evaluate.report(
        text, DETECTORS, Config(), complete=True, now=NOW, cases_in=snapshot_cases
    )

    results = [json.loads(each) for each in capsys.readouterr().out.splitlines()]
    assert [each for each in results if each["outcome"] not in ("pass", "not_applicable")] == []
    assert {each["control"] for each in results if each["outcome"] == "pass"} >= PASSED
    assert code == 0
