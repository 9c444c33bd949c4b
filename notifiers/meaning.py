"""A channel's answer: its own code and words, shortened and without secrets."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from drift.config.secret import Secret
from drift.untrusted_json import printable

REMOVED: Final = "[removed]"

_LONGEST_CODE: Final = 60
_LONGEST_WORDS: Final = 200
_SECRET_HEADERS: Final = frozenset({"authorization", "aeg-sas-key"})
_ADDRESS: Final = re.compile(r"https?://\S+", re.IGNORECASE)
_LONG_TOKEN: Final = re.compile(r"(?=[\w%+/=~.-]*\d)[\w%+/=~.-]{16,}")
"""A key, a signature or an id: ordinary words are shorter or have no digit."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """The meaning of an answer.

    ``code`` and ``words`` are the channel's own; ``remedy`` is ours for that code, "" if the answer
    does not say what is wrong. ``proves``: a 2xx answer with it shows that the message was
    accepted.
    """

    code: str = ""
    words: str = ""
    remedy: str = ""
    proves: bool = True

    @property
    def phrase(self) -> str:
        """Return code and words in one phrase."""
        return ": ".join(filter(None, (self.code, self.words)))


def fields(body: bytes) -> Mapping[str, Any]:
    """Return the JSON object of an answer, an empty one if it has none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def azure_error(body: bytes) -> tuple[str, str]:
    """Return code and message of ``{"error": {"code", "message"}}``, as Azure's services answer."""
    error = fields(body).get("error")
    if not isinstance(error, dict):
        return "", ""
    return printable(error.get("code")), printable(error.get("message"))


def is_html(content_type: str, body: bytes) -> bool:
    """Tell whether an answer is a page for people: a sign-in or an error page, not the channel."""
    start = body[:200].lstrip().lower()
    return "text/html" in content_type.lower() or start.startswith((b"<!doctype html", b"<html"))


def quoted(meaning: Meaning, secrets: Iterable[str]) -> Meaning:
    """Return a meaning whose code and words are short and contain none of these secrets."""
    known = sorted((each for each in secrets if len(each) >= 8), key=len, reverse=True)
    return Meaning(
        code=_clean(meaning.code, known, _LONGEST_CODE),
        words=_clean(meaning.words, known, _LONGEST_WORDS),
        remedy=meaning.remedy,
        proves=meaning.proves,
    )


def secrets_of(url: Secret, headers: Mapping[str, str]) -> tuple[str, ...]:
    """Return the secrets of a request: its address, the values in it, and its keys."""
    address = url.reveal()
    try:
        values = [value for _, value in parse_qsl(urlsplit(address).query)]
    except ValueError:
        values = []
    keys = [
        part
        for name, value in headers.items()
        if name.lower() in _SECRET_HEADERS
        for part in (value, value.rpartition(" ")[2])
    ]
    return (address, *values, *keys)


def _clean(text: str, secrets: Iterable[str], limit: int) -> str:
    text = printable(text, 4 * limit)
    for each in secrets:
        text = text.replace(each, REMOVED)
    text = _LONG_TOKEN.sub(REMOVED, _ADDRESS.sub(REMOVED, text))
    return text[:limit].rstrip(" .")
