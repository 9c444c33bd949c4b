"""The key vault behind a storage account's key: that it exists, and cannot be purged."""

from typing import Final

from detectors.evidence import check_objects
from detectors.keys.key_uri import holder_at
from detectors.keys.vault_protection import judge_vault
from drift.errors import Unreadable
from drift.estate import Estate
from drift.model import MISSING, Resource, Verdict

KEY: Final = "properties.encryption.keyvaultproperties"
VAULT_URI: Final = f"{KEY}.keyvaulturi"
_IDENTITY: Final = "properties.encryption.identity"
FEDERATED: Final = f"{_IDENTITY}.federatedIdentityClientId"


def vault(account: Resource, estate: Estate) -> Verdict:
    """Evaluate the vault, which an account names by its address.

    The key of another tenant is unknown, as for disks: its vault cannot be read.
    """
    check_objects(account, KEY, _IDENTITY)
    if account.word(FEDERATED) not in {MISSING, "", "none"}:
        raise Unreadable(FEDERATED, "the key vault is in another tenant")
    return judge_vault(holder_at(account.get(VAULT_URI), VAULT_URI), VAULT_URI, account, estate)
