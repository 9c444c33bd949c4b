"""Which rule of HIPAA a citation belongs to."""

import pytest
from drift.hipaa import by_rule, cited, rule_of, standards

from detectors import DETECTORS
from drift.controls.monitor_controls import MONITOR_CONTROLS


@pytest.mark.parametrize(
    ("citation", "rule"),
    [
        ("164.308(a)(4)(i)", "Security Rule"),
        ("164.312(b)", "Security Rule"),
        ("164.402", "Breach Notification Rule"),
        ("164.502(a)", "Privacy Rule"),
        ("164.102", "General Provisions"),
        ("", "General Provisions"),
        ("²34", "General Provisions"),
    ],
)
def test_a_section_belongs_to_the_rule_of_its_subpart(citation: str, rule: str) -> None:
    assert rule_of(citation) == rule
    assert cited(citation) == f"HIPAA {rule} {citation}"


def test_citations_are_listed_behind_their_rules() -> None:
    citations = ("164.312(a)(2)(iv)", "164.402", "164.312(b)")

    assert by_rule(citations) == (
        "Security Rule 45 CFR 164.312(a)(2)(iv), 164.312(b); "
        "Breach Notification Rule 45 CFR 164.402"
    )
    assert standards(citations) == ("HIPAA Security Rule", "HIPAA Breach Notification Rule")
    assert by_rule(()) == ""


def test_every_citation_of_a_control_belongs_to_a_rule() -> None:
    controls = (*(each.CONTROL for each in DETECTORS), *MONITOR_CONTROLS)

    rules = {rule_of(each) for control in controls for each in control.hipaa}
    assert rules == {"Security Rule", "Breach Notification Rule"}
