"""An ARM, a log and a clock with answers that a test chooses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cli.doctor_checks.identity import Principal
from drift import ids
from drift.errors import SourceUnavailable
from drift.model import Actor
from drift.ports import ActivityAnswer, Listing, PageCheck, Reading, every_page

AT = datetime(2026, 11, 22, 3, 14, tzinfo=UTC)
SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
OTHER = "11111111-2222-3333-4444-666666666666"
SCOPE = f"/subscriptions/{SUBSCRIPTION}"
WORKSPACE = f"{SCOPE}/resourcegroups/ops/providers/microsoft.operationalinsights/workspaces/logs"
MONITOR = Principal("0b1e", "app", "7e4a", is_user=False)

Answer = Mapping[str, Any] | list[Mapping[str, Any]] | SourceUnavailable | None


@dataclass
class Reader:
    """Answers by id; any other id is an empty list or an enabled subscription."""

    answers: dict[str, Answer] = field(default_factory=dict)
    at: datetime = AT
    asked: list[str] = field(default_factory=list)

    def get(self, resource_id: str) -> Reading:
        found = self._answer(resource_id, {"displayName": "Clinic", "state": "Enabled"})
        if isinstance(found, list):
            raise TypeError
        return Reading(found, self.at, "" if found is not None else "SubscriptionNotFound")

    def list(self, collection_id: str, *, before_page: PageCheck = every_page) -> Listing:
        found = self._answer(collection_id, [])
        if not isinstance(found, list | None):
            raise TypeError
        return Listing(None if found is None else tuple(found), self.at, "")

    def _answer(self, name: str, default: Answer) -> Any:
        self.asked.append(ids.key(name))
        found = self.answers.get(ids.key(name), default)
        if isinstance(found, SourceUnavailable):
            raise found
        return found


@dataclass
class Log:
    """Answers every question with nothing, or refuses it."""

    refusal: SourceUnavailable | None = None

    def writes_by(
        self, actor: Actor, *, since: datetime, until: datetime, correlation_id: str
    ) -> ActivityAnswer:
        if self.refusal:
            raise self.refusal
        return ActivityAnswer(caught_up=False, activities=())


def unavailable(status: int, code: str = "", retry_after: float | None = None) -> SourceUnavailable:
    return SourceUnavailable("something", status, code, retry_after=retry_after)
