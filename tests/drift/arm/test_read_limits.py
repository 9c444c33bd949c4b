"""First reads stay within a part of what ARM and Storage allow a subscription."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from drift.arm.read_limits import ARM, FIRST_READS, STORAGE_GET, FirstReads
from tests.support.rig import ACCOUNT, NSG

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


def booked(document: str, count: int) -> list[timedelta]:
    """Return how long each of so many reads that are asked for at once has to wait."""
    reads = FirstReads()
    return [reads.book(document, NOW) - NOW for _ in range(count)]


def test_a_burst_of_a_hundred_waits_for_nothing() -> None:
    assert booked(NSG, 100) == [timedelta()] * 100


def test_more_follow_one_by_one_as_arm_refills() -> None:
    waits = booked(NSG, 1000)
    burst = FIRST_READS[ARM].burst

    assert waits[burst - 1] == timedelta()
    assert waits[burst] == FIRST_READS[ARM].interval
    assert waits == sorted(waits)
    assert max(Counter(each // timedelta(seconds=1) for each in waits[burst:]).values()) <= 11


def test_storage_accounts_keep_to_the_limit_of_storage() -> None:
    within_five_minutes = [each for each in booked(ACCOUNT, 1000) if each < timedelta(minutes=5)]

    assert len(within_five_minutes) <= 2 * FIRST_READS[STORAGE_GET].burst


def test_each_subscription_has_limits_of_its_own() -> None:
    reads = FirstReads()
    for _ in range(1000):
        reads.book(NSG, NOW)
    other = NSG.replace("11111111", "99999999")

    assert reads.book(other, NOW) == NOW


def test_what_was_used_is_free_again_after_a_while() -> None:
    reads = FirstReads()
    for _ in range(200):
        reads.book(NSG, NOW)
    later = NOW + timedelta(minutes=1)

    assert reads.book(NSG, later) == later


def test_reads_booked_while_the_clock_was_ahead_delay_none_once_it_is_right_again() -> None:
    reads = FirstReads()
    for _ in range(2 * FIRST_READS[ARM].burst):
        reads.book(NSG, NOW + timedelta(hours=2))

    waits = [reads.book(NSG, NOW) - NOW for _ in range(3)]

    assert timedelta() < waits[0] < timedelta(minutes=1)
    assert waits == sorted(waits)
