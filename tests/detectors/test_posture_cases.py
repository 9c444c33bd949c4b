"""Policies, reviews, accounts and roles that hide a gap, or only seem to, get the right verdict.

``posture_cases.json`` holds whole documents, as ``phidrift evaluate`` takes them.
"""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from detectors import DETECTORS
from detectors.examples import NOW
from drift import ids
from drift.config.monitor_toml import parse_config
from drift.controls.document_estate import DocumentEstate
from drift.controls.engine import evaluate_controls
from drift.observation.read_estate import resource_of
from drift.phi.resolver import LazyScopeResolver, PriorScope

CASES: Final[list[dict[str, Any]]] = json.loads(
    Path(__file__).with_name("posture_cases.json").read_text(encoding="utf-8")
)

MONITOR_TOML: Final = """
[phi]
applications = ["00000003-0000-0ff1-ce00-000000000000"]
[break_glass]
accounts = ["3c1f6a90-5b2d-4e8a-9f10-6d2c4b8a7e11", "3c1f6a90-5b2d-4e8a-9f10-6d2c4b8a7e12"]
drills = [2026-11-20]
runbooks = [{ id = "IR-7", expires = 2027-06-30 }]
[approved]
privileged_principals = ["0d0f3a1c-1111-4a4a-8b8b-000000000001"]
mfa_exempt_accounts = ["3c1f6a90-5b2d-4e8a-9f10-6d2c4b8a7eaa"]
"""


@pytest.mark.parametrize("case", CASES, ids=lambda each: f"{each['control']}-{each['case']}")
def test_a_shape_has_its_outcome_and_severity(case: dict[str, Any]) -> None:
    config = parse_config(MONITOR_TOML, known_controls=frozenset(), known_channels=frozenset())
    given = (case["resource"], *case["related"])
    documents = {ids.key(each["id"]): each.get("status", each) for each in given}
    estate = DocumentEstate(documents, complete=True, baseline=config.baseline, now=NOW)
    resource = resource_of(case["resource"], case["resource"]["id"])
    scoping = LazyScopeResolver(resource, estate, config.phi, PriorScope())
    chosen = tuple(each for each in DETECTORS if each.CONTROL.id == case["control"])
    [result] = evaluate_controls(chosen, resource, estate, scoping=scoping, config=config)

    assert (result.verdict.outcome, result.severity) == (case["outcome"], case["severity"]), (
        result.verdict.reason
    )
