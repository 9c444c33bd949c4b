"""Deliver to PagerDuty. Knows the key, the address and the session, not the events."""

import json
from typing import Final

from drift.config.secret import Secret
from drift.notices import Notice
from drift.ports import Audience
from notifiers.fingerprint import settings_fingerprint
from notifiers.http import post
from notifiers.pagerduty.answers import meaning
from notifiers.pagerduty.message import build_event
from notifiers.pagerduty.settings import PagerDuty
from notifiers.sessions import Sessions

_HEADERS: Final = {"Content-Type": "application/json"}


class PagerDutyNotifier:
    """Triggers and resolves; a 400 means that the event or the key is wrong, so it is rejected."""

    name = "pagerduty"
    audience = Audience.PAGER

    def __init__(self, settings: PagerDuty, sessions: Sessions) -> None:
        self._routing_key = settings.routing_key
        self._url = Secret(settings.url)
        self._sessions = sessions
        self.fingerprint = settings_fingerprint(
            self.name, settings.routing_key.reveal(), settings.url
        )

    def send(self, notice: Notice, *, opening: bool) -> None:
        """Deliver once, or raise DeliveryFailed or DeliveryRejected."""
        event = build_event(notice, self._routing_key.reveal(), opening=opening)
        body = json.dumps(event).encode()
        post(
            self._sessions.get(),
            self._url,
            body,
            _HEADERS,
            channel=self.name,
            meaning=meaning,
            secrets=(self._routing_key.reveal(),),
        )
