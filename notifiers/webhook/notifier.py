"""Delivery to a signed webhook. Knows the address, the key and the session."""

from collections.abc import Callable
from datetime import UTC, datetime

from drift.notices import Heartbeat, Notice
from drift.ports import Audience
from notifiers.fingerprint import settings_fingerprint
from notifiers.http import post
from notifiers.sessions import Sessions
from notifiers.webhook.message import build_body, build_heartbeat, signed_headers
from notifiers.webhook.settings import Webhook, signing_key


class WebhookNotifier:
    """Posts a signed finding for every notice; a repeat carries the same id, so it can be detected."""

    name = "webhook"
    audience = Audience.SIEM

    def __init__(
        self,
        settings: Webhook,
        sessions: Sessions,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._sessions = sessions
        self._clock = clock
        secret = settings.secret.reveal()
        self.fingerprint = settings_fingerprint(self.name, settings.url.reveal(), secret)

    def send(self, notice: Notice, *, opening: bool) -> None:
        """Deliver once, or raise DeliveryFailed or DeliveryRejected."""
        now = self._clock()
        self._post(notice.uid, build_body(notice, sent_at=now, opening=opening), now)

    def send_heartbeat(self, heartbeat: Heartbeat) -> None:
        """Deliver once, or raise DeliveryFailed or DeliveryRejected."""
        self._post(heartbeat.uid, build_heartbeat(heartbeat), self._clock())

    def _post(self, uid: str, body: bytes, now: datetime) -> None:
        key = signing_key(self._settings.secret)
        headers = signed_headers(uid, body, key=key, sent_at=now)
        post(self._sessions.get(), self._settings.url, body, headers, channel=self.name)
