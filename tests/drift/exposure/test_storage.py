"""Whether files, queues and tables of an account were used while its firewall was open."""

from typing import Any

import pytest

from drift.access.record import Exposure
from drift.exposure.operations import OF_OTHER_SERVICES
from drift.exposure.services.storage import ask_storage
from drift.model import Outcome
from drift.notices import Access
from drift.state.resource_record import ControlState
from tests.drift.exposure.scripted_log import (
    ARRIVED,
    INSIDE,
    OFFICE,
    STRANGER,
    TIMES,
    ScriptedLog,
    case,
)
from tests.support.rig import ACCOUNT

LOGGED = {"STORAGE-LOGGING": ControlState(outcome=Outcome.PASS)}
QUERIES = {each: f"storage_{each}_use" for each in OF_OTHER_SERVICES}

every_service = pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)


def answered(log: ScriptedLog, control: str = "STORAGE-FIREWALL") -> Exposure:
    return ask_storage(case(ACCOUNT, control, log, controls=LOGGED))


def use(address: str, proof: str = "accountkey", **counts: int) -> dict[str, Any]:
    done = {"Reads": 0, "Listings": 0, "Unclear": 0, "Bytes": 0, **counts}
    return {"Proof": proof, "Address": address, "Principal": "", "Tenant": "", **done, **TIMES}


def log_of(**rows: Any) -> ScriptedLog:
    return ScriptedLog(storage_coverage=[ARRIVED], storage_use=[], **rows)


@every_service
@pytest.mark.parametrize(
    ("address", "proof", "expected"),
    [
        (STRANGER, "accountkey", Access.PRESUMED),
        (STRANGER, "ntlmv2", Access.PRESUMED),
        (STRANGER, "anonymous", Access.CONFIRMED),
        (STRANGER, "kerberos", Access.POSSIBLE),
        (OFFICE, "accountkey", Access.POSSIBLE),
        (INSIDE, "sas", Access.POSSIBLE),
    ],
)
def test_who_used_a_service_decides_what_is_known(
    query: str, address: str, proof: str, expected: Access
) -> None:
    exposure = answered(log_of(**{query: [use(address, proof, Reads=7, Bytes=2_000)]}))

    assert exposure.access is expected
    if expected is not Access.POSSIBLE:
        assert (exposure.callers, exposure.reads, exposure.objects) == (1, 7, None)
        assert (
            "1 caller from outside the approved networks read 7 times (2.0 kB)" in exposure.summary
        )


@every_service
def test_a_service_that_does_not_answer_is_named_and_the_others_are_asked(query: str) -> None:
    log = log_of(**{each: [use(STRANGER, Reads=1)] for each in QUERIES.values() if each != query})
    log.refused[query] = (400, "BadArgumentError")
    service = next(name for name, each in QUERIES.items() if each == query)

    exposure = answered(log)

    assert (exposure.access, exposure.is_final) == (Access.PRESUMED, False)
    assert f"{service}: the workspace has no such table or column" in exposure.summary
    assert exposure.summary.startswith("At least 1 caller")


def test_where_the_log_of_blobs_does_not_answer_a_read_of_files_counts_all_the_same() -> None:
    log = log_of(storage_files_use=[use(STRANGER, Reads=3)])
    log.refused["storage_use"] = (504, "")

    exposure = answered(log)

    assert (exposure.access, exposure.reads) == (Access.PRESUMED, 3)
    assert "blobs: the query timed out" in exposure.summary
    assert not exposure.is_final
    assert [each.source for each in exposure.inquiries if each.failure] == ["storage_use"]


def test_services_that_do_not_answer_for_one_reason_are_named_together() -> None:
    log = log_of()
    log.refused |= dict.fromkeys(("storage_use", *QUERIES.values()), (403, ""))

    assert answered(log).coverage.endswith(
        "; blobs, files, queues, tables: the monitor may not read the log"
    )


def test_only_an_open_firewall_lets_callers_reach_other_services() -> None:
    log = log_of()
    answered(log, "STORAGE-PUBLIC-ACCESS")

    assert not log.asked.keys() & set(QUERIES.values())


def test_each_service_is_asked_with_its_own_operations() -> None:
    log = log_of()
    answered(log)

    assert {log.asked[query]["content"] for query in QUERIES.values()} == {
        content for content, _ in OF_OTHER_SERVICES.values()
    }
    assert all(log.asked[each]["account"] == ACCOUNT.lower() for each in QUERIES.values())
