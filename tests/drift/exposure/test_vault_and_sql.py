"""Whether a key vault or a SQL server was used from outside, and the answer if the log has no rows."""

from dataclasses import replace
from typing import Any

import pytest

from drift.access.record import Exposure
from drift.exposure.services.sql import ask_sql
from drift.exposure.services.vault import ask_vault
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
from tests.support.rig import GROUP

VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/keys"
SERVER = f"{GROUP}/providers/Microsoft.Sql/servers/sql"
NOTHING = {"Rows": 0, "First": None, "Last": None, "Newest": None}
REFUSALS = [
    (400, "BadArgumentError", "has no such table or column"),
    (403, "", "may not read the log"),
    (429, "", "is throttled"),
    (504, "", "timed out"),
    (200, "PartialAnswer", "a part of the answer only"),
]


def use(address: str = STRANGER, proof: str = "sign-in", **counts: int) -> dict[str, Any]:
    none = {"Secrets": 0, "Keys": 0, "Listings": 0}
    return {"Proof": proof, "Address": address, "Principal": "id", **none, **counts, **TIMES}


def vault_log(**rows: Any) -> ScriptedLog:
    whole = {"vault_coverage": [ARRIVED], "vault_coverage_diagnostics": [NOTHING]}
    return ScriptedLog(**{**whole, **rows})


def vault(log: ScriptedLog, **values: Any) -> Exposure:
    return ask_vault(case(VAULT, "KEYVAULT-NETWORK", log, **values))


def test_a_secret_that_was_used_from_outside_confirms() -> None:
    exposure = vault(vault_log(vault_use=[use(Secrets=3, Keys=1, Listings=2), use(OFFICE, Keys=9)]))

    assert (exposure.access, exposure.is_final) == (Access.CONFIRMED, True)
    assert (exposure.callers, exposure.reads, exposure.listings) == (1, 4, 2)
    assert exposure.summary == (
        "1 caller from outside the approved networks used secrets or keys 4 times and listed "
        "their names "
        "2 times, 2026-11-22 09:02 to 09:07 UTC; logging covered the whole window."
    )


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (use(Listings=1), Access.PRESUMED),
        (use(OFFICE, Secrets=1), Access.POSSIBLE),
        (use(INSIDE, Secrets=1), Access.POSSIBLE),
        (use("", Secrets=1), Access.POSSIBLE),
        (use(proof="trusted service", Secrets=1, Keys=1), Access.POSSIBLE),
        (use(proof="not told", Secrets=1), Access.PRESUMED),
        (use(proof="not told", Keys=1), Access.POSSIBLE),
    ],
)
def test_what_a_use_proves_follows_from_where_and_how(
    row: dict[str, Any], expected: Access
) -> None:
    assert vault(vault_log(vault_use=[row])).access is expected


def test_the_older_table_is_asked_where_the_vault_fills_it() -> None:
    log = vault_log(
        vault_coverage_diagnostics=[ARRIVED],
        vault_use_diagnostics=[use(proof="not told", Secrets=2)],
    )
    log.refused["vault_coverage"] = (400, "")

    exposure = vault(log)

    assert (exposure.access, exposure.reads) == (Access.PRESUMED, 2)
    assert "vault_use" not in log.asked


def test_a_vault_that_nobody_used_is_not_excluded() -> None:
    exposure = vault(vault_log(vault_use=[use(INSIDE, Secrets=1)]))

    assert (exposure.access, exposure.callers) == (Access.POSSIBLE, None)
    assert exposure.summary == (
        "No use of secrets or keys from outside the approved networks was seen "
        "2026-11-22 09:01 to 09:32 UTC; 1 caller may or may not be our own; it cannot be excluded: "
        "Azure does not promise that the audit log of a vault is complete."
    )


@pytest.mark.parametrize(("status", "code", "expected"), REFUSALS)
def test_a_vault_whose_log_does_not_answer_is_not_known(
    status: int, code: str, expected: str
) -> None:
    log = vault_log()
    log.refused = dict.fromkeys(("vault_use", "vault_coverage"), (status, code))
    log.refused["vault_coverage_diagnostics"] = (status, code)

    exposure = vault(log)

    assert (exposure.access, exposure.is_final) == (Access.POSSIBLE, False)
    assert exposure.summary.startswith("Not known whether secrets or keys were used from outside")
    assert expected in exposure.summary


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ({"vault_coverage": [NOTHING]}, "no row shows that the log of this vault arrives"),
        ({"log_stopped": [{"Stops": 1}]}, "stopped taking in logs"),
    ],
)
def test_no_rows_of_a_log_that_may_be_off_are_not_known(rows: Any, expected: str) -> None:
    exposure = vault(vault_log(**rows))

    assert exposure.summary.startswith("Not known whether")
    assert expected in exposure.summary


def test_a_vault_that_did_not_log_is_not_known() -> None:
    off = replace(ControlState(outcome=Outcome.FAIL), open=True)

    exposure = vault(vault_log(), controls={"KEYVAULT-LOGGING": off})

    assert exposure.summary.startswith("Not known whether")
    assert "logging was off" in exposure.summary


def test_when_the_workspace_stopped_is_asked_once() -> None:
    sources = [each.source for each in vault(vault_log()).inquiries]

    assert sources.count("log_stopped") == 1


def audit(address: str = STRANGER, **counts: int) -> dict[str, Any]:
    return {"Address": address, "Logons": 0, "Statements": 0, "Returned": 0, **counts, **TIMES}


def sql(log: ScriptedLog) -> Exposure:
    return ask_sql(case(SERVER, "SQL-PUBLIC-ACCESS", log))


def test_a_logon_from_outside_confirms_and_the_line_says_how_many_rows_left() -> None:
    rows = [audit(Logons=1, Statements=4, Returned=3120), audit(OFFICE, Logons=2)]

    exposure = sql(ScriptedLog(sql_coverage=[ARRIVED], sql_use=rows))

    assert (exposure.access, exposure.callers, exposure.reads) == (Access.CONFIRMED, 1, 5)
    assert exposure.summary == (
        "1 address outside the approved networks logged on or ran statements 5 times (3,120 rows "
        "returned), "
        "2026-11-22 09:02 to 09:07 UTC; logging covered the whole window."
    )


@pytest.mark.parametrize("address", [OFFICE, INSIDE, "Internal", ""])
def test_a_logon_from_no_public_address_confirms_nothing(address: str) -> None:
    log = ScriptedLog(sql_coverage=[ARRIVED], sql_use=[audit(address, Logons=1)])

    assert sql(log).access is Access.POSSIBLE


@pytest.mark.parametrize(("status", "code", "expected"), REFUSALS)
def test_a_server_whose_log_does_not_answer_is_not_known(
    status: int, code: str, expected: str
) -> None:
    log = ScriptedLog(sql_coverage=[ARRIVED])
    log.refused["sql_use"] = (status, code)

    exposure = sql(log)

    assert exposure.access is Access.POSSIBLE
    assert exposure.summary.startswith("Not known whether anybody outside")
    assert expected in exposure.summary
