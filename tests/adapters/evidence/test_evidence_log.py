"""The evidence log that the settings name."""

import pytest

from adapters.evidence_log import evidence_log
from drift.config.app_settings import Settings
from drift.errors import EvidenceUnavailable
from notifiers.channels import CHANNELS
from tests.drift.config.app_environments import GOOD
from tests.drift.config.test_app_settings import IN_AZURE


def test_a_log_of_several_instances_without_a_key_is_written_and_not_signed() -> None:
    named = {name: IN_AZURE[name] for name in ("EVIDENCE_STORE", "STATE_STORE")}
    settings = Settings.from_env(GOOD | named | {"PSEUDONYM_KEY": "swordfish"}, CHANNELS)
    log = evidence_log(settings, {})

    with pytest.raises(EvidenceUnavailable, match="EVIDENCE_SIGNING_KEY names no key"):
        log.sign(b"a checkpoint")
