"""The composition root: builds the Monitor from the settings, on first use and never at import."""

import functools
import hashlib
import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from typing import Any, Final

from detectors import DETECTORS
from drift.config.app_settings import Settings
from drift.config.clouds import Service
from drift.config.model import Config
from drift.config.secret import Secret
from drift.config.storage_account import azurite
from drift.controls.monitor_controls import MONITOR_CONTROLS
from drift.errors import (
    NO_TOKEN,
    BadSettings,
    SourceUnavailable,
    StoreUnavailable,
    TransientError,
)
from drift.lazy import Lazy
from drift.observation.throttle_gate import ThrottledReader
from drift.pipeline import Monitor
from drift.ports import Channel, Clients
from drift.services import AppInfo, Services
from drift.version import __version__

_FIGURES: Final = (
    *("queues", "lastEvent", "due", "undelivered", "unknown", "blind"),
    "notUnderstood",
)
"""What ``Monitor.health`` tells beside the status."""


def monitor() -> Monitor:
    """Return the app's monitor, built on the first call; raise BadSettings.

    A wrong setting is an error of the run that needs it, so that the app is indexed all the same.
    """
    return _monitor.get()


def _build() -> Monitor:
    return Monitor(services(*chosen(os.environ)))


_monitor: Final = Lazy(_build)


def chosen(environ: Mapping[str, str], *, tells: bool = True) -> tuple[Settings, Config]:
    """Return what the operator chose; raise one BadSettings naming all that is wrong with it.

    ``tells``: there must be channels, those that the routes name.
    """
    from adapters import configuration as adapters_configuration
    from notifiers.channels import CHANNELS

    return adapters_configuration.chosen(environ, _controls(), CHANNELS, tells=tells)


def configuration(path: str, *, named_by: str = "MONITOR_CONFIG") -> Config:
    """Return monitor.toml as data, the defaults where no file is named; raise BadSettings."""
    from adapters import configuration as adapters_configuration
    from notifiers.channels import CHANNELS

    return adapters_configuration.configuration(path, _controls(), CHANNELS, named_by=named_by)


def _controls() -> frozenset[str]:
    controls = (*(each.CONTROL for each in DETECTORS), *MONITOR_CONTROLS)
    return frozenset(each.id for each in controls)


def services(settings: Settings, config: Config) -> Services:
    """Return what the monitor is made of, with the real adapters; no call is made yet."""
    from adapters.lazy import LateClients, LateStore

    clock: Callable[[], datetime] = functools.partial(datetime.now, UTC)
    late_store = LateStore(functools.partial(state, settings))
    azure = LateClients(functools.partial(clients, settings))
    told, close_sessions = channels(settings)
    return Services(
        store=late_store.store,
        reader=ThrottledReader(azure.reader, late_store.store, clock),
        activity_log=azure.activity_log if settings.workspace_id else None,
        inventory=azure.inventory,
        channels=told,
        detectors=DETECTORS,
        config=config,
        facts=facts(settings, config),
        clock=clock,
        closers=(close_sessions, azure.close, late_store.close),
    )


def state(settings: Settings) -> Any:
    """Return the store that the settings name; what is in a file needs no SDK."""
    account = settings.state_account
    if account is None:
        from adapters.store.sqlite import SqliteStore

        return SqliteStore(settings.state_path)
    from adapters.azure_http.credential import azure_credential
    from adapters.store.tables import TableStore

    identity = None if account.key else azure_credential(settings.client_id, os.environ)
    return TableStore(account, identity)


def state_to_read(settings: Settings) -> Any:
    """Return the store that the settings name, to be read only: a file is neither made nor changed."""
    if settings.state_account is not None:
        return state(settings)
    from adapters.store.sqlite import SqliteStore

    return SqliteStore(settings.state_path, read_only=True)


def open_state() -> None:
    """Open the state that is kept in a file; raise BadSettings where it cannot be used."""
    settings, _ = chosen(os.environ)
    if settings.state_account is not None:
        return  # one that does not answer now may do so later
    try:
        with closing(state(settings)) as store:
            store.open()
    except StoreUnavailable as error:
        raise BadSettings((f"STATE_STORE names a file that cannot be used: {error}",)) from None


