"""Check by a TLS handshake whether a host can be reached; no message is sent."""

import ssl
from typing import Final
from urllib.parse import urlsplit

from requests.utils import get_environ_proxies

from drift.config.secret import Secret
from drift.errors import DeliveryRejected
from notifiers.deadline import CallDeadline, connect
from notifiers.sessions import trusted

SECONDS: Final = 10.0
"""For the look-up of the name, the connection and the handshake together."""

NO_NAME: Final = "its name does not resolve"
REFUSED: Final = "it refuses connections"
TOO_LATE: Final = "it does not answer in time"


def connection_problem(
    url: Secret, ca_bundle: str | None = None, *, seconds: float = SECONDS
) -> str | None:
    """Return why an https address cannot be reached, "" if it can.

    None: the host is behind a proxy, so only a message can show it. The answer holds no part of the
    address.
    """
    try:
        trust = trusted(ca_bundle)
    except DeliveryRejected as error:
        return str(error)
    address = url.reveal()
    if get_environ_proxies(address):
        return None
    parts = urlsplit(address)
    try:
        _shake(parts.hostname or "", parts.port or 443, trust, seconds)
    except ssl.SSLCertVerificationError as error:
        # After the comma of a mismatch is the name of the host.
        return f"its certificate is not trusted ({error.verify_message.partition(',')[0]})"
    except OSError as error:
        return _problem_of(error)
    return ""


def _shake(host: str, port: int, trust: ssl.SSLContext, seconds: float) -> None:
    with CallDeadline(seconds) as deadline, connect(host, port, deadline) as connected:
        connected.settimeout(deadline.socket_timeout())
        deadline.watch(connected)
        try:
            trust.wrap_socket(connected, server_hostname=host).close()
        except OSError:
            deadline.remaining()  # a handshake that was cut off looks like one that failed
            raise


def _problem_of(error: OSError) -> str:
    """Name the fault in our own words; the error's message may contain the name of the host."""
    kind = type(error).__name__
    return _WORDS.get(kind, f"the connection fails ({kind})")


_WORDS: Final = {
    "gaierror": NO_NAME,
    "ConnectionRefusedError": REFUSED,
    "TimeoutError": TOO_LATE,
    "SSLError": "it does not answer with TLS as expected",
}
