"""The services of a monitor that runs on this machine alone: no cloud, no activity log, every control."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from detectors import DETECTORS
from drift.config.model import Config
from drift.ports import Channel, Reader, Store
from drift.services import AppInfo, Services


def offline_services(
    *,
    store: Store,
    reader: Reader,
    channels: tuple[Channel, ...],
    config: Config,
    subscription: str,
    clock: Callable[[], datetime],
    **others: Any,
) -> Services:
    """Return the services; ``others`` are those that a monitor can do without."""
    facts = AppInfo(
        cloud="AzurePublic",
        tenant_id="",
        console_url="",
        code_version="1",
        config_hash=config.digest,
        subscriptions=(subscription,),
        told_tags=(*config.phi.tag_names, *config.baseline.jumpbox_tag_names),
    )
    named = {"activity_log": None, "detectors": DETECTORS, "facts": facts, **others}
    return Services(
        store=store, reader=reader, channels=channels, config=config, clock=clock, **named
    )
