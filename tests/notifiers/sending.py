"""One POST to a far end, as every channel makes it."""

from drift.config.secret import Secret
from notifiers.deadline import CallDeadline
from notifiers.http import post
from notifiers.sessions import Sessions
from tests.notifiers.wire import Wire


def send(
    sessions: Sessions, wire: Wire, *, path: str = "/hook?sig=swordfish", seconds: float = 20
) -> None:
    """Post a little JSON with a token, under a deadline."""
    address = Secret(f"https://{wire.address}{path}")
    headers = {"Content-Type": "application/json", "Authorization": "Splunk swordfish"}
    post(
        sessions.get(), address, b'{"a":1}', headers, channel="test", deadline=CallDeadline(seconds)
    )
