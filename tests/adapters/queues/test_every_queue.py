"""The contract of every queue store: one taker at a time, redelivery after the lease, poison."""

import base64
import threading

import pytest

from adapters.queues.protocol import MessageRefused
from drift.queues.outbound import MAX_MESSAGE_BYTES
from tests.adapters.queues.queue_kinds import Kind

STRANGE = {
    "plain text of 64 KiB": "{" + "x" * (64 * 1024 - 1),
    "base64 of no text": base64.b64encode(b"\xff" * MAX_MESSAGE_BYTES).decode(),
    "the largest base64": base64.b64encode(b"x" * MAX_MESSAGE_BYTES).decode(),
    "plain text": "<&> ä€𐐷",
    "nothing": "",
}
"""What else an account's queue may hold, which nobody has put here."""


def test_what_was_put_is_taken_as_it_was(kind: Kind) -> None:
    text = '{"kind": "event", "name": "ä€𐐷\\u0000 <&> \\n"}'
    kind.queues.put_many([("changes", text), ("deliveries", "other")])

    assert kind.texts() == [text]
    assert kind.texts(queue="deliveries") == ["other"]


def test_a_queue_that_nobody_has_used_is_empty(kind: Kind) -> None:
    assert kind.texts() == []
    assert kind.queues.counts("never-used").waiting == 0


