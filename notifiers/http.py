"""The only place that sends messages by HTTP and turns an answer into an error type.

2xx is success if the answer proves it. After 408, 429, 5xx, a time-out or any fault of a
connection, a retry may succeed (DeliveryFailed). Any other answer, including a redirect or an HTML
page, needs a repair (DeliveryRejected). Addresses and tokens are secrets: no error or log line
contains them.
"""

import logging
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import requests
from requests.utils import get_environ_proxies
from urllib3.exceptions import HTTPError

from drift.config.secret import Secret
from drift.errors import DeliveryFailed, DeliveryRejected
from notifiers.deadline import CallDeadline, current_deadline
from notifiers.meaning import Meaning, is_html, quoted, secrets_of

DEADLINE_SECONDS: Final = 20.0
"""For the whole call. A channel's claim lasts 60 s: a stalled send never arrives after the next message."""

LONGEST_ANSWER: Final = 16_384
"""Bytes read of an answer: the status is what counts."""

LONGEST_WAIT: Final = 3600.0
"""The longest Retry-After accepted: a wrong header must not stop a channel for a year."""

_HTML: Final = (
    "another service, perhaps a proxy, answers at this address: check the address and the proxy"
)
_UNCONFIRMED: Final = "another service answers at this address: check the address in the settings"


def _is_not_ours(_: logging.LogRecord) -> bool:
    return current_deadline() is None


# The client logs the path of every address, at DEBUG and in its warnings; a filter holds at any level.
for _name in ("urllib3.connectionpool", "urllib3.connection", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(_is_not_ours)


SendBody = Callable[[Secret, bytes, Mapping[str, str]], None]
"""Posts a body to an address with these headers; raises DeliveryFailed or DeliveryRejected."""


@dataclass(frozen=True, slots=True)
class ChannelAnswer:
    """The answer: the body has at most LONGEST_ANSWER bytes, and is empty if it was cut off."""

    status: int
    retry_after: str
    body: bytes = field(repr=False)
    content_type: str = ""
    cut_off: bool = False


ReadAnswer = Callable[[ChannelAnswer], Meaning]
"""Returns the meaning of a channel's answer."""


def no_meaning(_: ChannelAnswer) -> Meaning:
    """Use only the status of an answer."""
    return Meaning()


def post(
    session: requests.Session,
    url: Secret,
    body: bytes,
    headers: Mapping[str, str],
    *,
    channel: str,
    deadline: CallDeadline | None = None,
    meaning: ReadAnswer = no_meaning,
    secrets: tuple[str, ...] = (),
) -> None:
    """POST once, or raise DeliveryFailed or DeliveryRejected within the deadline, 20 s from now.

    ``meaning`` reads the channel's own code and words from its answer. They are reported without
    the values in the address, the headers and ``secrets``.
    """
    deadline = deadline or CallDeadline(DEADLINE_SECONDS)
    fault: DeliveryFailed | DeliveryRejected | None = None
    answer = ChannelAnswer(0, "", b"")
    try:
        with deadline:
            answer = _exchange(session, url, body, headers, deadline=deadline)
    except (ValueError, requests.RequestException, HTTPError, OSError) as error:
        reason = f"no answer within {deadline.seconds:.3g} s" if deadline.over else _kind(error)
        fault = _fault(error, f"{channel}: {reason}")
    if fault is None:
        quoted_meaning = quoted(meaning(answer), (*secrets, *secrets_of(url, headers)))
        fault = _refusal(answer, channel, quoted_meaning)
    if fault is not None:
        raise fault  # raised here, without a context: the client's errors contain the address


def retry_after(value: str, now: datetime) -> float | None:
    """Return the seconds of a Retry-After header, None if its value is not sensible."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(float(value), LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(value)
        wait = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()
    except (ValueError, OverflowError, TypeError):
        return None
    return min(max(wait, 0.0), LONGEST_WAIT)


def _exchange(
    session: requests.Session,
    url: Secret,
    body: bytes,
    headers: Mapping[str, str],
    *,
    deadline: CallDeadline,
) -> ChannelAnswer:
    address = url.reveal()
    with session.post(
        address,
        data=body,
        headers={"User-Agent": "phidrift", "Accept-Encoding": "identity", **headers},
        proxies=get_environ_proxies(address),
        timeout=deadline.socket_timeout(),
        allow_redirects=False,
        stream=True,
    ) as response:
        deadline.remaining()  # headers that a cut-off ended look complete, and are not
        asked = response.headers.get("Retry-After", "")
        start = _start_of(response)
        kind = response.headers.get("Content-Type", "")
        cut_off = start is None or len(start) < _length(response)
        return ChannelAnswer(response.status_code, asked, start or b"", kind, cut_off=cut_off)


def _length(response: requests.Response) -> int:
    """Return the number of bytes to read of an answer, if its headers say it."""
    header = response.headers.get("Content-Length", "")
    is_number = header.isascii() and header.isdigit() and len(header) < 10
    return min(int(header), LONGEST_ANSWER) if is_number else 0


def _start_of(response: requests.Response) -> bytes | None:
    """Return the start of an answer's body, None if it was cut off."""
    try:
        start: bytes = response.raw.read(LONGEST_ANSWER, decode_content=False)
    except (HTTPError, OSError):
        return None
    return start


def _refusal(
    answer: ChannelAnswer, channel: str, meaning: Meaning
) -> DeliveryFailed | DeliveryRejected | None:
    """Return the error of an answer, None if it proves that the message was accepted."""
    why = f"{channel}: HTTP {answer.status}"
    if 200 <= answer.status < 300:
        return _unproven(answer, why, meaning)
    why += f" ({meaning.phrase})" if meaning.phrase else ""
    if answer.status in (408, 429) or answer.status >= 500:
        return DeliveryFailed(why, retry_after=retry_after(answer.retry_after, datetime.now(UTC)))
    return DeliveryRejected(why, status=answer.status, remedy=meaning.remedy)


def _unproven(
    answer: ChannelAnswer, why: str, meaning: Meaning
) -> DeliveryFailed | DeliveryRejected | None:
    """Return the error of a 2xx answer that does not show that the channel accepted the message."""
    if is_html(answer.content_type, answer.body):
        return DeliveryRejected(f"{why} with an HTML page", status=answer.status, remedy=_HTML)
    if meaning.proves:
        return None
    if answer.cut_off:
        return DeliveryFailed(f"{why}, and the answer was cut off")
    phrase = f" ({meaning.phrase})" if meaning.phrase else ""
    why = f"{why}{phrase}, but the answer does not confirm the message"
    return DeliveryRejected(why, status=answer.status, remedy=meaning.remedy or _UNCONFIRMED)


def _fault(error: Exception, why: str) -> DeliveryFailed | DeliveryRejected:
    """Return the error of a call that ended without an answer.

    The client's errors about malformed addresses and headers are ValueErrors, and so is one about
    a certificate, which may be renewed.
    """
    if isinstance(error, ValueError) and not isinstance(error, ssl.SSLError):
        return DeliveryRejected(f"{why}: the address or token is malformed")
    return DeliveryFailed(why)


def _kind(error: Exception) -> str:
    return type(error).__name__
