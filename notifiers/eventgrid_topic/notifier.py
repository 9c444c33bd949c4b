"""Deliver to an Event Grid topic. Knows its key or the identity, not the events."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from drift.config.secret import Secret
from drift.notices import Heartbeat, Notice
from drift.ports import Audience
from notifiers.deadline import CallDeadline
from notifiers.eventgrid_topic.answers import meaning
from notifiers.eventgrid_topic.message import build_event, build_heartbeat
from notifiers.eventgrid_topic.settings import Topic
from notifiers.fingerprint import settings_fingerprint
from notifiers.http import DEADLINE_SECONDS, SendBody, post
from notifiers.sessions import Sessions
from notifiers.tokens import Bearer, Tokens

Publish = Callable[[Topic, Secret | None, Mapping[str, Any], SendBody], None]
"""Passes an event to Microsoft's client, which signs it and sends it by the given function."""


class TopicNotifier:
    """Publishes an event for every notice; a repeat carries the same id, so it can be detected."""

    name = "eventgrid_topic"
    audience = Audience.SIEM

    def __init__(
        self,
        settings: Topic,
        sessions: Sessions,
        tokens: Tokens,
        *,
        publish: Publish,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._sessions = sessions
        self._bearer = Bearer(tokens, settings.scope, self.name)
        self._publish = publish
        self._clock = clock
        key = settings.key.reveal() if settings.key else ""
        self.fingerprint = settings_fingerprint(self.name, settings.endpoint, key)

    def send(self, notice: Notice, *, opening: bool) -> None:
        """Deliver once, or raise DeliveryFailed or DeliveryRejected."""
        self._publish_event(build_event(notice, sent_at=self._clock(), opening=opening))

    def send_heartbeat(self, heartbeat: Heartbeat) -> None:
        """Deliver once, or raise DeliveryFailed or DeliveryRejected."""
        self._publish_event(build_heartbeat(heartbeat))

    def _publish_event(self, event: Mapping[str, Any]) -> None:
        session = self._sessions.get()

        def attempt(token: Secret | None, deadline: CallDeadline) -> None:
            send = partial(post, session, channel=self.name, deadline=deadline, meaning=meaning)
            self._publish(self._settings, token, event, send)

        if self._settings.key:
            attempt(None, CallDeadline(DEADLINE_SECONDS))
        else:
            self._bearer.send(attempt)
