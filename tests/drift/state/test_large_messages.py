"""A message that is too large for a queue travels as rows and a small message, and leaves nothing behind."""

import json

from drift import ids
from drift.notices import Change
from drift.ports import Put
from drift.queues.outbound import MAX_MESSAGE_BYTES, Outbound
from drift.state import keys
from drift.state.large_messages import fitted, stored_text
from tests.support.open_account import broken, told_of_move
from tests.support.rig import ACCOUNT, GROUP, Rig
from tests.support.walking import row_keys


def moved_among(rig: Rig, groups: list[str]) -> str:
    """Move the account, while accounts of its name are new in these groups; return the search's message."""
    broken(rig)
    rig.write(ACCOUNT)
    rig.later(minutes=5)
    body = rig.arm.body(ACCOUNT)
    del rig.arm.documents[ids.key(ACCOUNT)]
    for each in groups:
        there = ACCOUNT.replace(GROUP, f"{GROUP}{each}")
        rig.arm.documents[ids.key(there)] = {**body, "id": there}
    (event,) = rig.monitor.intake(json.dumps(told_of_move(rig)))
    (search,) = rig.monitor.evaluate(event).changes
    return search


def closed(rig: Rig) -> list[str]:
    return [each.resource_id for each, _ in rig.teams.told if each.change is Change.CLOSED]


def stored(rig: Rig) -> list[str]:
    return [
        *row_keys(rig, "message"),
        *(each for each in row_keys(rig, "due") if "|stored|" in each),
    ]


def test_a_move_among_400_groups_with_alike_names_fits_a_queue(known: Rig) -> None:
    search = moved_among(
        known,
        [f"-records-of-all-the-patients-of-the-year-2026-{number:05}" for number in range(400)],
    )
    (found,) = known.monitor.evaluate(search).changes
    whole = stored_text(known.store, json.loads(found)["mark"])

    assert len(found) < 200
    assert whole is not None
    assert len(whole) > 71_835
    assert len(json.loads(whole)["new"]) == 400


def test_a_kill_between_the_row_and_its_message_loses_nothing_and_tells_nothing_twice(
    known: Rig,
) -> None:
    groups = [f"-{number}{'ä' * 150}" for number in range(50)]
    search = moved_among(known, groups)
    known.monitor.evaluate(search)  # the message that names the stored one is lost
    assert len(stored(known)) == 2

    known.run(Outbound(changes=(search,)))  # the search is queued again
    known.later(minutes=2)

    assert closed(known) == [ACCOUNT]
    assert len(known.splunk.told) == len(groups) + 2
    assert stored(known) == []


def test_a_kill_after_which_nothing_is_queued_again_loses_nothing(known: Rig) -> None:
    text = json.dumps(
        {"kind": "wake", "resource": ACCOUNT, "reason": "retry", "note": "x" * 50_000}
    )
    fitted(known.store, Outbound(changes=(text,)), known.clock())
    known.later(minutes=3)

    assert known.arm.reads[ids.key(ACCOUNT)] == 1
    assert stored(known) == []


def test_a_small_message_stays_as_it_is(clinic: Rig) -> None:
    text = json.dumps({"kind": "wake", "resource": "ä" * 20_000}, ensure_ascii=False)
    same = Outbound(changes=(text,), deliveries=(text,))

    assert fitted(clinic.store, same, clinic.clock()) == same
    assert clinic.store_rows("message|") == 0


def test_a_message_of_many_rows_comes_back_whole(clinic: Rig) -> None:
    document = " ".join(str(number**5) for number in range(60_000))
    text = json.dumps({"kind": "wake", "resource": document, "due": "due|1", "schema": 1})
    (small,) = fitted(clinic.store, Outbound(deliveries=(text,)), clinic.clock()).deliveries

    assert len(small) < MAX_MESSAGE_BYTES
    assert clinic.store_rows("message|") > 1
    assert stored_text(clinic.store, json.loads(small)["mark"]) == text


def test_a_stored_message_that_fails_every_time_has_its_resource_read_and_leaves(
    known: Rig,
) -> None:
    text = json.dumps({"kind": "wake", "resource": ACCOUNT, "note": "x" * 50_000, "schema": 1})
    (small,) = fitted(known.store, Outbound(changes=(text,)), known.clock()).changes
    known.run(known.monitor.poisoned("changes", small))

    assert stored(known) == []
    assert known.monitor.health()["unknown"] == 1
    assert known.store_rows("dropped|") == 1


def test_a_stored_message_that_no_version_can_read_is_dropped_and_leaves(known: Rig) -> None:
    text = json.dumps({"kind": "wake", "note": "x" * 50_000})
    (small,) = fitted(known.store, Outbound(changes=(text,)), known.clock()).changes
    known.run(Outbound(changes=(small,)))

    assert stored(known) == []
    assert known.store_rows("dropped|") == 1


def test_a_stored_message_of_a_newer_version_is_kept_for_it(known: Rig) -> None:
    text = json.dumps({"kind": "novel", "note": "x" * 50_000})
    (small,) = fitted(known.store, Outbound(changes=(text,)), known.clock()).changes
    known.run(Outbound(changes=(small,)))
    known.later(minutes=30)

    assert known.monitor.health()["notUnderstood"] == 1
    assert len(row_keys(known, "message")) == 1


def test_rows_of_a_message_in_the_form_of_a_newer_version_are_kept(known: Rig) -> None:
    text = json.dumps({"kind": "wake", "resource": ACCOUNT, "note": "x" * 50_000})
    (small,) = fitted(known.store, Outbound(changes=(text,)), known.clock()).changes
    before = stored(known)
    [key] = row_keys(known, "message")
    shard = keys.partition(key.split("|")[1])
    known.store.commit(shard, [Put(key, {"schema": 2})])
    known.run(Outbound(changes=(small,)))

    assert stored(known) == before
    assert known.monitor.health()["notUnderstood"] == 1
