"""Addresses of a running ``serve``: https, or http on this machine."""

from typing import Final
from urllib.parse import urlsplit

import requests

from drift.config.env_values import Values, is_on_this_machine
from drift.errors import BadSettings
from drift.untrusted_json import printable

HOST: Final = "http://localhost:7071"


def base_address(to: str) -> str:
    """Return the address that ``--to`` gives; raise BadSettings."""
    if not to.strip():
        raise BadSettings(("--to needs an address",))
    values = Values({"--to": to})
    values.local_or_https("--to")
    if values.problems:
        raise BadSettings(tuple(values.problems))
    return to


def no_answer(url: str, error: OSError) -> str:
    """Say why an address does not answer, and what to do if serve is not running."""
    parts = urlsplit(url)
    place = printable(f"{parts.scheme}://{parts.netloc}")
    is_refused = isinstance(error, requests.ConnectionError) and not isinstance(
        error, requests.exceptions.SSLError | requests.Timeout
    )
    if is_refused and is_on_this_machine(url):
        return f"nothing answers on {place}: `phidrift serve` is not running there"
    return f"no answer from {place} ({type(error).__name__})"
