"""A channel that fails for hours or days: each try is counted, and other channels report it."""

from dataclasses import dataclass

from drift.errors import DeliveryFailed
from drift.model import Severity
from drift.notices import Notice
from tests.support.open_account import broken
from tests.support.rig import ACCOUNT, Channel, Rig

OPENED = "TOY-OPEN opened"
SILENT = "MONITOR-CHANNEL opened"
TWO_DAYS = 2 * 24 * 60


@dataclass
class Counting(Channel):
    """A channel that counts the tries, and fails each one with ``error``."""

    error: Exception | None = None
    tries: int = 0

    def send(self, notice: Notice, *, opening: bool) -> None:
        self.tries += 1
        if self.error:
            raise self.error
        super().send(notice, opening=opening)


def failing(rig: Rig, error: Exception) -> Counting:
    """Have every message to Teams fail so."""
    teams = Counting("teams", error=error)
    rig.change(channels=(teams, rig.pagerduty, rig.splunk))
    return teams


def test_a_critical_alert_about_phi_that_17_tries_did_not_deliver_is_told_elsewhere(
    known: Rig,
) -> None:
    teams = failing(known, DeliveryFailed("teams: HTTP 429"))
    broken(known)
    known.write(ACCOUNT)
    for _ in range(TWO_DAYS):
        if teams.tries >= 17:
            break
        known.later(minutes=1)
    alert, _ = known.splunk.told[0]

    assert teams.tries >= 17
    assert (alert.severity, alert.phi) == (Severity.CRITICAL, True)
    assert known.splunk.changes == [OPENED, SILENT]
    assert known.monitor.health()["undelivered"] == 1
    assert known.monitor.health()["status"] == "degraded"


def test_an_error_of_ours_in_a_message_is_tried_few_times_in_two_days_and_told(
    known: Rig,
) -> None:
    teams = failing(known, KeyError("swordfish"))
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=TWO_DAYS)

    assert teams.tries < 100
    assert SILENT in known.splunk.changes
    assert known.monitor.health()["status"] == "degraded"
