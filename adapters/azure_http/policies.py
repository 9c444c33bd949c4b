"""The request pipeline of every Azure client: no sleeping retry, no redirect, no implicit write."""

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from azure.core.credentials import TokenCredential
from azure.core.pipeline.policies import ProxyPolicy, RequestIdPolicy, UserAgentPolicy
from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy

READ_SECONDS: Final = 15

MAX_RETRY_AFTER: Final = 3600.0
"""A longer Retry-After is cut to this: a source that keeps failing is read hourly."""

_CODE: Final = re.compile(r"[A-Za-z0-9_.-]{1,80}")
_SPAN: Final = re.compile(r"([0-9]{2}):([0-9]{2}):([0-9]{2})")


def policies(credential: TokenCredential, scope: str) -> list[Any]:
    """Return the policies of the pipeline.

    Left out of the SDK's own list on purpose: the retry policy, which sleeps a whole Retry-After
    inside the call; the redirect policy, which would follow an answer elsewhere with the token;
    ARM's provider registration, which writes; and the logging of each request.
    """
    return [
        RequestIdPolicy(),
        UserAgentPolicy("phidrift"),
        ProxyPolicy(),
        ARMChallengeAuthenticationPolicy(credential, scope),
    ]


def date_of(headers: Mapping[str, str]) -> datetime | None:
    """Return the answer's Date in UTC, None if it is missing or invalid."""
    return _http_date(headers.get("Date", ""))


def retry_after_of(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds of a Retry-After (a number, or a date seen from ``now``), else None."""
    text = headers.get("Retry-After", "").strip()
    until = _http_date(text)
    try:
        seconds = (until - now).total_seconds() if until else float(text)
    except ValueError:
        return None
    return min(max(0.0, seconds), MAX_RETRY_AFTER) if math.isfinite(seconds) else None


def reads_left_of(headers: Mapping[str, str]) -> int | None:
    """Return how many reads are left in the subscription's bucket, None if the header is missing."""
    text = headers.get("x-ms-ratelimit-remaining-subscription-reads", "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def quota_resets_of(headers: Mapping[str, str]) -> float | None:
    """Return the seconds until Resource Graph's quota resets, None if the header is missing.

    https://learn.microsoft.com/azure/governance/resource-graph/concepts/guidance-for-throttled-requests
    """
    found = _SPAN.fullmatch(headers.get("x-ms-user-quota-resets-after", "").strip())
    if not found:
        return None
    hours, minutes, seconds = (int(each) for each in found.groups())
    return min(3600.0 * hours + 60 * minutes + seconds, MAX_RETRY_AFTER)


def error_code_of(content: bytes) -> str:
    """Return ARM's ``error.code``, "" if the body has none; nothing else of a body is reported.

    Resource Graph answers BadRequest there and puts the specific code into the first detail.
    """
    try:
        body = json.loads(content)
    except ValueError:
        return ""
    error = body.get("error", body) if isinstance(body, dict) else None
    code = _code_in(error)
    details = error.get("details") if isinstance(error, dict) else None
    if code == "BadRequest" and isinstance(details, list) and details:
        return _code_in(details[0]) or code
    return code


def _code_in(error: object) -> str:
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


def _http_date(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
