"""What several controls ask for is read side by side, round by round, with the same results."""

from collections.abc import Callable, Sequence

import pytest

from detectors.facets import weakest
from drift import ids
from drift.errors import StoreUnavailable
from drift.estate import Estate
from drift.model import Outcome, Resource, Verdict
from drift.ports import Reader, Reading
from drift.state.resource_record import load_record
from tests.drift.observation.vaults import VAULT, VAULTED
from tests.support import open_account
from tests.support.open_account import CONTAINER, OPEN
from tests.support.rig import ACCOUNT, GROUP, Rig

KEY = f"{VAULT}/keys/disks"


def needs_key(resource: Resource, azure: Estate) -> Verdict:
    """Read a vault, and then its key, which the vault alone names."""
    vault = azure.get(VAULT)
    found = azure.get(str(vault.get("properties.key"))) if vault else None
    return Verdict(Outcome.PASS if found else Outcome.FAIL, "the key")


def breaks(resource: Resource, azure: Estate) -> Verdict:
    azure.get(VAULT)
    raise ValueError


def reads_vault(resource: Resource, azure: Estate) -> Verdict:
    return Verdict(Outcome.PASS if azure.get(VAULT) else Outcome.FAIL, "the vault")


def reads_group(resource: Resource, azure: Estate) -> Verdict:
    return Verdict(Outcome.PASS if azure.get(GROUP) else Outcome.FAIL, "the group")


def has_two_sides(resource: Resource, azure: Estate) -> Verdict:
    return weakest(SIDED.CONTROL, (reads_vault, reads_group), resource, azure)


KEYED = open_account.toy("TOY-KEY", needs_key)
BROKEN = open_account.toy("TOY-BROKEN", breaks)
SIDED = open_account.toy("TOY-SIDED", has_two_sides)
OUTCOMES = {
    "TOY-OPEN": Outcome.FAIL,
    "TOY-VAULT": Outcome.PASS,
    "TOY-KEY": Outcome.UNKNOWN,
    "TOY-CONTAINER": Outcome.FAIL,
    "TOY-BROKEN": Outcome.UNKNOWN,
}


class Rounds:
    """Makes reads one by one, and counts those of each round; a prepared error replaces the last one."""

    def __init__(self, error: Exception | None = None) -> None:
        self.sizes: list[int] = []
        self._error = error

    def __call__(self, reads: Sequence[Callable[[], None]]) -> None:
        self.sizes.append(len(reads))
        for each in reads:
            each()
        if self._error:
            raise self._error


@pytest.fixture
def watched(known: Rig) -> Rig:
    """Return a monitor of an account that is open, with a vault whose key is refused."""
    known.only(OPEN, VAULTED, KEYED, CONTAINER, BROKEN)
    known.arm.put(VAULT, properties={"enablePurgeProtection": True, "key": KEY})
    known.arm.refuse(KEY, 403)
    open_account.container(known, "scans", "Container")
    open_account.broken(known)
    known.arm.reads.clear()
    return known


def outcomes(rig: Rig) -> dict[str, Outcome]:
    record = load_record(rig.store, ACCOUNT).record
    return {name: each.outcome for name, each in record.controls.items()}


def test_the_next_document_of_each_control_is_read_in_one_round(watched: Rig) -> None:
    rounds = Rounds()
    watched.change(run_reads=rounds)
    watched.write(ACCOUNT)

    assert rounds.sizes == [2, 1]
    assert outcomes(watched) == OUTCOMES


def test_the_sides_of_one_control_are_read_in_one_round(known: Rig) -> None:
    known.only(SIDED)
    known.arm.put(VAULT)
    rounds = Rounds()
    known.change(run_reads=rounds)
    known.arm.reads.clear()
    known.write(ACCOUNT)

    assert rounds.sizes == [2]
    assert outcomes(known)["TOY-SIDED"] is Outcome.PASS


def test_without_rounds_the_same_is_read_with_the_same_results(watched: Rig) -> None:
    watched.write(ACCOUNT)
    one_by_one, documents = dict(watched.arm.reads), load_record(watched.store, ACCOUNT).record
    assert outcomes(watched) == OUTCOMES

    watched.arm.reads.clear()
    watched.clock.advance(minutes=16)
    watched.change(run_reads=Rounds())
    watched.write(ACCOUNT)

    assert watched.arm.reads == one_by_one
    assert load_record(watched.store, ACCOUNT).record.documents.keys() == documents.documents.keys()
    assert outcomes(watched) == OUTCOMES


def test_no_document_is_read_twice_though_controls_are_evaluated_again(watched: Rig) -> None:
    watched.change(run_reads=Rounds())
    watched.write(ACCOUNT)

    assert watched.arm.reads[ids.key(VAULT)] == 1
    assert max(watched.arm.reads.values()) == 1


class BrokenReader:
    """A reader with a bug in the answer about one document."""

    def __init__(self, reader: Reader, document: str) -> None:
        self._reader, self._document = reader, document
        self.list = reader.list

    def get(self, resource_id: str) -> Reading:
        if ids.key(resource_id) == ids.key(self._document):
            raise RecursionError
        return self._reader.get(resource_id)


def test_a_bug_in_one_read_makes_only_the_controls_unknown_that_ask_for_it(watched: Rig) -> None:
    watched.change(run_reads=Rounds(), reader=BrokenReader(watched.arm, VAULT))
    watched.write(ACCOUNT)

    unknown = {"TOY-VAULT": Outcome.UNKNOWN, "TOY-KEY": Outcome.UNKNOWN}
    assert outcomes(watched) == {**OUTCOMES, **unknown}


def test_a_store_that_fails_within_a_round_has_the_message_retried(watched: Rig) -> None:
    watched.change(run_reads=Rounds(StoreUnavailable("state", 503)))

    with pytest.raises(StoreUnavailable):
        watched.write(ACCOUNT)
