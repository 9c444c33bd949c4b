"""Where the queues are: a SQLite file beside the state, unless AzureWebJobsStorage says another."""

import logging
from collections.abc import MutableMapping
from pathlib import Path
from typing import Final

from drift.errors import BadSettings

SETTING: Final = "AzureWebJobsStorage"

log: Final = logging.getLogger("phidrift.host")

_SQLITE: Final = "sqlite:"
_EMULATOR: Final = "usedevelopmentstorage=true"
_STATE: Final = ".phidrift/state.db"


def queue_file(env: MutableMapping[str, str]) -> Path:
    """Return the file of the queues, and say in ``env`` that they are there; raise BadSettings.

    Whoever counts the queues then finds them by the same setting as in Azure.
    """
    asked = env.get(SETTING, "").strip()
    if asked.lower().rstrip(";") == _EMULATOR:
        log.warning("%s names the emulator: the queues are in SQLite all the same", SETTING)
        asked = ""
    elsewhere = any(name.startswith(f"{SETTING}__") and value for name, value in env.items())
    if elsewhere or (asked and not asked.startswith(_SQLITE)):
        raise BadSettings((f"{SETTING} names an account: serve keeps queues in SQLite, unset it",))
    state = env.get("STATE_STORE", "").strip()
    file = Path(asked.removeprefix(_SQLITE)) if asked else _beside(state)
    env[SETTING] = f"{_SQLITE}{file.absolute()}"
    return file


def _beside(state: str) -> Path:
    """Return ``state.queues.db`` for ``sqlite:state.db``: two states never share their queues."""
    path = Path(state.removeprefix(_SQLITE) if state.startswith(_SQLITE) else _STATE)
    if not path.name:
        raise BadSettings(("STATE_STORE names no file after sqlite:",))
    return path.with_suffix(".queues.db")
