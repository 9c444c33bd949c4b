"""Related documents are read again if a lagging replica may have answered."""

from drift import ids
from drift.errors import Unreadable
from drift.estate import Estate
from drift.model import Outcome, Resource, Verdict
from drift.state.resource_record import load_record
from tests.support import open_account
from tests.support.open_account import CONTAINER
from tests.support.rig import ACCOUNT, GROUP, Rig

NETWORK = f"{GROUP}/providers/Microsoft.Network"
HOST = f"{NETWORK}/bastionHosts/way-in"


def has_a_host(resource: Resource, azure: Estate) -> Verdict:
    """Fail where there is no host; one that is still being made proves nothing."""
    for each in azure.children(NETWORK, "bastionHosts"):
        if azure.get(each.id) is None:
            continue
        if each.word("properties.provisioningState") != "succeeded":
            raise Unreadable(HOST, "it is being made")
        return Verdict(Outcome.PASS, "there is a host")
    return Verdict(Outcome.FAIL, "there is no host")


HOSTED = open_account.toy(
    "TOY-HOSTED",
    has_a_host,
    **{"microsoft.network/bastionhosts": ("properties.provisioningState",)},
)


def host(rig: Rig, state: str) -> None:
    rig.arm.put(HOST, properties={"provisioningState": state})


def test_a_settling_read_believes_no_list_that_was_read_too_early(clinic: Rig) -> None:
    clinic.only(CONTAINER)
    clinic.arm.lag(f"{open_account.CONTAINERS}/scans", seconds=20)
    open_account.container(clinic, "scans", "Container")
    clinic.write(ACCOUNT)

    assert clinic.teams.changes == []

    clinic.later(minutes=3)

    assert clinic.teams.changes == ["TOY-CONTAINER opened"]


def test_what_was_read_long_before_the_event_is_still_believed_when_it_settles(known: Rig) -> None:
    known.only(CONTAINER)
    open_account.container(known, "scans", "None")
    known.write(ACCOUNT)
    known.later(minutes=5)
    known.arm.reads.clear()
    known.write(ACCOUNT)
    known.later(minutes=3)

    assert known.arm.reads[ids.key(ACCOUNT)] == 2
    assert known.arm.reads[ids.key(open_account.CONTAINERS)] == 0


def test_what_is_still_being_made_around_a_resource_is_read_again_when_it_may_be_done(
    known: Rig,
) -> None:
    known.only(HOSTED)
    host(known, "Succeeded")
    known.write(ACCOUNT)
    known.later(minutes=20)
    host(known, "Updating")
    known.write(HOST)
    outcomes = [outcome(known)]
    host(known, "Succeeded")
    known.later(minutes=3)
    outcomes.append(outcome(known))

    assert outcomes == [Outcome.UNKNOWN, Outcome.PASS]


def outcome(rig: Rig) -> Outcome:
    return load_record(rig.store, ACCOUNT).record.controls["TOY-HOSTED"].outcome
