"""``phidrift controls``, and the page that it generates."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from cli.__main__ import main
from cli.controls import as_data, every_control, explained, listed_controls, table
from cli.controls_page import markdown
from cli.output.width import terminal_width
from detectors import DETECTORS
from drift.model import Control, Severity

PAGE = Path(__file__).parents[2] / "docs" / "controls.md"

SHUT = Control(
    id="DOOR-SHUT",
    title="The door is shut",
    service="House",
    severity=Severity.CRITICAL,
    otherwise=Severity.LOW,
    hipaa=("164.310(a)(1)", "164.312(b)"),
    why="An open door lets people in.",
    fix="az door update --ids <id> --open false",
    watches={"house/doors": ("properties.open", "properties.key"), "house/walls": ()},
)
WINDOW = Control(
    id="WINDOW",
    title="The window is shut",
    service="House",
    severity=Severity.LOW,
    otherwise=Severity.LOW,
    hipaa=("164.310(a)(1)",),
    why="It rains in.",
    fix="Shut it.",
    watches={"house/windows": ("properties.open",)},
)


def test_a_control_as_data_has_exactly_the_keys_of_the_interface() -> None:
    assert as_data(SHUT) == {
        "id": "DOOR-SHUT",
        "title": "The door is shut",
        "service": "House",
        "severity": "critical",
        "hipaa": ["164.310(a)(1)", "164.312(b)"],
        "fix": "az door update --ids <id> --open false",
        "watches": {"house/doors": ["properties.open", "properties.key"], "house/walls": []},
        "peers": {"prowler": [], "checkov": [], "policy": []},
        "cis": [],
        "runbook": "docs/runbooks/DOOR-SHUT.md",
    }


def test_json_has_the_checks_of_other_tools_as_the_page_has_them() -> None:
    tls = next(each for each in every_control() if each.id == "STORAGE-TLS")
    data = as_data(tls)

    assert data["cis"] == ["4.1", "4.15"]
    assert data["peers"]["checkov"] == ["CKV_AZURE_3", "CKV_AZURE_44"]
    assert (
        "| [STORAGE-TLS](#storage-tls) | `storage_secure_transfer_required_is_enabled`, "
        "`storage_ensure_minimum_tls_version_12` | `CKV_AZURE_3`, `CKV_AZURE_44` | "
        "`404c3081-a854-4457-ae30-26a93ef643f9`, `fe83a0eb-a853-422d-aac2-1bffd182c5d0` | 4.1, 4.15 |\n"
    ) in markdown((tls,))


def test_the_table_has_the_citations_below_each_requirement() -> None:
    assert table((SHUT, WINDOW), 60).splitlines() == [
        "CONTROL    SEVERITY  REQUIREMENT, HIPAA",
        "DOOR-SHUT  critical  The door is shut",
        "                     Security Rule 45 CFR 164.310(a)(1),",
        "                     164.312(b)",
        "WINDOW     low       The window is shut",
        "                     Security Rule 45 CFR 164.310(a)(1)",
    ]


@pytest.mark.parametrize("width", [64, 80, 120])
def test_the_table_fits_into_the_terminal(width: int) -> None:
    assert max(map(len, table(every_control(), width).splitlines())) <= width


def test_an_explanation_fits_into_the_terminal_and_breaks_no_command() -> None:
    long = replace(SHUT, why="An open door lets people in. " * 9, fix=f"az door update {'x ' * 50}")
    lines = explained(long, 60).splitlines()

    assert [each for each in lines if len(each) > 60] == [f"Fix:      {long.fix}"]


def test_the_page_has_a_section_for_each_control() -> None:
    *_, shut, window = markdown((SHUT, WINDOW)).split("\n## ")

    assert shut == (
        "DOOR-SHUT\n\nThe door is shut.\n\nAn open door lets people in.\n\n"
        "- Service: House\n"
        "- Severity: critical, low without PHI\n"
        "- HIPAA: Security Rule 45 CFR 164.310(a)(1), 164.312(b)\n"
        "- Fix: `az door update --ids <id> --open false`\n"
        "- Runbook: [what to do](runbooks/DOOR-SHUT.md)\n"
        "- Watches:\n"
        "  - `house/doors`: `properties.open`, `properties.key`\n"
        "  - `house/walls`\n"
    )
    assert "- Severity: low\n" in window
    assert "- Fix: Shut it.\n" in window


def test_the_page_begins_with_a_row_for_each_control() -> None:
    beginning = markdown((SHUT, WINDOW)).partition("\n## ")[0]

    assert beginning.endswith(
        "| [DOOR-SHUT](#door-shut) | The door is shut | critical | low |\n"
        "| [WINDOW](#window) | The window is shut | low | low |\n"
    )


def test_the_page_has_each_section_of_hipaa_with_its_controls() -> None:
    coverage = markdown((SHUT, WINDOW)).split("\n## ")[1]

    assert coverage.endswith(
        "| 164.310(a)(1) | Security Rule | [DOOR-SHUT](#door-shut), [WINDOW](#window) |\n"
        "| 164.312(b) | Security Rule | [DOOR-SHUT](#door-shut) |\n"
    )


def test_the_privacy_rule_is_covered_where_anyone_can_read_phi() -> None:
    citing = {each.id for each in every_control() if "164.502(a)" in each.hipaa}

    assert "STORAGE-PUBLIC-ACCESS" in citing


def test_the_page_in_docs_is_what_the_controls_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == markdown(every_control()), (
        "make it anew: .venv/bin/phidrift controls --markdown > docs/controls.md"
    )


def test_every_control_is_listed_once_and_the_monitors_own_too() -> None:
    names = [each.id for each in every_control()]

    assert len(set(names)) == len(names)
    assert {each.CONTROL.id for each in DETECTORS} < set(names)
    assert {"MONITOR-BLIND", "MONITOR-CHANNEL"} < set(names)


def test_json_is_an_array_of_every_listed_control(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["controls", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [as_data(each) for each in listed_controls()]


def test_without_an_option_it_is_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["controls"]) == 0
    assert capsys.readouterr().out == table(listed_controls(), terminal_width())


def test_markdown_is_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["controls", "--markdown"]) == 0
    assert capsys.readouterr().out == PAGE.read_text(encoding="utf-8")


def test_one_control_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["controls", "storage-tls"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("STORAGE-TLS: ")
    assert "Severity: high with PHI, medium without\n" in printed


def test_one_control_as_json_is_an_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["controls", "STORAGE-TLS", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["id"] == "STORAGE-TLS"


def test_a_control_that_does_not_exist_is_a_usage_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["controls", "STORAGE-TSL"]) == 2
    assert "did you mean STORAGE-TLS?" in capsys.readouterr().err


def test_an_explanation_says_what_is_not_checked() -> None:
    assert "\nNot checked: the hinges\n" in explained(replace(SHUT, leaves_out="the hinges"), 80)
