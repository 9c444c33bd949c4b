"""The scan: every listed resource is evaluated within the read budget, and nothing is stored."""

import pytest

from drift.errors import SourceUnavailable
from drift.estate import Estate
from drift.model import Outcome, Resource, Verdict
from drift.sweep.scan import ScannedResource, scan_subscription
from tests.support import open_account
from tests.support.open_account import CONTAINER, OPEN, broken
from tests.support.rig import ACCOUNT, GROUP, SUBSCRIPTION, Rig


def scan(rig: Rig, *, begin: str = "") -> list[ScannedResource]:
    """Scan the subscription; each pause passes at once."""

    def pause(seconds: float, refused: SourceUnavailable) -> None:
        rig.clock.advance(seconds=seconds)

    return list(scan_subscription(rig.services, rig.graph, SUBSCRIPTION, pause=pause, begin=begin))


def outcomes(found: list[ScannedResource]) -> list[Outcome]:
    return [judged.verdict.outcome for each in found for judged in each.observation.results]


def accounts(rig: Rig, count: int) -> list[str]:
    names = [f"{ACCOUNT}{number:04}" for number in range(count)]
    for each in names:
        open_account.place(rig, account=each)
    return names


def test_what_is_wrong_is_found_and_nobody_is_told(clinic: Rig) -> None:
    broken(clinic)

    assert outcomes(scan(clinic)) == [Outcome.FAIL]
    assert clinic.splunk.told == []
    assert clinic.store_rows("") == 0


def test_what_is_right_in_its_row_is_not_read(clinic: Rig) -> None:
    assert outcomes(scan(clinic)) == [Outcome.PASS]
    assert clinic.arm.reads.total() == 0


def test_a_row_that_is_behind_is_read_before_it_is_called_wrong(clinic: Rig) -> None:
    broken(clinic)
    row = clinic.arm.body(ACCOUNT)
    open_account.mended(clinic)
    now = clinic.arm.body(ACCOUNT)
    clinic.arm.documents[ACCOUNT.lower()] = row
    clinic.arm.answer_once(ACCOUNT, now)

    assert outcomes(scan(clinic)) == [Outcome.PASS]


def test_what_is_gone_meanwhile_is_left_out(clinic: Rig) -> None:
    broken(clinic)
    clinic.arm.answer_once(ACCOUNT, 404)

    assert scan(clinic) == []


def test_what_cannot_be_read_is_no_pass(clinic: Rig) -> None:
    broken(clinic)
    clinic.arm.refused[ACCOUNT.lower()] = 403
    [seen] = scan(clinic)

    assert seen.observation.properties is None
    assert [each.status for each in seen.observation.failures] == [403]


def test_a_list_that_is_refused_leaves_a_verdict_unknown(clinic: Rig) -> None:
    clinic.only(OPEN, CONTAINER)
    clinic.arm.refuse(open_account.CONTAINERS, 403)

    assert outcomes(scan(clinic)) == [Outcome.PASS, Outcome.UNKNOWN]


def test_every_page_is_looked_at_within_the_ration(clinic: Rig) -> None:
    for each in accounts(clinic, 250):
        clinic.arm.set(each, open=True)
    began = clinic.clock()
    found = scan(clinic)

    assert outcomes(found).count(Outcome.FAIL) == 250
    assert clinic.arm.reads.total() == 250
    assert (clinic.clock() - began).total_seconds() == 3 * 60


def test_a_resource_that_takes_more_than_a_minutes_ration_is_judged_all_the_same(
    clinic: Rig,
) -> None:
    def reads_much(resource: Resource, around: Estate) -> Verdict:
        for each in range(500):
            around.get(f"{GROUP}/providers/Microsoft.Network/networkInterfaces/nic{each}")
        return Verdict(Outcome.PASS, "all are fine")

    for each in range(500):
        clinic.arm.put(f"{GROUP}/providers/Microsoft.Network/networkInterfaces/nic{each}")
    clinic.only(open_account.toy("TOY-MUCH", reads_much))

    assert outcomes(scan(clinic)) == [Outcome.PASS]


def test_a_resource_graph_that_asks_to_wait_is_waited_for(clinic: Rig) -> None:
    def recovers(seconds: float, refused: SourceUnavailable) -> None:
        clinic.graph.failing = None

    clinic.graph.failing = SourceUnavailable("graph", 429, retry_after=5)
    found = list(scan_subscription(clinic.services, clinic.graph, SUBSCRIPTION, pause=recovers))

    assert outcomes(found) == [Outcome.PASS]


def test_a_subscription_that_cannot_be_listed_is_an_error(clinic: Rig) -> None:
    clinic.graph.failing = SourceUnavailable("graph", 403)

    with pytest.raises(SourceUnavailable):
        scan(clinic)


def test_it_goes_on_where_it_stood(clinic: Rig) -> None:
    names = accounts(clinic, 3)
    found = scan(clinic, begin=names[1].upper())

    assert [each.row_id for each in found] == names[1:]


def test_it_does_not_go_on_from_what_is_listed_no_more(clinic: Rig) -> None:
    with pytest.raises(SourceUnavailable, match="no longer listed"):
        scan(clinic, begin=f"{ACCOUNT}gone")
