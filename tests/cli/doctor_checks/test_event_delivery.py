"""The doctor's check of the event subscriptions says what MONITOR-SELF says."""

import pytest

from cli.doctor_checks.check import Level
from cli.doctor_checks.event_delivery import checked
from drift.fixes import DeleteChild, Fix
from drift.model import Outcome, Verdict
from tests.support.rig import SUBSCRIPTION

NAMED = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/a/providers/Microsoft.EventGrid/systemTopics/b"
)


@pytest.mark.parametrize(
    ("outcome", "level"),
    [
        (Outcome.PASS, Level.OK),
        (Outcome.FAIL, Level.FAIL),
        (Outcome.UNKNOWN, Level.WARN),
        (Outcome.NOT_APPLICABLE, Level.OK),
    ],
)
def test_only_a_failure_fails(outcome: Outcome, level: Level) -> None:
    found = checked(SUBSCRIPTION, Verdict(outcome, "So it is.", fix=Fix(note="Deploy it.")))

    assert (found.level, found.name) == (level, f"events of {SUBSCRIPTION}")
    assert found.finding.startswith("So it is")


def test_the_next_step_is_the_command_where_there_is_one() -> None:
    by_hand = checked(SUBSCRIPTION, Verdict(Outcome.FAIL, "No.", fix=Fix(note="Deploy it.")))
    by_command = checked(
        SUBSCRIPTION, Verdict(Outcome.FAIL, "No.", fix=Fix((DeleteChild(NAMED),), "Careful."))
    )

    assert by_hand.step == "Deploy it."
    assert by_command.step == f"az resource delete --ids {NAMED}"
