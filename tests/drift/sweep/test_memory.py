"""A sweep of ten times as many resources needs no more memory, and neither does its digest.

What is counted is what the ports gave and somebody still holds: documents of ARM, rows of Resource
Graph and of the store, and every object in them. No clock and no allocator plays a part.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bench.swept_estate import OPEN_IN, swept_estate
from detectors.network import admin_ports
from drift.notices import Found
from drift.ports import Audience, Put
from drift.state import keys, paging, sweep_state
from drift.state.sweep_state import Phase, Sweep
from drift.sweep import first_contact_digest, walk
from sandbox.clinic.estate import SUBSCRIPTION, clinic
from tests.support.holding import Azure, Counting, Held, HeldRows
from tests.support.rig import Rig

CLINIC = 2
"""Security groups of the clinic itself."""

GROUP = "microsoft.network/networksecuritygroups"


@dataclass(frozen=True)
class SweepFigures:
    """The result of a sweep."""

    visited: int
    told: int
    reads: Mapping[str, int]
    held: Held


def monitored(held: Held, *bodies: Mapping[str, Any]) -> tuple[Rig, Azure, Counting]:
    """Return a monitor of these documents that counts those in memory, and its SIEM."""
    rig, siem = Rig(None), Counting("splunk", audience=Audience.SIEM)
    azure, store = Azure(bodies, rig.clock, held), HeldRows(rig.store, held)
    rig.change(
        store=store,
        reader=azure,
        inventory=azure,
        channels=(Counting("teams"), siem),
        detectors=(admin_ports,),
        facts=replace(rig.services.facts, subscriptions=(SUBSCRIPTION,)),
    )
    return rig, azure, siem


def swept(size: int) -> SweepFigures:
    """Sweep so many groups to the end, for the first time."""
    held = Held()
    rig, azure, siem = monitored(held, *clinic(), *swept_estate(size))
    rig.run(rig.monitor.sweep())
    while True:
        rig.later(minutes=1)
        state, _ = sweep_state.find_sweep(rig.services.store, SUBSCRIPTION)
        assert state is not None
        if state.phase is Phase.DONE:
            return SweepFigures(state.visited, siem.told, azure.reads, held)


def test_a_sweep_of_ten_times_as_much_holds_no_more_of_it_at_once() -> None:
    few, many = swept(200), swept(2000)

    assert (few.visited, many.visited) == (200 + CLINIC, 2000 + CLINIC)
    assert (few.told, many.told) == (200 // OPEN_IN, 2000 // OPEN_IN)
    assert many.reads["microsoft.network/networkinterfaces"] >= 100
    assert few.held.most > walk.PAGE
    assert many.held.most <= few.held.most + paging.PAGE
    assert many.held.rows <= paging.PAGE


def test_a_digest_of_thousands_of_failures_holds_a_page_of_them_at_once() -> None:
    held = Held()
    rig, _, _ = monitored(held, *clinic())
    per_shard = 3 * paging.PAGE
    for shard in keys.PARTITIONS:
        for at in range(per_shard):
            data = {
                "resource": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/{shard}/x/{at}",
                "control": "NSG-ADMIN-PORTS",
                "severity": "high",
                "found": Found.FIRST_CONTACT.value,
            }
            rig.store.commit(shard, [Put(keys.row_key("open", f"{at:04}"), data)])
    work = first_contact_digest.store_digest(
        rig.store,
        rig.services.facts,
        Sweep(subscription=SUBSCRIPTION, run=1, first=True, started=rig.clock()),
        channels=rig.services.channels,
        now=rig.clock(),
    )

    assert len(work.deliveries) == 1
    assert held.most <= 2 * paging.PAGE + 10
