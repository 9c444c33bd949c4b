"""A citation names the HIPAA rule that it belongs to."""

import pytest

from detectors import DETECTORS
from drift.controls.citations import by_rule, citation_with_rule, rule_of, standards
from drift.controls.monitor_controls import MONITOR_CONTROLS


@pytest.mark.parametrize(
    ("citation", "rule"),
    [
        ("164.302", "Security Rule"),
        ("164.308(a)(1)(ii)(D)", "Security Rule"),
        ("164.310(b)", "Security Rule"),
        ("164.312(a)(2)(iv)", "Security Rule"),
        ("164.314(a)(1)", "Security Rule"),
        ("164.316(b)(2)(i)", "Security Rule"),
        ("164.318", "Security Rule"),
        ("164.402", "Breach Notification Rule"),
        ("164.414(b)", "Breach Notification Rule"),
        ("164.502(b)", "Privacy Rule"),
        ("164.514(d)", "Privacy Rule"),
        ("164.530(c)", "Privacy Rule"),
    ],
)
def test_a_citation_belongs_to_the_rule_of_its_subpart(citation: str, rule: str) -> None:
    assert rule_of(citation) == rule


@pytest.mark.parametrize(
    "citation",
    ["", "164", "164.", "164.105", "164.320", "164.600", "160.103", "164.312 (a)", "§164.402"],
)
def test_a_citation_of_no_known_rule_is_refused(citation: str) -> None:
    with pytest.raises(ValueError, match="not a citation"):
        rule_of(citation)


def test_citations_are_shown_by_rule() -> None:
    shown = by_rule(("164.312(a)(2)(iv)", "164.402", "164.308(a)(4)(i)"))

    assert shown == (
        "Security Rule 45 CFR 164.312(a)(2)(iv), 164.308(a)(4)(i); "
        "Breach Notification Rule 45 CFR 164.402"
    )


def test_one_citation_names_its_rule() -> None:
    assert citation_with_rule("164.402") == "HIPAA Breach Notification Rule 164.402"


def test_each_rule_is_a_standard_once() -> None:
    citations = ("164.312(a)(2)(iv)", "164.402", "164.312(b)")

    assert standards(citations) == ("HIPAA Security Rule", "HIPAA Breach Notification Rule")


def test_a_citation_of_another_version_is_shown_all_the_same() -> None:
    assert by_rule(("171.101",)) == "rules 45 CFR 171.101"


def test_every_control_cites_known_rules() -> None:
    controls = [*(each.CONTROL for each in DETECTORS), *MONITOR_CONTROLS]

    assert all(rule_of(each) for control in controls for each in control.hipaa)
