"""Detect that a channel's settings changed without storing or showing them."""

import hashlib


def settings_fingerprint(channel: str, *settings: str) -> str:
    """Return 12 hex digits that change with any setting; the channel's name is part of the hash."""
    joined = "\0".join((channel, *settings))
    return hashlib.sha256(joined.encode(errors="surrogatepass")).hexdigest()[:12]
