"""Parse the settings of the evidence log: where it is written, and which key signs it."""

import re
from typing import Final
from urllib.parse import urlsplit

from drift.config.clouds import KEY_DOMAINS
from drift.config.env_values import Values, is_https, is_on_this_machine
from drift.config.storage_account import BLOBS_HOST

EVIDENCE_STORE: Final = "file:.phidrift/evidence"

_STORE: Final = "EVIDENCE_STORE"
_KEY: Final = "EVIDENCE_SIGNING_KEY"
_FILE: Final = "file:"
_VAULT: Final = re.compile(r"[a-z0-9-]{3,24}")
_VAULT_KEY: Final = re.compile(r"/keys/[0-9A-Za-z-]{1,127}(?:/[0-9a-f]{32})?")
_NAME: Final = "[a-z0-9](?:-?[a-z0-9]){2,62}"
_CONTAINER: Final = re.compile(f"/{_NAME}")
_EMULATED: Final = re.compile(f"/[a-z0-9]{{3,24}}/{_NAME}")
_EXAMPLE: Final = "https://ACCOUNT.blob.core.windows.net/CONTAINER"


def container_of(value: str) -> str:
    """Return the address of the container in which evidence is stored, "" where it is in a folder."""
    return value.rstrip("/") if is_https(value) else ""


def evidence_container(values: Values) -> str:
    """Return the address of a container that EVIDENCE_STORE names, "" where it names a folder.

    The identity's token for storage is sent there, so only a container of Azure or of Azurite is
    accepted.
    """
    value = values.text(_STORE, EVIDENCE_STORE)
    if value.startswith(_FILE):
        values.local_path(_STORE, value, _FILE)
        return ""
    if not is_https(value):
        values.refuse(_STORE, f"is neither file:DIR nor the address of a container, {_EXAMPLE}")
        return ""
    address = values.endpoint(_STORE, "")
    if not _is_container(address):
        values.refuse(_STORE, f"is not the address of a container, such as {_EXAMPLE}")
    if is_on_this_machine(address) and values.in_azure:
        values.refuse(_STORE, "names Azurite: in Azure each instance would have its own log")
    return address


def _is_container(address: str) -> bool:
    parts = urlsplit(address)
    if is_on_this_machine(address):  # Azurite with a certificate, where the account is in the path
        return _EMULATED.fullmatch(parts.path) is not None
    is_of_blobs = BLOBS_HOST.fullmatch(parts.netloc.lower()) is not None
    return is_of_blobs and _CONTAINER.fullmatch(parts.path) is not None


def evidence_folder(values: Values) -> str:
    """Return the folder that EVIDENCE_STORE names, "" where it names a container."""
    value = values.text(_STORE, EVIDENCE_STORE)
    return value.removeprefix(_FILE) if value.startswith(_FILE) else ""


def evidence_key(values: Values) -> str:
    """Return the path of the key that signs, "" for one beside the state or in a vault."""
    value = values.text(_KEY)
    if value.startswith(_FILE):
        return values.local_path(_KEY, value, _FILE)
    return ""


def evidence_vault_key(values: Values, cloud: str) -> str:
    """Return the id of a key in a key vault, "" for a key in a file.

    The identity's token for key vaults is sent there, so only a vault of the monitor's own cloud is
    accepted.
    """
    value = values.text(_KEY)
    if not value or value.startswith(_FILE):
        return ""
    domain = KEY_DOMAINS[cloud][0]
    if not is_https(value) or not _is_vault_key(value, domain):
        example = f"https://VAULT.{domain}/keys/KEY"
        values.refuse(_KEY, f"is neither file:PATH nor the id of a key in a vault, {example}")
        return ""
    if is_on_this_machine(value) and values.in_azure:
        values.refuse(_KEY, "is on this machine: in Azure no vault runs there")
    return value.rstrip("/")


def _is_vault_key(value: str, domain: str) -> bool:
    parts = urlsplit(value)
    vault, _, rest = parts.netloc.lower().partition(".")
    is_vault = rest == domain and _VAULT.fullmatch(vault) is not None
    is_key = _VAULT_KEY.fullmatch(parts.path.rstrip("/")) is not None
    return is_key and not parts.query and (is_vault or is_on_this_machine(value))
