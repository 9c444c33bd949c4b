"""Estates of very many accounts, their incidents, and the messages that ticks make of them."""

import json
from collections import Counter
from collections.abc import Iterable

from drift.ports import Put
from drift.queues.outbound import MessageKind, Outbound
from drift.state import keys
from tests.support.rig import ACCOUNT, Rig

CONTROL = "STORAGE-TLS"


def accounts(count: int) -> list[str]:
    return [f"{ACCOUNT}{number}" for number in range(count)]


def opened(rig: Rig, resources: Iterable[str]) -> None:
    """Store rows that say that each resource has an open incident."""
    for each in resources:
        row = {"resource": each, "control": CONTROL, "severity": "high"}
        put = Put(keys.row_key("open", keys.digest(each), CONTROL), row)
        rig.store.commit(keys.partition(each), [put])


def kinds(work: Outbound) -> Counter[str]:
    texts = (*work.changes, *work.deliveries, *work.background)
    return Counter(json.loads(each)["kind"] for each in texts)


def woken(rig: Rig) -> set[str]:
    """Return the resources that a due row wakes at some time."""
    found = (rig.store.range(each, *keys.below("due")) for each in keys.PARTITIONS)
    rows = [row.data for some in found for row in some]
    return {each["resource"] for each in rows if each["kind"] == MessageKind.WAKE}


def walked(rig: Rig, *, ticks: int, lost: str = "") -> Counter[str]:
    """Tick, follow up the messages of walks and marks alone, and count all messages.

    The first message of kind ``lost`` is lost.
    """
    total = Counter[str]()
    for _ in range(ticks):
        rig.clock.advance(seconds=10)
        work = rig.monitor.tick()
        while texts := [*work.changes, *work.deliveries, *work.background]:
            total += kinds(work)
            work = Outbound()
            for text in texts:
                kind = json.loads(text)["kind"]
                if kind == lost:
                    lost = ""
                elif kind in (MessageKind.CONFIG, MessageKind.RELEASE, MessageKind.MARK):
                    work += rig.monitor.background(text)
    return total
