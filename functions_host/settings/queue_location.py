"""The place of the queues: Azurite if AzureWebJobsStorage names it, else SQLite beside the state."""

from collections.abc import MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.queues.azurite import StorageQueues
from adapters.queues.protocol import Queues
from adapters.queues.sqlite import SqliteQueues
from drift.config.storage_account import StorageAccount, azurite
from drift.errors import BadSettings

SETTING: Final = "AzureWebJobsStorage"

_AZURITE_SECONDS: Final = 30.0
"""A message that a process was taking when it died is recorded nowhere: it returns after this time."""

_SQLITE: Final = "sqlite:"
_STATE: Final = ".phidrift/state.db"


@dataclass(frozen=True, slots=True)
class QueueLocation:
    """Azurite, if it is named; else ``file`` holds the queues. ``file`` also holds this machine's timers."""

    file: Path
    azurite: StorageAccount | None = None

    def lease_seconds(self, asked: float) -> float:
        """Return how long a taken message is held before it must be renewed."""
        return min(asked, _AZURITE_SECONDS) if self.azurite else asked

    @property
    def remedy(self) -> str:
        """Return what to do where the queues cannot be used."""
        if self.azurite:
            return f"start Azurite, or unset {SETTING}"
        return f"let STATE_STORE or {SETTING} name another place than {self.file}"

    def queues(self) -> Queues:
        """Return the queues; nothing is opened yet."""
        return StorageQueues(self.azurite, self.file) if self.azurite else SqliteQueues(self.file)


def queue_location(env: MutableMapping[str, str]) -> QueueLocation:
    """Return where the queues are, and say it in ``env``; raise BadSettings.

    Code that counts the queues then finds them by the same setting as in Azure.
    """
    asked = env.get(SETTING, "").strip()
    elsewhere = any(name.startswith(f"{SETTING}__") and value for name, value in env.items())
    state = env.get("STATE_STORE", "").strip()
    if not elsewhere and (not asked or asked.startswith(_SQLITE)):
        file = Path(asked.removeprefix(_SQLITE)) if asked else _beside(state)
        env[SETTING] = f"{_SQLITE}{file.absolute()}"
        return QueueLocation(file)
    account = None if elsewhere else azurite(asked)
    if account is None:  # an app's queues in Azure: this process would take its messages
        why = "serve keeps queues in SQLite (unset it) or in Azurite on this machine"
        raise BadSettings((f"{SETTING} names an account: {why}",))
    return QueueLocation(_beside(state), account)


def _beside(state: str) -> Path:
    """Return ``state.queues.db`` for ``sqlite:state.db``: two states never share queues."""
    path = Path(state.removeprefix(_SQLITE) if state.startswith(_SQLITE) else _STATE)
    if not path.name:  # a state that is not a file is refused as a setting
        path = Path(_STATE)
    return path.with_suffix(".queues.db")
