"""Deliver to Splunk. Knows the address, the token and the session, not the findings."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from drift.config.secret import Secret
from drift.notices import Heartbeat, Notice
from drift.ports import Audience
from notifiers.fingerprint import settings_fingerprint
from notifiers.http import post
from notifiers.sessions import Sessions
from notifiers.splunk.answers import meaning
from notifiers.splunk.message import build_event, build_heartbeat
from notifiers.splunk.settings import Splunk

HOST: Final = "phidrift"


class SplunkNotifier:
    """Posts a finding for every notice; a repeat carries the same event uid, so it can be detected."""

    name = "splunk"
    audience = Audience.SIEM

    def __init__(
        self,
        settings: Splunk,
        sessions: Sessions,
        *,
        host: str = HOST,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._url = Secret(settings.url)
        self._token = settings.token
        self._sessions = sessions
        self._host = host
        self._clock = clock
        self.fingerprint = settings_fingerprint(self.name, settings.url, settings.token.reveal())

    def send(self, notice: Notice, *, opening: bool) -> None:
        """Deliver once, or raise DeliveryFailed or DeliveryRejected."""
        self._post(build_event(notice, host=self._host, sent_at=self._clock(), opening=opening))

    def send_heartbeat(self, heartbeat: Heartbeat) -> None:
        """Deliver once, or raise DeliveryFailed or DeliveryRejected."""
        self._post(build_heartbeat(heartbeat, host=self._host))

    def _post(self, event: Mapping[str, Any]) -> None:
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Splunk {self._token.reveal()}",
        }
        post(
            self._sessions.get(),
            self._url,
            json.dumps(event).encode(),
            headers,
            channel=self.name,
            meaning=meaning,
        )
