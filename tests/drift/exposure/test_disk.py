"""Whether a disk was downloaded: a request for a link makes it presumed, regardless of the caller."""

from typing import Any

import pytest

from drift.access.record import Exposure
from drift.exposure.services.disk import ask_disk
from drift.notices import Access
from tests.drift.exposure.scripted_log import (
    ARRIVED,
    INSIDE,
    OFFICE,
    STRANGER,
    TIMES,
    ScriptedLog,
    case,
)
from tests.support.rig import GROUP, SUBSCRIPTION

DISK = f"{GROUP}/providers/Microsoft.Compute/disks/data"


def answered(log: ScriptedLog) -> Exposure:
    return ask_disk(case(DISK, "DISK-PUBLIC-EXPORT", log))


def link(address: str) -> dict[str, Any]:
    return {"Address": address, "Principal": "object-id", "Links": 2, **TIMES}


@pytest.mark.parametrize("address", [STRANGER, OFFICE, INSIDE, ""])
def test_a_link_that_was_asked_for_makes_access_presumed(address: str) -> None:
    log = ScriptedLog(activity_coverage=[ARRIVED], disk_exports=[link(address)])

    exposure = answered(log)

    assert (exposure.access, exposure.callers, exposure.is_final) == (Access.PRESUMED, 1, False)
    assert [each.principal for each in exposure.seen] == ["object-id"]
    assert exposure.summary.startswith(
        "At least 1 caller asked for 2 links to download it (Azure does not log the use of a "
        "link), 2026-11-22"
    )
    assert log.asked["disk_exports"]["disk"] == DISK.lower()
    assert log.asked["activity_coverage"]["subscription"] == SUBSCRIPTION


@pytest.mark.parametrize(
    ("status", "expected"),
    [(403, "may not read"), (400, "no such table"), (429, "throttled"), (504, "timed out")],
)
def test_a_log_that_does_not_answer_leaves_it_unknown(status: int, expected: str) -> None:
    log = ScriptedLog(activity_coverage=[ARRIVED])
    log.refused["disk_exports"] = (status, "")

    exposure = answered(log)

    assert exposure.access is Access.POSSIBLE
    assert exposure.summary.startswith("Not known whether anybody asked for a link")
    assert expected in exposure.summary


def test_no_row_of_a_link_is_never_no_access() -> None:
    exposure = answered(ScriptedLog(activity_coverage=[ARRIVED]))

    assert exposure.access is Access.POSSIBLE
    assert exposure.summary.startswith("Not known whether anybody asked for a link")
