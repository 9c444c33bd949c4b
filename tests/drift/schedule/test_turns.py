"""A subscription occupies its part of the workers of a queue and no more."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from detectors.storage import tls
from drift.queues.outbound import Outbound
from drift.schedule.turns import AT_ONCE
from tests.support.rig import ACCOUNT, SUBSCRIPTION, Rig

OTHER = "99999999-2222-3333-4444-555555555555"
ELSEWHERE = ACCOUNT.replace(SUBSCRIPTION, OTHER)


@pytest.fixture
def rig() -> Rig:
    """Return a monitor of two subscriptions."""
    rig = Rig(None)
    rig.only(tls)
    rig.change(facts=replace(rig.services.facts, subscriptions=(SUBSCRIPTION, OTHER)))
    return rig


def busy(rig: Rig, readers: int, then: Callable[[Callable[[str], Outbound]], object]) -> None:
    """Have so many workers read accounts of one subscription, and do something meanwhile."""
    monitor, left = rig.monitor, list(range(readers))

    def read_another(_: str) -> None:
        if left:
            left.pop()
            monitor.evaluate(event(rig, f"{ACCOUNT}{len(left)}"))
        elif rig.arm.meanwhile is read_another:
            rig.arm.meanwhile = lambda _: None
            then(monitor.evaluate)

    rig.arm.meanwhile = read_another
    left.pop()
    monitor.evaluate(event(rig, ACCOUNT))


def event(rig: Rig, resource_id: str) -> str:
    [text] = rig.monitor.intake(rig.body(resource_id))
    return text


def test_a_message_beyond_the_part_of_its_subscription_is_passed_on(rig: Rig) -> None:
    text, passed = event(rig, f"{ACCOUNT}-last"), list[Outbound]()
    busy(rig, AT_ONCE, lambda evaluate: passed.append(evaluate(text)))

    assert passed == [Outbound(background=(text,))]
    assert rig.arm.reads[f"{ACCOUNT}-last".lower()] == 0


def test_a_storm_in_one_subscription_does_not_hold_up_an_event_of_another(rig: Rig) -> None:
    text = event(rig, ELSEWHERE)
    busy(rig, AT_ONCE, lambda evaluate: evaluate(text))

    assert rig.arm.reads[ELSEWHERE.lower()] == 1


def test_a_subscription_that_is_alone_has_all_workers(rig: Rig) -> None:
    rig.change(facts=replace(rig.services.facts, subscriptions=(SUBSCRIPTION,)))
    text = event(rig, f"{ACCOUNT}-last")
    busy(rig, AT_ONCE, lambda evaluate: evaluate(text))

    assert rig.arm.reads[f"{ACCOUNT}-last".lower()] == 1
