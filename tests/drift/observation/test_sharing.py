"""Which answers of other evaluations a resource may be judged by, and which reads it makes itself."""

from datetime import timedelta

import pytest

from drift import ids
from drift.state.resource_record import load_record
from tests.drift.observation.vaults import VAULT, VAULTED
from tests.support import open_account
from tests.support.rig import ACCOUNT, Rig

OTHER = ACCOUNT.replace("records", "archive")


@pytest.fixture
def two(known: Rig) -> Rig:
    """Return a monitor that has never seen two accounts whose control reads the same vault."""
    known.only(VAULTED)
    known.arm.put(VAULT, properties={"enablePurgeProtection": True})
    for each in (ACCOUNT, OTHER):
        open_account.place(known, account=each)
    return known


def reads(rig: Rig) -> int:
    return rig.arm.reads[ids.key(VAULT)]


def test_accounts_that_are_written_at_once_read_their_vault_once(two: Rig) -> None:
    for each in (ACCOUNT, OTHER):
        two.write(each)

    assert reads(two) == 1


def test_a_write_after_the_shared_answer_has_the_vault_read_again(two: Rig) -> None:
    two.write(ACCOUNT)
    two.clock.advance(seconds=1)
    two.write(OTHER)

    assert reads(two) == 2


def test_an_event_about_the_vault_itself_is_answered_by_an_own_read(two: Rig) -> None:
    for each in (ACCOUNT, OTHER):
        two.write(each)
        two.later(minutes=3)
    before = reads(two)
    two.write(VAULT)

    assert reads(two) == before + 2


def test_after_a_failed_read_an_account_reads_by_itself(two: Rig) -> None:
    two.arm.refuse(VAULT, 503)
    two.write(ACCOUNT)
    two.arm.put(VAULT, properties={"enablePurgeProtection": True})
    two.write(OTHER)
    before = reads(two)
    two.write(ACCOUNT)

    assert reads(two) == before + 1


def test_a_shared_answer_counts_as_of_its_own_read(two: Rig) -> None:
    """A newly stored dependency needs a proof, so a vault that was opened unseen is found."""
    for each in (ACCOUNT, OTHER):
        two.write(each)
    first, other = (load_record(two.store, each).record for each in (ACCOUNT, OTHER))
    assert first.documents[ids.key(VAULT)] == other.documents[ids.key(VAULT)]
    assert ids.key(VAULT) in other.owed

    two.arm.set(VAULT, enablePurgeProtection=False)
    two.later(minutes=2)

    assert two.teams.changes == ["TOY-VAULT opened"] * 2


def test_a_sweep_reads_a_vault_once_for_all_its_accounts(two: Rig) -> None:
    two.later(minutes=2)
    two.run(two.monitor.sweep())

    assert reads(two) == 1
    assert two.clock() - load_record(two.store, OTHER).record.documents[ids.key(VAULT)] < timedelta(
        minutes=1
    )
