"""The evidence log that the settings name, and the key that signs its checkpoints."""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from drift.config.app_settings import Settings
from drift.config.clouds import KEY_DOMAINS
from drift.errors import BadSettings

_SIGNER: Final = "phidrift"
"""The name in the signature lines of checkpoints."""


def evidence_log(settings: Settings, environ: Mapping[str, str]) -> Any:
    """Return an ``EvidenceLog``: append blobs of a container, or files of a folder; no call is made yet."""
    key = functools.partial(_key, settings, environ)
    if not settings.evidence_container:
        from adapters.evidence.files import EvidenceFiles

        return EvidenceFiles(Path(settings.evidence_folder), key)
    from adapters.azure_http.credential import azure_credential
    from adapters.evidence.blob_calls import BlobCalls
    from adapters.evidence.blobs import EvidenceBlobs

    identity = azure_credential(settings.client_id, environ)
    return EvidenceBlobs(BlobCalls(settings.evidence_container, identity), key)


def _key(settings: Settings, environ: Mapping[str, str]) -> Any:
    """Return the key that signs; a key beside the state is created on first use.

    Raise BadSettings if no key is named and several instances write the log, because no instance
    can keep a key for all. Records are still written, and wait for their signature.
    """
    if settings.evidence_vault_key:
        from adapters.azure_http.credential import azure_credential
        from adapters.evidence.vault_key import VaultKey

        identity = azure_credential(settings.client_id, environ)
        scope = f"https://{KEY_DOMAINS[settings.cloud][0]}/.default"
        return VaultKey(settings.evidence_vault_key, _SIGNER, identity, scope)
    from adapters.evidence import file_key

    path = Path(settings.evidence_key)
    if not settings.evidence_key:
        if settings.evidence_container and settings.state_account is not None:
            raise BadSettings(("EVIDENCE_SIGNING_KEY names no key: checkpoints are not signed",))
        path = Path(settings.state_path or settings.evidence_folder).parent / "evidence-key.pem"
        file_key.make(path)
    return file_key.FileKey(path, _SIGNER)
