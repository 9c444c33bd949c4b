"""What the settings mean for this version: which of them nothing reads, where the queues are."""

from collections.abc import Iterator, Mapping
from typing import Final

from cli.checks.check import Check, ok, warn
from drift.settings import WITHOUT_EFFECT

_QUEUES: Final = "queues"
_EMULATOR: Final = "usedevelopmentstorage=true"


def chosen(env: Mapping[str, str], config_path: str) -> Iterator[Check]:
    """Yield what there is to know about settings that are well-formed."""
    source = config_path or "no monitor.toml: the defaults hold"
    yield ok("settings", f"well-formed; rules: {source}")
    idle = [name for name in WITHOUT_EFFECT if env.get(name, "").strip()]
    if idle:
        told = f"accepted, without effect in this version: {', '.join(idle)}"
        yield warn("settings", told, "do not rely on them yet")
    yield queues(env.get("AzureWebJobsStorage", "").strip())


def queues(storage: str) -> Check:
    """Say where the queues are; an account is opened by the Functions host alone."""
    if storage.lower().rstrip(";") == _EMULATOR:
        told = "serve keeps them in SQLite; func start needs Azurite to run"
        return ok(_QUEUES, told)
    if not storage or storage.startswith("sqlite:"):
        return ok(_QUEUES, "serve keeps them in SQLite beside the state")
    told = "in the account of AzureWebJobsStorage; only the Functions host opens it, not tried here"
    return warn(_QUEUES, told, "look at queues in /api/health once the app runs")
