"""``phidrift`` with the evidence log off, which no setting allows: it shows what the log costs."""

import sys
from dataclasses import replace
from typing import Final

import bootstrap
from cli.__main__ import main
from drift.config.app_settings import Settings
from drift.config.model import Config
from drift.services import AppInfo

_facts: Final = bootstrap.facts


def _without(settings: Settings, config: Config) -> AppInfo:
    return replace(_facts(settings, config), keeps_evidence=False)


if __name__ == "__main__":
    bootstrap.facts = _without
    sys.exit(main(sys.argv[1:]))
