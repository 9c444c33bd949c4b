"""If a source does not answer, the result is "not known", and the next query corrects it."""

import pytest

from drift.notices import Access, Change
from tests.scenarios.openings import OPENINGS, Opening, told
from tests.support.exposed_clinic import ExposedClinic

METRICS = "microsoft.insights/metrics"
FAULTS = (403, 429, 504, "partial", "empty body", "HTML", "missing table", "missing column")


def fail(clinic: ExposedClinic, opening: Opening, fault: int | str) -> None:
    """Have the log fail in this way, and the metrics in the same or a similar one."""
    logs, arm = clinic.azure.logs, clinic.azure.arm
    match fault:
        case int():
            logs.refuse(status=fault)
            arm.refuse(METRICS, status=fault)
            return
        case "partial":
            logs.partial(times=50)
        case "empty body":
            logs.blank(times=None)
        case "HTML":
            logs.garble(times=None)
        case "missing table":
            logs.lose(opening.table)
        case _:
            logs.lose(opening.column)
    arm.blank(METRICS, times=None)


@pytest.mark.parametrize("name", OPENINGS)
@pytest.mark.parametrize("fault", FAULTS)
def test_what_does_not_answer_is_not_known_and_the_next_time_catches_up(
    name: str, fault: int | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening = OPENINGS[name]
    with opening.watched(monkeypatch) as clinic:
        fail(clinic, opening, fault)
        opening.open(clinic)
        opening.use(clinic)
        clinic.rig.later(minutes=1)

        exposure = opening.exposure(clinic)
        assert exposure.access is Access.POSSIBLE
        assert "not known" in exposure.summary.lower()
        assert not exposure.is_final
        assert [each for each in exposure.inquiries if each.failure]
        before = told(clinic)
        assert {access for _, access in before} <= {None, Access.POSSIBLE}

        clinic.azure.clear()
        clinic.rig.later(minutes=11)

        assert opening.exposure(clinic).access is opening.access
        after = told(clinic)[len(before) :]
        assert after[-1] == (Change.UPDATED, opening.access)
        assert [access for _, access in after].count(opening.access) == 1
