"""The address of a key: which texts name a customer-managed key in a vault."""

import pytest

from detectors.keys.key_uri import Holder, Key, holder_at, key_at, key_name
from drift.config.clouds import CLOUDS, KEY_DOMAINS
from drift.errors import Unreadable

PATH = "properties.key"
VAULT = Holder("clinic-keys", is_hsm=False)
HSM = Holder("clinic-keys", is_hsm=True)


def test_each_cloud_has_its_vaults_and_managed_hsms() -> None:
    assert KEY_DOMAINS.keys() == CLOUDS.keys()


@pytest.mark.parametrize(("vaults", "hsms"), KEY_DOMAINS.values())
def test_a_key_is_found_in_any_cloud(vaults: str, hsms: str) -> None:
    found = [key_at(f"https://clinic-keys.{each}/keys/phi/1f", PATH) for each in (vaults, hsms)]

    assert found == [Key(VAULT, "phi", "1f"), Key(HSM, "phi", "1f")]


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("https://clinic-keys.vault.azure.net/keys/phi", Key(VAULT, "phi", "")),
        ("https://clinic-keys.vault.azure.net/keys/phi/", Key(VAULT, "phi", "")),
        ("https://clinic-keys.vault.azure.net:443/keys/phi/1f/", Key(VAULT, "phi", "1f")),
        ("HTTPS://Clinic-Keys.Vault.Azure.Net/keys/PHI-2", Key(VAULT, "PHI-2", "")),
    ],
)
def test_a_key_has_a_vault_a_name_and_perhaps_a_version(address: str, key: Key) -> None:
    assert key_at(address, PATH) == key


@pytest.mark.parametrize(
    "path", ["", "/", "/keys", "/keys/", "/keys//1f", "/keys/phi/1f/2", "/keys/phi?x=1"]
)
def test_an_address_without_a_key_names_none(path: str) -> None:
    with pytest.raises(Unreadable, match=PATH):
        key_at(f"https://clinic-keys.vault.azure.net{path}", PATH)


@pytest.mark.parametrize(
    "other",
    [
        "/secrets/phi/1f",
        "/certificates/phi/1f",
        "/keys/phi disks",
        "/keys/phi_disks",
        "/keys/phi\n",
        "/keys/phi/1f#1",
        "/keys/phi/../other",
        "/keys/phı",
        f"/keys/{'k' * 128}",
    ],
)
def test_what_is_no_key_names_none(other: str) -> None:
    with pytest.raises(Unreadable, match=PATH):
        key_at(f"https://clinic-keys.vault.azure.net{other}", PATH)


@pytest.mark.parametrize(
    "host",
    [
        "http://clinic-keys.vault.azure.net",
        " https://clinic-keys.vault.azure.net",
        "clinic-keys.vault.azure.net",
        "//clinic-keys.vault.azure.net",
        "https://vault.azure.net",
        "https://.vault.azure.net",
        "https://keys.clinic.vault.azure.net",
        "https://clinic-keysvault.azure.net",
        "https://clinic-keys.vault.azure.net.",
        "https://clinic-keys.vault.azure.net.example.com",
        "https://clinic-keys.vault.azure.com",
        "https://clinic-keys.vault.azure.net@example.com",
        "https://example.com@clinic-keys.vault.azure.net",
        "https://example.com/clinic-keys.vault.azure.net",
        "https://example.com\\clinic-keys.vault.azure.net",
        "https://clinic-keys.vault.azure.net:8443",
        "https://clinic-keys.vault.azure.net:",
        "https://[clinic-keys",
    ],
)
def test_a_host_that_is_no_vault_holds_nothing_of_ours(host: str) -> None:
    with pytest.raises(Unreadable, match=PATH):
        key_at(f"{host}/keys/phi/1f", PATH)
    with pytest.raises(Unreadable, match=PATH):
        holder_at(f"{host}/", PATH)


@pytest.mark.parametrize("strange", [None, "", " ", 17, True, [], ["phi"], {"keyUrl": "phi"}])
def test_what_is_no_text_is_neither_vault_nor_key_nor_name(strange: object) -> None:
    for read in (key_at, holder_at, key_name):
        with pytest.raises(Unreadable, match=PATH):
            read(strange, PATH)


def test_a_vault_is_named_by_its_address_alone() -> None:
    found = [holder_at(f"https://clinic-keys.vault.azure.net{end}", PATH) for end in ("", "/")]

    assert found == [VAULT, VAULT]
    with pytest.raises(Unreadable, match=PATH):
        holder_at("https://clinic-keys.vault.azure.net/keys/phi", PATH)
