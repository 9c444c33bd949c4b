"""After a rollback, data of a newer version is neither lost nor misread."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from drift.codec import encode, member
from drift.model import Outcome, Severity
from drift.ports import Put, Row
from drift.queues.outbound import Outbound
from drift.state import keys, packing
from drift.state.due_rows import wake_at
from drift.state.resource_record import Record, load_record
from drift.state.sweep_state import Phase, find_sweep
from tests.drift.state.rolled_back import opened, rows, waiting
from tests.support.open_account import broken
from tests.support.rig import ACCOUNT, SUBSCRIPTION, Rig

Edit = Callable[[Mapping[str, Any]], Mapping[str, Any]]


NOVEL = json.dumps({"kind": "novel", "schema": 1, "about": ACCOUNT})


def rewritten(rig: Rig, prefix: str, edit: Edit) -> list[tuple[str, Row]]:
    """Have another version rewrite rows, and return them as they were."""
    before = rows(rig, prefix)
    for shard, row in before:
        rig.store.commit(shard, [Put(row.key, edit(row.data))])
    return before


def upgraded(rig: Rig, before: list[tuple[str, Row]]) -> None:
    """Make the rows readable for this version, as an upgrade does."""
    for shard, row in before:
        rig.store.commit(shard, [Put(row.key, row.data)])


def newer(data: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**data, "schema": 2}


def record_edited(rig: Rig, **changes: Any) -> None:
    """Have another version write these fields into the record of the account."""
    key = keys.row_key("resource", keys.digest(ACCOUNT))

    def edit(data: Mapping[str, Any]) -> Mapping[str, Any]:
        record = {**packing.unpack(data, "record"), **changes}
        others = {name: item for name, item in data.items() if not name.startswith("record")}
        return {**others, **packing.pack(record, "record")}

    rewritten(rig, key, edit)


def record_of(rig: Rig) -> Record:
    return load_record(rig.store, ACCOUNT).record


def test_a_message_of_an_unknown_kind_is_kept_once_and_counted(known: Rig) -> None:
    for due in ("", "due|1", "due|2"):
        known.run(Outbound(changes=(json.dumps({**json.loads(NOVEL), "due": due}),)))
    known.run(Outbound(deliveries=(NOVEL,)))
    known.later(minutes=60)

    assert waiting(known) == 1
    assert known.monitor.health()["status"] == "degraded"
    assert known.store_rows("dropped|") == 0


def test_a_poisoned_message_of_an_unknown_kind_is_kept_too(known: Rig) -> None:
    known.monitor.poisoned("changes", NOVEL)

    assert waiting(known) == 1


@pytest.mark.parametrize(
    "changes",
    [{"at": None}, {"at": "yesterday"}, {"actor": ["a", "b"]}, {"deleted": "half"}, {"id": None}],
    ids=str,
)
def test_an_event_with_a_field_that_cannot_be_decoded_is_kept_and_counted(
    known: Rig, changes: Mapping[str, Any]
) -> None:
    broken(known)
    (text,) = known.monitor.intake(known.body(ACCOUNT))
    known.run(Outbound(changes=(json.dumps({**json.loads(text), **changes}),)))
    known.later(minutes=30)

    assert waiting(known) == 1
    assert known.monitor.health()["status"] == "degraded"
    assert known.store_rows("dropped|") == 0


@pytest.mark.parametrize("resource", [None, 7, {}], ids=str)
def test_a_message_with_a_field_that_cannot_be_decoded_is_kept_and_counted(
    known: Rig, resource: object
) -> None:
    known.run(Outbound(changes=(json.dumps({"kind": "wake", "resource": resource}),)))

    assert waiting(known) == 1
    assert known.store_rows("dropped|") == 0


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", "7", '{"kind": []}', '{"kind": ""}', '{"kind": "wake"}', '{"kind": "event"}',
     '{"kind": "fanout", "document": ""}'],
)  # fmt: skip
def test_a_text_that_no_version_writes_is_recorded_as_dropped(known: Rig, text: str) -> None:
    known.run(Outbound(changes=(text,)))

    assert waiting(known) == 0
    assert known.store_rows("dropped|") == 1


def test_an_event_whose_record_is_newer_is_told_after_the_upgrade(known: Rig) -> None:
    before = rewritten(known, "resource|", newer)
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=30)

    assert (known.teams.told, waiting(known)) == ([], 1)

    upgraded(known, before)
    known.later(minutes=11)

    assert "TOY-OPEN opened" in known.teams.changes
    assert waiting(known) == 0


def test_a_newer_change_stays_untold_until_the_upgrade(known: Rig) -> None:
    broken(known)
    told = Outbound()
    for text in known.monitor.intake(known.body(ACCOUNT)):
        told += known.monitor.evaluate(text)
    before = rewritten(known, "outbox|", newer)
    known.run(told)
    known.later(minutes=60)

    assert (known.teams.told, waiting(known)) == ([], 3)

    upgraded(known, before)
    known.later(minutes=11)

    assert "TOY-OPEN opened" in known.teams.changes
    assert waiting(known) == 0


def test_a_severity_of_a_newer_version_is_told_as_critical_and_said(known: Rig) -> None:
    notice = replace(opened(known), severity=member(Severity, "dire")).for_channels

    assert notice.severity is Severity.CRITICAL
    assert notice.context == ("Severity 'dire' is unknown to this version of the monitor.",)


def test_an_outcome_of_a_newer_version_is_told_as_unknown(known: Rig) -> None:
    notice = replace(opened(known), outcome=member(Outcome, "half")).for_channels

    assert notice.outcome is Outcome.UNKNOWN


def test_unknown_fields_of_a_newer_version_survive_an_evaluation(known: Rig) -> None:
    control = {**encode(record_of(known).controls["TOY-OPEN"]), "novel": 7}
    record_edited(known, novel={"a": [1]}, controls={"TOY-OPEN": control, "TOY-NEW": control})
    opened(known)
    stored = encode(record_of(known))

    assert stored["novel"] == {"a": [1]}
    assert stored["controls"]["TOY-NEW"]["novel"] == 7


def test_an_outcome_that_is_unknown_to_this_version_hides_no_failure(known: Rig) -> None:
    control = {**encode(record_of(known).controls["TOY-OPEN"]), "outcome": "half"}
    record_edited(known, controls={"TOY-OPEN": control})

    assert opened(known).outcome is Outcome.FAIL


def test_an_unknown_due_reason_is_kept_and_causes_an_evaluation_each_hour(known: Rig) -> None:
    held = load_record(known.store, ACCOUNT)
    record, writes = wake_at(held.record, "novel", known.clock() + timedelta(minutes=1))
    put = replace(held, record=record).put()
    known.store.commit(keys.partition(ACCOUNT), [*writes, put])
    known.later(minutes=110)

    assert record_of(known).due["novel"] > known.clock()
    assert known.arm.reads[ACCOUNT.lower()] == 2
    assert known.store_rows("due|") == 1


def test_a_sweep_in_a_phase_of_a_newer_version_begins_again(known: Rig) -> None:
    known.run(known.monitor.sweep())
    known.later(minutes=10)
    rewritten(known, "sweep|", lambda data: {**data, "phase": "novel"})
    known.run(known.monitor.sweep())
    known.later(minutes=10)
    sweep, _ = find_sweep(known.store, SUBSCRIPTION)

    assert sweep is not None
    assert (sweep.run, sweep.phase) == (2, Phase.DONE)


def test_a_sweep_that_a_newer_version_began_begins_anew_and_sends_each_finding(known: Rig) -> None:
    known.run(known.monitor.sweep())
    known.later(minutes=10)
    rewritten(known, "sweep|", newer)
    known.arm.set(ACCOUNT, open=True)
    known.run(known.monitor.sweep())
    known.later(minutes=10)
    sweep, _ = find_sweep(known.store, SUBSCRIPTION)

    assert sweep is not None
    assert (sweep.run, sweep.phase, sweep.first) == (2, Phase.DONE, False)
    assert "TOY-OPEN opened" in known.teams.changes


def test_a_sweep_passes_over_a_record_that_it_cannot_read(known: Rig) -> None:
    rewritten(known, "resource|", newer)
    known.run(known.monitor.sweep())
    known.later(minutes=10)
    sweep, _ = find_sweep(known.store, SUBSCRIPTION)

    assert sweep is not None
    assert sweep.phase is Phase.DONE


def test_a_resource_that_a_sweep_cannot_judge_is_counted_and_evaluated_after_the_upgrade(
    known: Rig,
) -> None:
    before = rewritten(known, "resource|", newer)
    broken(known)
    known.run(known.monitor.sweep())
    known.later(minutes=10)

    assert waiting(known) == 1
    assert known.teams.changes == []

    upgraded(known, before)
    known.later(minutes=12)

    assert "TOY-OPEN opened" in known.teams.changes
    assert waiting(known) == 0


def test_a_resource_that_a_new_configuration_cannot_judge_is_counted(known: Rig) -> None:
    broken(known)
    known.write(ACCOUNT)
    rewritten(known, "resource|", newer)
    known.configure()
    known.later(minutes=2)

    assert waiting(known) == 1


def test_a_kept_message_that_proves_malformed_ends(known: Rig) -> None:
    known.run(Outbound(changes=(json.dumps({"kind": "wake", "schema": 2}),)))
    assert waiting(known) == 1

    def of_this_version(data: Mapping[str, Any]) -> Mapping[str, Any]:
        text = json.dumps({"kind": "wake", "schema": 1})
        others = {name: item for name, item in data.items() if not name.startswith("text")}
        return {**others, **packing.pack(text, "text")}

    rewritten(known, "deferred|", of_this_version)
    known.later(minutes=12)

    assert waiting(known) == 0
