"""Whether anybody logged on through an open port: a logon from outside is one, a flow is not."""

from typing import Any

import pytest

from drift.access.record import Exposure
from drift.exposure.registry import investigation_of
from drift.exposure.services.network import ask_network
from drift.exposure.window import Window
from drift.notices import Access
from tests.drift.exposure.findings import HOUR, OPENED
from tests.drift.exposure.scripted_log import (
    ARRIVED,
    INSIDE,
    OFFICE,
    STRANGER,
    TIMES,
    ScriptedLog,
    case,
)
from tests.support.rig import GROUP, NSG, SUBSCRIPTION

MACHINE = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/web"
SHORT = f"{SUBSCRIPTION}/clinic/web"


def flow(address: str = STRANGER, flows: int = 7, machine: str = SHORT) -> dict[str, Any]:
    return {"Address": address, "Port": "22", "Machine": machine, "Flows": flows, **TIMES}


def logon(address: str = STRANGER) -> dict[str, Any]:
    return {"Machine": MACHINE.lower(), "Address": address, "Proof": "ssh", "Logons": 2, **TIMES}


def script(**rows: Any) -> ScriptedLog:
    whole = {"network_coverage": [ARRIVED], "logon_coverage": [{**ARRIVED, "Machines": 1}]}
    return ScriptedLog(**{**whole, **rows})


def answered(log: ScriptedLog | None, resource: str = NSG, **values: Any) -> Exposure:
    control = "NSG-ADMIN-PORTS" if resource == NSG else "VM-PUBLIC-IP"
    return ask_network(case(resource, control, log, **values))


def test_a_logon_from_outside_confirms_and_the_line_says_how_many() -> None:
    log = script(group_flows=[flow()], machine_logons=[logon(), logon(OFFICE)])

    exposure = answered(log)

    assert exposure.access is Access.CONFIRMED
    assert (exposure.callers, exposure.reads, exposure.flows) == (1, 2, 7)
    assert [(each.address, each.did) for each in exposure.seen] == [(STRANGER, "logged on 2 times")]
    assert exposure.summary == (
        "At least 1 address outside the approved networks logged on 2 times, "
        "2026-11-22 09:02 to 09:07 UTC; 7 flows from 1 address outside the approved networks were "
        "let "
        "in to port 22; not known: logons: it is not known which logons the machines send to the "
        "workspace."
    )


def test_logons_are_asked_of_the_machines_that_flows_reached() -> None:
    log = script(group_flows=[flow(), flow(machine="/")])

    answered(log)

    assert log.asked["machine_logons"]["machines"] == [MACHINE.lower()]
    assert log.asked["group_flows"]["ports"] == ["22", "3389"]
    assert log.asked["group_flows"]["groups"] == [f"{SUBSCRIPTION}/clinic/front", NSG.lower()]


def test_a_machine_is_asked_itself_whatever_the_flows_show() -> None:
    log = script(machine_logons=[logon()])
    log.refused["machine_flows"] = (400, "")

    exposure = answered(log, MACHINE)

    assert exposure.access is Access.CONFIRMED
    assert log.asked["machine_logons"]["machines"] == [MACHINE.lower()]
    assert "flows: the workspace has no such table or column" in exposure.summary


@pytest.mark.parametrize("address", [OFFICE, INSIDE, "", "not an address", "fd00::1"])
def test_a_logon_that_is_not_from_a_public_address_outside_confirms_nothing(address: str) -> None:
    exposure = answered(script(group_flows=[flow()], machine_logons=[logon(address)]))

    assert (exposure.access, exposure.callers) == (Access.POSSIBLE, None)


def test_flows_alone_leave_access_possible_and_are_counted() -> None:
    exposure = answered(script(group_flows=[flow(), flow(OFFICE)]))

    assert (exposure.access, exposure.flows, exposure.is_final) == (Access.POSSIBLE, 7, False)
    assert exposure.summary.startswith("7 flows from 1 address outside the approved networks")
    assert "not known whether anybody outside the approved networks logged on" in exposure.summary


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, "BadArgumentError", "has no such table or column"),
        (403, "", "may not read the log"),
        (429, "", "is throttled"),
        (504, "", "timed out"),
        (200, "PartialAnswer", "a part of the answer only"),
        (0, "", "did not answer"),
    ],
)
@pytest.mark.parametrize("query", ["group_flows", "machine_logons"])
def test_what_does_not_answer_is_not_known_in_words(
    query: str, status: int, code: str, expected: str
) -> None:
    log = script(group_flows=[flow()])
    log.refused[query] = (status, code)

    exposure = answered(log)

    assert exposure.access is Access.POSSIBLE
    assert "ot known whether anybody" in exposure.summary
    assert expected in exposure.summary
    assert query in [each.source for each in exposure.inquiries if each.failure]


def test_without_a_workspace_nothing_is_known() -> None:
    exposure = answered(None)

    assert exposure.access is Access.POSSIBLE
    assert "no workspace is set" in exposure.summary


def test_a_window_that_is_open_is_never_final() -> None:
    exposure = answered(script(), window=Window(OPENED, OPENED - HOUR, None))

    assert (exposure.access, exposure.is_final) == (Access.POSSIBLE, False)


@pytest.mark.parametrize("control", ["NSG-ADMIN-PORTS", "VM-PUBLIC-IP"])
def test_it_is_asked_again_once_flow_logs_have_been_analysed(control: str) -> None:
    investigation = investigation_of(control, MACHINE)

    assert investigation
    assert 2.5 * HOUR in investigation.asked_after
