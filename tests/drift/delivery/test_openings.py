"""Openings of one finding that a channel did not get: they are delivered in order, oldest first."""

from drift.delivery.cursor import DeliveryKey
from drift.errors import DeliveryFailed
from tests.support.open_account import mended
from tests.support.rig import ACCOUNT, Rig

OPENINGS = 3
STORY = ["TOY-OPEN opened", "TOY-OPEN resolved"] * OPENINGS
LAST = DeliveryKey(resource=ACCOUNT, control="TOY-OPEN", number=OPENINGS, channel="teams")


def opens_and_closes(rig: Rig) -> None:
    rig.arm.set(ACCOUNT, open=True)
    rig.write(ACCOUNT)
    rig.later(minutes=2)
    mended(rig)
    rig.write(ACCOUNT)
    rig.later(minutes=20)  # what opens so late is another opening


def opened_without_teams(rig: Rig) -> None:
    rig.teams.refusal = DeliveryFailed("teams: HTTP 503", retry_after=6 * 3600)
    for _ in range(OPENINGS):
        opens_and_closes(rig)
    rig.teams.refusal = None


def reported(rig: Rig) -> list[str]:
    return [each for each in rig.teams.changes if each.startswith("TOY")]


def test_the_message_of_the_last_opening_delivers_the_earlier_ones_first(known: Rig) -> None:
    opened_without_teams(known)
    known.clock.advance(hours=7)

    known.monitor.deliver(LAST.message)

    assert reported(known) == STORY


def test_later_openings_wait_while_the_channel_still_refuses_the_first(known: Rig) -> None:
    opened_without_teams(known)

    known.monitor.deliver(LAST.message)

    assert reported(known) == []

    known.later(minutes=7 * 60)

    assert reported(known) == STORY
