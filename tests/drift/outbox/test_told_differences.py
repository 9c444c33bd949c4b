"""Alerts show only the changed tags that a rule names, because others may contain a person's name."""

from typing import Any

import pytest

from drift.notices import Difference
from drift.outbox.told_differences import told_differences

NAMES = ("dataClassification", "role")
PHI = {"DataClassification": "phi"}
PATIENT = {"patient": "doe-jane"}


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (PHI | PATIENT, PATIENT, (PHI, {})),
        (PHI, None, (PHI, None)),
        (None, {"role ": "jumpbox", "owner": "doe"}, (None, {"role ": "jumpbox"})),
        ("{'patient': 'doe-ja…", PHI, ("too many tags to tell which", PHI)),
        (PATIENT, {"patient": "roe"}, None),
        (None, PATIENT, (None, {})),
    ],
)
@pytest.mark.parametrize("path", ["tags", "Tags", "resourceGroups/clinic#tags"])
def test_only_tags_of_rules_are_told(
    path: str, before: Any, after: Any, told: tuple[Any, Any] | None
) -> None:
    expected = (Difference(path, *told),) if told else ()

    assert told_differences([Difference(path, before, after)], NAMES) == expected


def test_other_differences_are_told_as_they_are() -> None:
    others = (Difference("properties.tags", PATIENT, None), Difference("tagsX", "a", "b"))

    assert told_differences(others, NAMES) == others
