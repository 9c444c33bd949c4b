"""A sweep proves what it lists, and reports what it does not see."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from drift import ids
from drift.codec import encode, versioned
from drift.errors import SourceUnavailable
from drift.ports import UNKNOWN_PAGE, Page, Put
from drift.queues.messages import BlindMessage
from drift.queues.outbound import Outbound
from drift.state import keys, sweep_state
from drift.state.sweep_state import Phase
from tests.support import open_account
from tests.support.open_account import WHOLE_SUBSCRIPTION, broken
from tests.support.rig import ACCOUNT, GROUP, SUBSCRIPTION, Graph, Rig

BLIND = "MONITOR-BLIND opened"
CLEAR = "MONITOR-BLIND resolved"
DIGEST = "MONITOR-FIRST-CONTACT opened"
OPENED = "TOY-OPEN opened"
SOURCE = f"/subscriptions/{SUBSCRIPTION}/providers/microsoft.resourcegraph"
REFUSED = SourceUnavailable("graph", 403, "AuthorizationFailed")


def swept(rig: Rig, *, minutes: int = 5) -> None:
    """Sweep, and let the minutes pass that it may take."""
    rig.run(rig.monitor.sweep())
    rig.later(minutes=minutes)


def is_degraded(rig: Rig) -> bool:
    """Tell whether health says that the sweep does not see everything."""
    health = rig.monitor.health()
    return health["status"] == "degraded" and SOURCE in health["blind"]


@pytest.fixture
def watched(known: Rig) -> Rig:
    """Return a monitor that has swept the estate before, and found it in order."""
    swept(known)
    known.arm.reads.clear()
    return known


def test_a_role_that_is_not_effective_yet_does_not_spend_the_first_contact(clinic: Rig) -> None:
    """Resource Graph refuses nothing then: it lists nothing, for hours."""
    for number in range(30):
        open_account.place(clinic, account=f"{ACCOUNT}{number:02}", phi=False)
        clinic.arm.set(f"{ACCOUNT}{number:02}", open=True)
    clinic.graph.role_effective = False
    swept(clinic, minutes=1)
    at_once = is_degraded(clinic)
    clinic.later(minutes=120)
    before = list(clinic.teams.changes)
    clinic.graph.role_effective = True
    clinic.later(minutes=10)
    swept(clinic)

    assert at_once
    assert before == [BLIND]
    assert clinic.teams.changes == [BLIND, CLEAR, DIGEST]
    assert clinic.pagerduty.told == []
    assert clinic.splunk.changes.count(OPENED) == 30
    assert not is_degraded(clinic)


def test_what_a_first_sweep_waits_for_is_said_with_the_groups_that_are_missing(
    clinic: Rig,
) -> None:
    clinic.graph.missing.add(ids.key(GROUP))
    swept(clinic, minutes=10)
    [(notice, _)] = clinic.teams.told

    assert notice.control_id == "MONITOR-BLIND"
    assert "does not list 1 of 1 resource groups that ARM lists: clinic." in notice.reason


def test_a_first_sweep_goes_on_after_an_hour_and_the_next_one_is_a_first_one_again(
    clinic: Rig,
) -> None:
    """One group that is never listed must not hide what fails in all others."""
    lost = GROUP.replace("clinic", "archive")
    late = ACCOUNT.replace("/clinic/", "/archive/")
    broken(clinic)
    open_account.place(clinic, account=late)
    clinic.arm.put(lost, tags={})
    clinic.arm.set(late, open=True)
    clinic.graph.missing |= {ids.key(lost), ids.key(late)}
    swept(clinic, minutes=50)
    before = list(clinic.splunk.changes)
    clinic.later(minutes=30)
    during = list(clinic.splunk.changes)
    clinic.graph.missing.clear()
    swept(clinic, minutes=10)

    assert before == [BLIND]
    assert during == [BLIND, OPENED]
    assert clinic.splunk.changes == [BLIND, OPENED, OPENED, CLEAR]
    assert clinic.teams.changes == [BLIND, DIGEST, DIGEST, CLEAR]


def test_what_a_later_first_sweep_finds_of_a_known_resource_is_told_by_itself(clinic: Rig) -> None:
    lost = GROUP.replace("clinic", "archive")
    clinic.arm.put(lost, tags={})
    clinic.graph.missing.add(ids.key(lost))
    swept(clinic, minutes=80)
    broken(clinic)
    swept(clinic, minutes=80)

    assert clinic.teams.changes == [BLIND, OPENED]


def test_a_group_that_resource_graph_lists_a_moment_later_is_no_trouble(watched: Rig) -> None:
    fresh = GROUP.replace("clinic", "archive")
    watched.arm.put(fresh, tags={})
    watched.graph.missing.add(ids.key(fresh))
    swept(watched, minutes=2)
    watched.graph.missing.clear()
    watched.later(minutes=20)

    assert watched.teams.changes == []
    assert not is_degraded(watched)


def test_an_event_is_told_as_ever_while_the_first_sweep_waits(clinic: Rig) -> None:
    clinic.graph.role_effective = False
    swept(clinic, minutes=1)
    broken(clinic)
    clinic.write(ACCOUNT)

    assert clinic.teams.changes == [OPENED]


def test_a_subscription_in_which_nothing_was_found_is_still_to_be_met(clinic: Rig) -> None:
    clinic.arm.documents.clear()
    clinic.arm.put(WHOLE_SUBSCRIPTION, tags={})
    swept(clinic)
    open_account.place(clinic)
    broken(clinic)
    swept(clinic)

    assert clinic.teams.changes == [DIGEST]


def test_a_later_sweep_goes_on_with_what_is_listed_and_says_what_is_not(watched: Rig) -> None:
    lost = GROUP.replace("clinic", "archive")
    watched.arm.put(lost, tags={})
    watched.graph.missing.add(ids.key(lost))
    broken(watched)
    swept(watched, minutes=10)

    assert watched.teams.changes == [OPENED, BLIND]
    assert is_degraded(watched)


def test_a_gap_ends_with_the_first_sweep_that_sees_everything(watched: Rig) -> None:
    watched.graph.missing.add(ids.key(GROUP))
    swept(watched, minutes=10)
    watched.graph.missing.clear()
    watched.clock.advance(hours=20)
    during = list(watched.teams.changes)
    swept(watched)

    assert during == [BLIND]
    assert watched.teams.changes == [BLIND, CLEAR]
    assert not is_degraded(watched)


def test_a_sweep_that_is_refused_is_said_with_the_refusals_own_code(watched: Rig) -> None:
    watched.graph.failing = REFUSED
    swept(watched, minutes=1)
    at_once = is_degraded(watched)
    watched.later(minutes=9)
    [(notice, _)] = watched.teams.told
    watched.graph.failing = None
    watched.later(minutes=5)

    assert at_once
    assert "HTTP 403 AuthorizationFailed" in notice.reason
    assert watched.teams.changes == [BLIND, CLEAR]


def test_a_limit_of_resource_graph_is_no_trouble_until_it_lasts(watched: Rig) -> None:
    watched.graph.failing = SourceUnavailable("graph", 429, "RateLimiting", retry_after=5)
    swept(watched, minutes=3)
    at_first = is_degraded(watched)
    watched.later(minutes=30)

    assert not at_first
    assert is_degraded(watched)
    assert watched.teams.changes == [BLIND]


@pytest.mark.parametrize(
    ("status", "remedy"), [(403, "Reader role on the whole subscription"), (503, "Wait: the sweep")]
)
def test_a_sweep_that_is_refused_is_said_with_what_helps(
    watched: Rig, status: int, remedy: str
) -> None:
    watched.graph.failing = SourceUnavailable("graph", status, "Refused")
    swept(watched, minutes=10)
    [(notice, _)] = watched.teams.told

    assert remedy in notice.fix_note


def test_a_sweep_that_sees_only_a_part_is_said_with_what_helps(watched: Rig) -> None:
    watched.graph.broken.add(ids.key(ACCOUNT))
    swept(watched, minutes=10)
    [notice] = [each for each, _ in watched.teams.told if each.control_id == "MONITOR-BLIND"]

    assert "report that to Azure support" in notice.fix_note


def test_a_list_without_resources_where_some_are_known_is_said(watched: Rig) -> None:
    watched.graph.missing.add(ids.key(ACCOUNT))
    swept(watched, minutes=10)
    [(notice, _)] = watched.teams.told

    assert "found no resource" in notice.reason
    assert "although earlier ones did" in notice.reason
    assert "Reader role on the whole subscription" in notice.fix_note
    assert is_degraded(watched)


def test_a_list_without_resources_stays_said_until_a_sweep_lists_some(watched: Rig) -> None:
    watched.graph.missing.add(ids.key(ACCOUNT))
    swept(watched, minutes=10)
    watched.monitor.sweep()
    watched.run(Outbound(changes=(BlindMessage(dependency=SOURCE).text,)))
    during = list(watched.teams.changes)
    watched.graph.missing.clear()
    watched.later(minutes=10)

    assert during == [BLIND]
    assert watched.teams.changes == [BLIND, CLEAR]
    assert not is_degraded(watched)


def test_a_list_without_resources_is_no_trouble_where_all_of_them_are_gone(watched: Rig) -> None:
    del watched.arm.documents[ids.key(ACCOUNT)]
    swept(watched, minutes=10)

    assert watched.teams.told == []
    assert not is_degraded(watched)


def a_day_and_more(rig: Rig) -> None:
    """Let a sweep be overdue after the default time."""
    rig.configure(timing=replace(rig.services.config.timing, sweep_overdue_hours=30))


@pytest.mark.parametrize("swept_before", [True, False])
def test_a_sweep_that_is_overdue_is_said(clinic: Rig, *, swept_before: bool) -> None:
    a_day_and_more(clinic)
    clinic.later(minutes=1)
    if swept_before:
        swept(clinic, minutes=20)
    clinic.clock.advance(hours=31)
    clinic.later(minutes=10)
    [(notice, _)] = clinic.teams.told

    assert "is overdue" in notice.reason
    assert "SWEEP_SCHEDULE" in notice.fix_note
    assert is_degraded(clinic)
    swept(clinic)
    assert clinic.teams.changes == [BLIND, CLEAR]
    assert not is_degraded(clinic)


def test_a_sweep_each_day_is_not_overdue(watched: Rig) -> None:
    a_day_and_more(watched)
    for _ in range(3):
        watched.clock.advance(hours=24)
        swept(watched)

    assert watched.teams.told == []


def test_a_resource_that_resource_graph_cannot_show_is_read_from_arm_and_said(
    watched: Rig,
) -> None:
    names = [f"{ACCOUNT}{number}" for number in range(5)]
    for each in names:
        open_account.place(watched, account=each)
        watched.arm.set(each, open=True)
    watched.graph.broken.add(ids.key(names[2]))
    swept(watched, minutes=10)
    told = {notice.resource_id for notice, _ in watched.splunk.told}
    state, _ = sweep_state.find_sweep(watched.store, SUBSCRIPTION)
    blind = [each for each, _ in watched.teams.told if each.control_id == "MONITOR-BLIND"]

    assert told >= set(names)
    assert watched.arm.reads[ids.key(names[2])] == 1
    assert state is not None
    assert state.finished is not None
    assert [names[2] in each.reason for each in blind] == [True]


class Upgraded(Graph):
    """Resource Graph behind an adapter that does not know the positions of an older version."""

    def page(
        self, subscription: str, types: Sequence[str], *, after: str = "", size: int = 200
    ) -> Page:
        if after == "older":
            raise SourceUnavailable("graph", 400, UNKNOWN_PAGE)
        return super().page(subscription, types, after=after, size=size)


def test_a_position_that_nobody_knows_any_more_begins_the_list_anew(watched: Rig) -> None:
    broken(watched)
    watched.change(inventory=Upgraded(watched.arm))
    watched.monitor.sweep()
    state, etag = sweep_state.find_sweep(watched.store, SUBSCRIPTION)
    assert state is not None
    older = replace(state, phase=Phase.RESOURCES, after="older")
    put = Put(sweep_state.sweep_key(state.home), versioned(encode(older)), etag)
    watched.store.commit(keys.partition(state.home), [put])
    watched.later(minutes=10)

    assert watched.teams.changes == [OPENED]
