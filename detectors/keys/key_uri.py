"""The place of a customer-managed key: its key vault or managed HSM, and the key's name.

Any other text instead of a key's address does not prove a customer-managed key: the result is
unknown. An address is ``https://<vault>.<domain of a cloud>/keys/<name>/<version>``; names have
letters, digits and hyphens:
https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates
"""

import re
from dataclasses import dataclass
from typing import Final

from drift.config.clouds import KEY_DOMAINS
from drift.errors import Unreadable
from drift.model import MISSING

_VAULT_DOMAINS: Final = frozenset(vaults for vaults, _ in KEY_DOMAINS.values())
_HSM_DOMAINS: Final = frozenset(hsms for _, hsms in KEY_DOMAINS.values())

_NAME: Final = re.compile(r"[0-9a-z-]{1,127}", re.IGNORECASE | re.ASCII)
_HOLDER: Final = re.compile(
    r"https://(?P<name>[0-9a-z-]+)\.(?P<domain>[0-9a-z.-]+)(?::443)?(?P<path>/.*)?",
    re.IGNORECASE | re.ASCII,
)
_KEY: Final = re.compile(
    rf"/keys/(?P<name>{_NAME.pattern})(?:/(?P<version>[0-9a-z]+))?/?", re.IGNORECASE | re.ASCII
)


@dataclass(frozen=True, slots=True)
class Holder:
    """A vault or a managed HSM by its name, in lower case."""

    name: str
    is_hsm: bool


@dataclass(frozen=True, slots=True)
class Key:
    """A key in its vault; without a ``version``, "", the newest is meant."""

    holder: Holder
    name: str
    version: str


def holder_at(address: object, path: str) -> Holder:
    """Return the vault of an address; raise Unreadable, naming the path, on any other text."""
    found = _split(address)
    if found is None or found[1] not in {"", "/"}:
        raise Unreadable(path, "absent, or not the address of a key vault")
    return found[0]


def key_at(address: object, path: str) -> Key:
    """Return the key of an address; raise Unreadable, naming the path, on any other text."""
    found = _split(address)
    named = _KEY.fullmatch(found[1]) if found else None
    if found is None or named is None:
        raise Unreadable(path, "absent, or not the address of a key in a key vault")
    return Key(found[0], named["name"], named["version"] or "")


def check_key(address: object, path: str) -> None:
    """Raise Unreadable, naming the path, if a shown address is not a key's address.

    Use this for resources whose type property proves a customer-managed key: the address is only
    additional.
    """
    if address is not MISSING:
        key_at(address, path)


def key_name(name: object, path: str) -> str:
    """Return the name of a key; raise Unreadable, naming the path, on what cannot be one."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise Unreadable(path, "absent, or not the name of a key")
    return name


def _split(address: object) -> tuple[Holder, str] | None:
    """Return a vault and the path after its host, None if it is not a vault's address."""
    match = _HOLDER.fullmatch(address) if isinstance(address, str) else None
    domain = match["domain"].lower() if match else ""
    if match is None or domain not in _VAULT_DOMAINS | _HSM_DOMAINS:
        return None
    return Holder(match["name"].lower(), domain in _HSM_DOMAINS), match["path"] or ""
