"""What the settings mean for this version: which of them nothing reads, where the queues are."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from cli.doctor_checks.check import Check, fail, ok, warn
from drift.config.app_settings import WITHOUT_EFFECT
from drift.config.storage_account import azurite
from drift.errors import TransientError

Asked = Callable[[str], object]
"""Asks the queues that AzureWebJobsStorage names; raises TransientError."""

_QUEUES: Final = "queues"


def chosen(env: Mapping[str, str], config_path: str, ask: Asked) -> Iterator[Check]:
    """Yield what there is to know about settings that are well-formed."""
    source = config_path or "no monitor.toml: the defaults hold"
    yield ok("settings", f"well-formed; rules: {source}")
    idle = [
        name
        for name, default in WITHOUT_EFFECT.items()
        if env.get(name, "").strip() not in ("", default)
    ]
    if idle:
        told = f"accepted, without effect in this version: {', '.join(idle)}"
        yield warn("settings", told, "do not rely on them yet")
    yield queues(env.get("AzureWebJobsStorage", "").strip(), ask)


def queues(storage: str, ask: Asked) -> Check:
    """Say where the queues are; an account in Azure is opened by the Functions host alone."""
    if not storage or storage.startswith("sqlite:"):
        return ok(_QUEUES, "serve keeps them in SQLite beside the state")
    if not azurite(storage):
        told = "in the account of AzureWebJobsStorage, which only the Functions host opens"
        return warn(_QUEUES, f"{told}; not tried here", "see that the app runs: /api/health")
    try:
        ask(storage)
    except TransientError as error:
        return fail(_QUEUES, str(error), "start Azurite, or unset AzureWebJobsStorage")
    return ok(_QUEUES, "serve keeps them in Azurite, which answers")
