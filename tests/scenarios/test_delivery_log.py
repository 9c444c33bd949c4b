"""Every delivery, refusal and wait is one line of the log, with its reason."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from drift.errors import DeliveryFailed, DeliveryRejected
from drift.notices import Notice
from drift.ports import Put
from drift.queues.messages import DeliverMessage
from drift.queues.outbound import Outbound
from drift.state import incident_ids, keys
from drift.state.keys import RowKind
from tests.support import open_account
from tests.support.log_lines import Lines, shown
from tests.support.open_account import broken, mended
from tests.support.rig import ACCOUNT, SUBSCRIPTION, Channel, Rig

CONTROL = open_account.OPEN.CONTROL.id
INCIDENT = incident_ids.incident_id(CONTROL, ACCOUNT, 1)
STORAGE = f"/subscriptions/{SUBSCRIPTION}/providers/microsoft.storage"


@dataclass
class SlowChannel(Channel):
    """Does something else before it answers, once."""

    meanwhile: list[Callable[[], None]] = field(default_factory=list)

    def send(self, notice: Notice, *, opening: bool) -> None:
        if self.meanwhile:
            self.meanwhile.pop()()
        super().send(notice, opening=opening)


def opened(rig: Rig) -> None:
    broken(rig)
    rig.write(ACCOUNT)


def test_a_delivery_that_is_sent_names_its_change_and_its_times(known: Rig, log: Lines) -> None:
    at = shown(known)
    opened(known)

    line = log.only("delivery-sent", channel="teams")
    assert (line["incident"], line["sequence"], line["change"]) == (INCIDENT, 1, "opened")
    assert (line["event_at"], line["read_at"], line["decided_at"]) == (at, at, at)
    assert (line["since_event"], line["since_decision"]) == (0.0, 0.0)
    assert (line["version"], line["config"]) == ("1", "first")


def test_a_delivery_that_fails_names_its_next_try(known: Rig, log: Lines) -> None:
    known.teams.refusal = DeliveryFailed("teams: HTTP 429", retry_after=40)
    opened(known)

    line = log.only("delivery-failed", channel="teams")
    assert (line["sequence"], line["attempts"]) == (1, 1)
    assert (line["due"], line["reason"]) == ("2026-11-20T03:05:40.000Z", "teams: HTTP 429")


@pytest.mark.parametrize(
    ("name", "refusal"),
    [
        ("delivery-failed", DeliveryFailed("teams: HTTP 503")),
        ("delivery-rejected", DeliveryRejected("teams: HTTP 400", status=400)),
    ],
)
def test_a_refused_delivery_names_its_change_as_one_that_is_sent_does(
    known: Rig, log: Lines, name: str, refusal: DeliveryFailed | DeliveryRejected
) -> None:
    known.teams.refusal = refusal
    opened(known)

    sent = log.only("delivery-sent", channel="splunk", control=CONTROL)
    refused = log.of(name, channel="teams")[0]
    names = (
        "change",
        "severity",
        "event",
        "event_at",
        "read_at",
        "decided_at",
        "version",
        "config",
    )
    assert [refused[each] for each in names] == [sent[each] for each in names]


def test_a_refused_change_that_cannot_be_read_is_logged_without_it(known: Rig, log: Lines) -> None:
    known.teams.refusal = DeliveryFailed("teams: HTTP 503")
    opened(known)
    place = keys.below(RowKind.OUTBOX, keys.digest(ACCOUNT))
    (row,) = known.store.range(keys.partition(ACCOUNT), *place)
    known.store.commit(keys.partition(ACCOUNT), [Put(row.key, {**row.data, "notice0": "damaged"})])
    known.later(seconds=20)

    line = log.of("delivery-rejected", channel="teams")[0]
    assert "error of the monitor" in str(line["reason"])
    assert "event" not in line


def test_a_delivery_that_is_rejected_is_held_with_the_words_of_the_channel(
    known: Rig, log: Lines
) -> None:
    known.teams.refusal = DeliveryRejected("teams: HTTP 400", status=400)
    opened(known)

    line = log.of("delivery-rejected", channel="teams")[0]
    assert (line["held_since"], line["due"]) == (
        "2026-11-20T03:05:00.000Z",
        "2026-11-20T04:05:00.000Z",
    )
    assert (line["status"], line["reason"]) == (400, "teams: HTTP 400")


def test_a_delivery_for_a_channel_without_settings_is_held(known: Rig, log: Lines) -> None:
    known.teams.refusal = DeliveryFailed("teams: HTTP 503")
    opened(known)
    known.change(channels=(known.pagerduty, known.splunk))
    known.later(seconds=10)

    line = log.of("delivery-held", channel="teams", control=CONTROL)[0]
    assert line["reason"] == "the channel has no settings"
    assert line["held_since"] == shown(known)


def test_a_delivery_that_is_asked_for_too_early_says_what_it_waits_for(
    known: Rig, log: Lines
) -> None:
    known.teams.refusal = DeliveryFailed("teams: HTTP 503")
    opened(known)
    message = DeliverMessage(resource=ACCOUNT, control=CONTROL, number=1, channel="teams")
    known.run(Outbound(deliveries=(message.text,)))

    line = log.only("delivery-waits", channel="teams")
    assert line["reason"] == "the next try is not due yet"
    assert line["until"] == "2026-11-20T03:05:10.000Z"


def test_a_change_behind_one_that_is_held_waits_for_it(known: Rig, log: Lines) -> None:
    known.teams.refusal = DeliveryRejected("teams: HTTP 400", status=400)
    opened(known)
    known.clock.advance(minutes=5)
    mended(known)
    known.write(ACCOUNT)
    known.clock.advance(minutes=20)
    log.clear()
    opened(known)

    line = log.of("delivery-waits", channel="teams", number=2)[0]
    assert line["reason"] == "a change of the earlier opening is not sent yet"


def test_a_change_that_is_refused_for_a_day_is_given_up_and_says_so(known: Rig, log: Lines) -> None:
    known.teams.refusal = DeliveryRejected("teams: HTTP 400", status=400)
    opened(known)
    known.clock.advance(hours=25)
    known.later(seconds=10)

    line = log.of("delivery-given-up", channel="teams", control=CONTROL)[0]
    assert (line["sequence"], line["refused_since"]) == (1, "2026-11-20T03:05:00.000Z")
    assert (line["status"], line["change"]) == (400, "opened")
    assert "its last answer: teams: HTTP 400" in str(line["reason"])
    assert len(log.of("delivery-rejected", channel="teams", control=CONTROL)) == 1


def test_a_change_whose_delivery_was_not_recorded_says_that_it_may_be_sent_twice(
    known: Rig, log: Lines
) -> None:
    """The store was slow: the claim has expired, and another sender has delivered the change."""
    message = DeliverMessage(resource=ACCOUNT, control=CONTROL, number=1, channel="slow")

    def meanwhile() -> None:
        known.clock.advance(seconds=61)
        known.run(Outbound(deliveries=(message.text,)))

    known.change(channels=(SlowChannel("slow", meanwhile=[meanwhile]),))
    opened(known)

    assert log.only("delivery-sent", channel="slow")["sequence"] == 1
    line = log.only("delivery-unrecorded", channel="slow")
    assert line["reason"] == "another sender took over: the change may be sent twice"


def test_a_change_of_another_version_waits_and_says_so(known: Rig, log: Lines) -> None:
    known.teams.refusal = DeliveryFailed("teams: HTTP 503")
    opened(known)
    place = keys.below(RowKind.OUTBOX, keys.digest(ACCOUNT))
    (row,) = known.store.range(keys.partition(ACCOUNT), *place)
    known.store.commit(keys.partition(ACCOUNT), [Put(row.key, {**row.data, "schema": 99})])
    known.later(seconds=20)

    line = log.only("delivery-waits", channel="teams")
    assert line["reason"] == "another version wrote the change"
    assert str(line["until"]) > shown(known)