def test_concurrent_first_uses_of_a_queue_lose_no_message(kind: Kind) -> None:
    start = threading.Barrier(6)

    def use(number: int) -> None:
        start.wait()
        kind.queues.put("changes", str(number))

    threads = [threading.Thread(target=use, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(kind.texts()) == ["0", "1", "2", "3", "4", "5"]


def test_a_taken_message_is_hidden_from_others(kind: Kind) -> None:
    kind.queues.put("changes", "a")

    assert kind.texts() == ["a"]
    assert kind.take(owner="other") == ()


def test_no_more_are_taken_than_are_asked_for(kind: Kind) -> None:
    kind.queues.put_many([("changes", str(number)) for number in range(5)])

    assert [len(kind.take(3)), len(kind.take(3)), len(kind.take(3))] == [3, 2, 0]


def test_a_completed_message_is_gone(kind: Kind) -> None:
    kind.queues.put("changes", "a")
    (message,) = kind.take()

    assert kind.queues.complete(message)
    kind.passes(kind.lease)
    assert kind.take() == ()
    assert not kind.queues.complete(message)


def test_a_delayed_message_waits(kind: Kind) -> None:
    kind.queues.put("changes", "later", visible_after=1)

    assert kind.texts() == []
    kind.passes(1)
    assert kind.texts() == ["later"]


def test_a_message_comes_back_after_its_lease_and_counts(kind: Kind) -> None:
    kind.queues.put("changes", "a")
    (first,) = kind.take()
    kind.passes(kind.lease)
    (second,) = kind.take()

    assert (first.dequeue_count, second.dequeue_count) == (1, 2)


def test_a_process_without_the_lease_cannot_change_the_message(kind: Kind) -> None:
    for _ in range(4):
        kind.queues.put("changes", "a")
    lost = kind.take(4)
    kind.passes(kind.lease)
    held = kind.take(4, owner="other")

    assert not kind.queues.complete(lost[0])
    assert not kind.queues.release(lost[1])
    assert not kind.queues.renew(lost[2], kind.lease)
    assert not kind.queues.move_to_poison(lost[3])
    assert all(kind.queues.complete(each) for each in held)


def test_a_renewed_lease_runs_on_and_ends_with_the_message(kind: Kind) -> None:
    kind.queues.put("changes", "a")
    (message,) = kind.take()

    assert kind.queues.renew(message, 3 * kind.lease)
    kind.passes(kind.lease)
    assert kind.take() == ()
    assert kind.queues.renew(message, kind.lease)
    assert kind.queues.complete(message, [("deliveries", "x")])
    assert kind.texts(queue="deliveries") == ["x"]


def test_a_released_message_is_visible_after_the_delay(kind: Kind) -> None:
    kind.queues.put("changes", "a")
    (message,) = kind.take()

    assert kind.queues.release(message, 1)
    assert kind.take() == ()
    kind.passes(1)
    (again,) = kind.take()
    assert again.dequeue_count == 2


def test_a_message_that_is_released_without_delay_is_visible_at_once(kind: Kind) -> None:
    kind.queues.put("changes", "a")
    (message,) = kind.take()

    assert kind.queues.release(message)
    assert kind.texts() == ["a"]
    assert not kind.queues.complete(message)


def test_a_poisoned_message_moves_to_the_poison_queue_uncounted(kind: Kind) -> None:
    kind.queues.put("changes", "bad")
    (message,) = kind.take()

    assert kind.queues.move_to_poison(message)
    kind.passes(kind.lease)
    assert kind.take() == ()
    (poison,) = kind.take(queue="changes-poison")
    assert (poison.text, poison.dequeue_count) == ("bad", 1)


@pytest.mark.parametrize("name", STRANGE)
def test_a_message_of_another_sender_moves_to_the_poison_queue_unchanged(
    kind: Kind, name: str
) -> None:
    kind.sends(STRANGE[name])
    (message,) = kind.take()

    assert kind.queues.move_to_poison(message)
    (poison,) = kind.take(queue="changes-poison")
    assert (poison.text, poison.dequeue_count) == (message.text, 1)


def test_messages_of_a_dead_owner_are_reclaimed_at_once(kind: Kind) -> None:
    kind.queues.put("changes", "a")
    (dead,) = kind.take(owner="dead")
    kind.queues.put_many([("deliveries", "b"), ("changes", "c")])
    kind.take(owner="dead", queue="deliveries")
    kind.take(owner="alive")

    assert kind.queues.reclaim(lambda owner: owner == "dead") == 2
    (message,) = kind.take(10)
    assert (message.text, message.dequeue_count) == ("a", 2)
    assert not kind.queues.complete(dead)


def test_messages_that_a_dead_owner_had_completed_are_not_reclaimed(kind: Kind) -> None:
    kind.queues.put("changes", "a")
    (message,) = kind.take(owner="dead")
    kind.queues.complete(message)

    assert kind.queues.reclaim(lambda owner: owner == "dead") == 0
    assert kind.texts() == []


def test_messages_that_another_process_took_later_are_not_reclaimed(kind: Kind) -> None:
    kind.queues.put("changes", "a")
    kind.take(owner="dead")
    kind.passes(kind.lease)
    (held,) = kind.take(owner="alive")

    assert kind.queues.reclaim(lambda owner: owner == "dead") == 0
    assert kind.queues.complete(held)


@pytest.mark.parametrize("size", [MAX_MESSAGE_BYTES, MAX_MESSAGE_BYTES + 2])
def test_a_message_too_large_for_azure_is_refused_with_all_that_came_with_it(
    kind: Kind, size: int
) -> None:
    messages = [("changes", "ok"), ("changes", "é" * (size // 2))]
    if size <= MAX_MESSAGE_BYTES:
        kind.queues.put_many(messages)
    else:
        with pytest.raises(MessageRefused, match="queue changes"):
            kind.queues.put_many(messages)

    assert len(kind.texts()) == (2 if size <= MAX_MESSAGE_BYTES else 0)


def test_many_threads_take_each_message_once(kind: Kind) -> None:
    kind.queues.put_many([("changes", str(number)) for number in range(40)])
    taken: list[str] = []

    def work() -> None:
        while messages := kind.queues.take("changes", 4, lease_seconds=60, owner="me"):
            for message in messages:
                taken.append(message.text)
                kind.queues.complete(message)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(taken, key=int) == [str(number) for number in range(40)]
    assert kind.queues.counts("changes").waiting == 0


def test_what_a_message_led_to_is_stored_as_it_ends(kind: Kind) -> None:
    kind.queues.put("changes", "a")
    (message,) = kind.take()

    assert kind.queues.complete(message, [("deliveries", "x"), ("changes", "y")])
    assert kind.texts(queue="deliveries") == ["x"]
    assert kind.texts() == ["y"]


def test_a_process_without_the_lease_sends_nothing(kind: Kind) -> None:
    kind.queues.put("changes", "a")
    (lost,) = kind.take()
    kind.passes(kind.lease)
    kind.take(owner="other")

    assert not kind.queues.complete(lost, [("deliveries", "x")])
    assert kind.texts(queue="deliveries") == []


def test_a_message_whose_outputs_are_refused_is_not_ended(kind: Kind) -> None:
    kind.queues.put("changes", "a")
    (message,) = kind.take()

    with pytest.raises(MessageRefused):
        kind.queues.complete(message, [("deliveries", "x" * (MAX_MESSAGE_BYTES + 1))])
    assert kind.queues.complete(message)
