"""The actor and the query that the tests use: the last hour up to a minute ago."""

from datetime import UTC, datetime, timedelta

from adapters.log_analytics.activity_log import LogAnalytics
from drift.model import Actor
from drift.ports import ActivityAnswer
from sandbox.core.people import ENGINEER, PIPELINE

EVENT = "9a2f0c55-6a58-4c56-9d6f-3c2f5b8c1a01"
HOUR = timedelta(hours=1)

DANA = Actor(name=ENGINEER.upn, object_id=ENGINEER.object_id)
DEPLOYER = Actor(name=PIPELINE.app_id, object_id=PIPELINE.object_id)


def ask(log: LogAnalytics, actor: Actor = DANA, correlation: str = EVENT) -> ActivityAnswer:
    """Ask what else an actor wrote, an event's correlation id in hand."""
    now = datetime.now(UTC)
    return log.writes_by(
        actor, since=now - HOUR, until=now + timedelta(minutes=1), correlation_id=correlation
    )