def warm() -> None:
    """Import what the first question to Azure needs, for whoever is not waited for now."""
    from adapters.store import tables  # noqa: F401


def clients(settings: Settings) -> Clients:
    """Return the clients of ARM, Log Analytics and Resource Graph; no call is made yet."""
    from adapters.arm.inventory import ResourceGraph
    from adapters.arm.reader import ArmReader
    from adapters.azure_http.credential import azure_credential
    from adapters.log_analytics.activity_log import LogAnalytics

    credential = azure_credential(settings.client_id, os.environ)
    reader = ArmReader(credential, endpoint=settings.arm.url, scope=settings.arm.scope)
    log = LogAnalytics(
        credential,
        endpoint=settings.logs.url,
        scope=settings.logs.scope,
        workspace_id=settings.workspace_id,
    )
    ends = ExitStack()
    for each in (credential, log, reader):
        ends.callback(each.close)
    return Clients(reader, log, ResourceGraph(reader, endpoint=settings.arm.url), ends.close)


def facts(settings: Settings, config: Config) -> AppInfo:
    """Return what every notice says of the app itself."""
    rules = (config.digest, *config.baseline.approved_workspaces)
    return AppInfo(
        cloud=settings.cloud,
        tenant_id=settings.tenant_id,
        console_url=settings.console_url,
        code_version=__version__,
        config_hash=hashlib.sha256("\n".join(rules).encode()).hexdigest()[:16],
        subscriptions=settings.subscriptions,
    )


def token(settings: Settings, environ: Mapping[str, str], service: Service) -> Secret:
    """Return a token for one of Azure's services; raise SourceUnavailable where there is none."""
    from adapters.azure_http.credential import NoToken, azure_credential

    with closing(azure_credential(settings.client_id, environ)) as credential:
        try:
            return Secret(credential.get_token_info(service.scope).token)
        except NoToken:
            raise SourceUnavailable(f"token for {service.scope}", 401, NO_TOKEN) from None


def hindrance(url: Secret) -> str | None:
    """Return what keeps messages from a host, "" for nothing, None where only sending would show."""
    from notifiers import handshake

    return handshake.hindrance(url)


def channels(settings: Settings) -> tuple[tuple[Channel, ...], Callable[[], None]]:
    """Return the channels whose settings are there, in the order of their settings, and what ends them."""
    from notifiers.channels import CHANNELS, built
    from notifiers.sessions import Sessions
    from notifiers.spec import Tools
    from notifiers.tokens import LateTokens

    sessions, tokens = Sessions(), LateTokens(functools.partial(_channel_tokens, settings))
    ends = ExitStack()
    ends.callback(sessions.close)
    ends.callback(tokens.close)
    return built(CHANNELS, settings.channels, Tools(sessions, tokens)), ends.close


def _channel_tokens(settings: Settings) -> Any:
    from adapters.azure_http.channel_tokens import ChannelTokens
    from adapters.azure_http.credential import azure_credential

    return ChannelTokens(azure_credential(settings.client_id, os.environ))


def health(monitor: Callable[[], Monitor]) -> dict[str, Any]:
    """Return what ``/api/health`` tells; None stands for what a store cannot tell."""
    try:
        told = monitor().health()
    except StoreUnavailable:
        told = {"status": "degraded", **dict.fromkeys(_FIGURES)}
    try:
        queues = queue_figures(os.environ.get("AzureWebJobsStorage", ""))
    except (ImportError, TransientError):  # the package is for development alone
        queues = queue_figures("")
    return {**told, "queues": queues}


def queue_figures(storage: str) -> Mapping[str, Any]:
    """Return how full each queue is, as far as that can be known; raise TransientError."""
    from adapters.queues.protocol import figures

    if storage.startswith("sqlite:"):
        from adapters.queues.sqlite import SqliteQueues

        with closing(SqliteQueues(storage.removeprefix("sqlite:"))) as file:
            return figures(file.counts)
    if account := azurite(storage):
        from adapters.queues.azure_calls import QueueCalls

        with closing(QueueCalls(account)) as calls:
            return figures(calls.counts)
    return figures(None)  # an account, which the host reads and the app need not
