"""The settings in this version: which of them have no effect, and where the queues are."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from cli.doctor_checks.check import Check, fail, ok, warn
from drift.config.app_settings import WITHOUT_EFFECT
from drift.config.storage_account import azurite
from drift.errors import TransientError

ReadFigures = Callable[[str], object]
"""Asks the queues that AzureWebJobsStorage names; raises TransientError."""

_QUEUES: Final = "queues"
_STEP: Final = "start Azurite if it does not run; else correct or unset AzureWebJobsStorage"

_NO_LOSS: Final = ("PSEUDONYM_KEY",)
"""No effect yet, but no warning is needed: a state in Azure Tables already requires the key."""


def settings_in_use(env: Mapping[str, str], config_path: str, ask: ReadFigures) -> Iterator[Check]:
    """Yield what the operator should know about settings that are valid."""
    source = config_path or "no monitor.toml, so the defaults"
    yield ok("settings", f"valid; rules: {source}")
    idle = [
        name
        for name, default in WITHOUT_EFFECT.items()
        if name not in _NO_LOSS and env.get(name, "").strip() not in ("", default)
    ]
    if idle:
        finding = f"accepted, but without effect in this version: {', '.join(idle)}"
        yield warn("settings", finding, "do not rely on them yet")
    yield queues(env.get("AzureWebJobsStorage", "").strip(), ask)


def queues(storage: str, ask: ReadFigures) -> Check:
    """Return where the queues are; only the Functions host opens those of an account in Azure."""
    if not storage or storage.startswith("sqlite:"):
        return ok(_QUEUES, "serve keeps them in SQLite beside the state")
    if not azurite(storage):
        finding = "in the account of AzureWebJobsStorage, which only the Functions host opens"
        return warn(_QUEUES, f"{finding}; not checked here", "check that the app runs: /api/health")
    try:
        ask(storage)
    except TransientError as error:
        return fail(_QUEUES, str(error), _STEP)
    return ok(_QUEUES, "serve keeps them in Azurite, which answers")
