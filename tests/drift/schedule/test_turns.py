"""A subscription uses only its share of the workers of a queue."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from detectors.storage import tls
from drift.queues.messages import MarkMessage, WakeMessage
from drift.queues.outbound import BACKGROUND, CHANGES, MessageKind, Outbound
from drift.schedule.turns import AT_ONCE
from drift.state import keys
from drift.state.due_rows import RECOVER, due_put
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


def test_a_message_that_was_passed_on_is_not_enqueued_again_while_it_waits(rig: Rig) -> None:
    rig.run(rig.monitor.tick())
    resource = f"{ACCOUNT}-last"
    put = due_put(WakeMessage(resource=resource), rig.clock.now, keys.digest(resource), RECOVER)
    rig.store.commit(keys.partition(resource), [put])
    rig.clock.advance(seconds=1)
    [text] = wakes(rig.monitor.tick())
    passed = list[Outbound]()
    busy(rig, AT_ONCE, lambda evaluate: passed.append(evaluate(text)))
    again = list[str]()
    for _ in range(120):
        rig.clock.advance(seconds=10)
        rig.monitor.evaluate(MarkMessage(queue=CHANGES, asked=rig.clock.now).text)
        again += [each for each in wakes(rig.monitor.tick()) if is_about(each, resource)]

    assert passed == [Outbound(background=(text,))]
    assert again == []


def test_a_message_that_was_passed_on_and_lost_is_enqueued_again(rig: Rig) -> None:
    rig.run(rig.monitor.tick())
    resource = f"{ACCOUNT}-last"
    put = due_put(WakeMessage(resource=resource), rig.clock.now, keys.digest(resource), RECOVER)
    rig.store.commit(keys.partition(resource), [put])
    rig.clock.advance(seconds=1)
    [text] = wakes(rig.monitor.tick())
    busy(rig, AT_ONCE, lambda evaluate: evaluate(text))
    again = list[str]()
    for _ in range(120):
        rig.clock.advance(seconds=10)
        rig.monitor.background(MarkMessage(queue=BACKGROUND, asked=rig.clock.now).text)
        again += [each for each in wakes(rig.monitor.tick()) if is_about(each, resource)]

    assert again
    assert "passed_on" not in json.loads(again[0])


def wakes(work: Outbound) -> list[str]:
    """Return the messages that wake a resource."""
    texts = (*work.changes, *work.background)
    return [each for each in texts if json.loads(each)["kind"] == MessageKind.WAKE]


def is_about(text: str, resource: str) -> bool:
    return bool(json.loads(text)["resource"] == resource)
