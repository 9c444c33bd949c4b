"""A document with many dependents: page by page, within the read budget, and for tags only about PHI."""

import json
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from drift import ids
from drift.estate import Estate
from drift.model import Outcome, Resource, Verdict
from drift.queues.outbound import Outbound
from tests.support import open_account
from tests.support.open_account import PHI, toy
from tests.support.rig import ACCOUNT, GROUP, Rig

MANY = 52
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/keys"
ACCOUNTS = tuple(f"{ACCOUNT}{number}" for number in range(MANY))


def keeps_keys(resource: Resource, estate: Estate) -> Verdict:
    """Fail while the vault of all accounts is not protected."""
    vault = estate.get(VAULT)
    safe = vault is not None and vault.get("properties.safe") is True
    return Verdict(Outcome.PASS if safe else Outcome.FAIL, f"safe is {safe}")


KEYS = toy("TOY-KEYS", keeps_keys, **{"microsoft.keyvault/vaults": ("properties.safe",)})


@pytest.fixture
def many(clinic: Rig) -> Rig:
    """Return a monitor of many settled accounts in one group, which share a vault."""
    clinic.only(open_account.OPEN, KEYS)
    clinic.arm.put(VAULT, properties={"safe": True})
    for each in ACCOUNTS:
        open_account.place(clinic, account=each, phi=False)
        clinic.write(each)
    clinic.later(minutes=2)
    clinic.clock.advance(minutes=30)
    clinic.arm.reads.clear()
    return clinic


def reads_of_accounts(rig: Rig) -> int:
    return sum(rig.arm.reads[ids.key(each)] for each in ACCOUNTS)


def tagged(rig: Rig, **tags: str) -> None:
    rig.arm.put(GROUP, tags=tags)
    rig.write(GROUP)


def test_a_tag_without_meaning_for_phi_has_no_account_read(many: Rig) -> None:
    tagged(many, cost="4711")
    many.later(minutes=5)

    assert reads_of_accounts(many) == 0
    assert many.arm.reads[ids.key(GROUP)] == 2


def test_a_group_of_several_pages_of_accounts_is_read_once_for_each_comparison(many: Rig) -> None:
    for number in range(MANY, 205):
        account = f"{ACCOUNT}{number}"
        open_account.place(many, account=account, phi=False)
        many.write(account)
    many.later(minutes=20)
    many.clock.advance(minutes=30)
    many.arm.reads.clear()
    tagged(many, cost="4711")
    many.later(minutes=10)

    assert many.arm.reads[ids.key(GROUP)] == 2
    assert reads_of_accounts(many) == 0
    assert many.store_rows("due|") == 0


def test_a_phi_tag_has_every_account_read_in_the_end_and_few_at_once(many: Rig) -> None:
    tagged(many, **PHI)
    at_once = many.arm.reads.total()
    many.later(minutes=15)

    assert at_once <= 63
    assert all(many.arm.reads[ids.key(each)] for each in ACCOUNTS)
    assert many.monitor.health()["unknown"] == 0
    assert not any("BLIND" in each for each in many.splunk.changes)
    assert many.store_rows("due|") == 0


def test_a_phi_tag_that_a_replica_does_not_show_yet_is_found_by_the_second_comparison(
    many: Rig,
) -> None:
    many.arm.lag(GROUP, seconds=50)
    tagged(many, **PHI)
    many.later(seconds=50)
    unseen = reads_of_accounts(many)
    many.later(minutes=15)

    assert unseen == 0
    assert all(many.arm.reads[ids.key(each)] for each in ACCOUNTS)


def test_a_group_that_cannot_be_read_is_compared_later(many: Rig) -> None:
    body = many.arm.body(GROUP)
    many.arm.refuse(GROUP, 503)
    many.write(GROUP)
    many.later(minutes=3)
    many.arm.documents[ids.key(GROUP)] = {**body, "tags": PHI}
    many.later(minutes=15)

    assert all(many.arm.reads[ids.key(each)] for each in ACCOUNTS)


def test_a_group_that_stays_unreadable_is_read_less_and_less_often(many: Rig) -> None:
    many.arm.refuse(GROUP, 403)
    many.write(GROUP)
    many.later(minutes=24 * 60)

    assert many.arm.reads[ids.key(GROUP)] < 40


def test_a_walk_ends_where_its_subscription_is_no_longer_watched(many: Rig) -> None:
    many.arm.refuse(GROUP, 403)
    many.write(GROUP)
    many.change(facts=replace(many.services.facts, subscriptions=("another",)))
    many.later(minutes=30)

    assert many.store_rows("due|") == 0


def test_a_shared_vault_has_every_account_read_in_the_end_and_few_at_once(many: Rig) -> None:
    many.arm.set(VAULT, safe=False)
    many.write(VAULT)
    at_once = many.arm.reads.total()
    many.later(minutes=15)

    assert at_once <= 63
    assert many.splunk.changes.count("TOY-KEYS opened") == MANY
    assert not any("BLIND" in each for each in many.splunk.changes)


def test_each_account_is_asked_for_once_though_the_queue_of_background_work_is_long(
    many: Rig,
) -> None:
    many.arm.set(VAULT, safe=False)
    work, asked = Outbound(changes=many.monitor.intake(many.body(VAULT))), Counter[str]()
    queue: list[tuple[datetime, str]] = []
    for _ in range(100):
        while work.changes or work.deliveries:
            queue += [(many.clock.now + timedelta(minutes=12), each) for each in work.background]
            asked.update(json.loads(each).get("target", "") for each in work.background)
            work = sum(map(many.monitor.evaluate, work.changes), Outbound())
        queue += [(many.clock.now + timedelta(minutes=12), each) for each in work.background]
        asked.update(json.loads(each).get("target", "") for each in work.background)
        many.clock.advance(minutes=1)
        work = many.monitor.tick()
        while queue and queue[0][0] <= many.clock.now:
            work += many.monitor.background(queue.pop(0)[1])

    assert {asked[each] for each in ACCOUNTS} == {1}


def test_few_dependents_are_read_at_once(clinic: Rig) -> None:
    clinic.only(open_account.OPEN, KEYS)
    clinic.arm.put(VAULT, properties={"safe": True})
    for each in ACCOUNTS[:5]:
        open_account.place(clinic, account=each)
        clinic.write(each)
    clinic.arm.set(VAULT, safe=False)
    clinic.write(VAULT)

    assert clinic.splunk.changes.count("TOY-KEYS opened") == 5
