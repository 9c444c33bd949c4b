"""A log line reads what it says from the store, and never makes a delivery fail."""

import logging
from collections.abc import Sequence
from dataclasses import replace

import pytest

from drift.delivery.cursor import DeliveryKey
from drift.delivery.delivery_log import trace_wait
from drift.errors import UNANSWERED, StoreUnavailable
from drift.ports import Row, Write
from tests.support.rig import ACCOUNT, Rig


class NoStore:
    """A store that does not answer."""

    def get(self, partition: str, key: str) -> Row | None:
        raise StoreUnavailable("state", UNANSWERED)

    def range(self, partition: str, first: str, end: str, limit: int = 1000) -> Sequence[Row]:
        raise StoreUnavailable("state", UNANSWERED)

    def commit(self, partition: str, writes: Sequence[Write]) -> None:
        raise StoreUnavailable("state", UNANSWERED)


def test_a_line_is_written_also_while_the_store_does_not_answer(
    clinic: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    services = replace(clinic.services, store=NoStore())
    delivery_key = DeliveryKey(resource=ACCOUNT, control="TOY-OPEN", number=1, channel="teams")
    with caplog.at_level(logging.INFO, logger="drift"):
        trace_wait(services, delivery_key)

    (line,) = caplog.messages
    assert line.startswith("delivery-waits channel=teams control=TOY-OPEN ")
    assert "until=" not in line
