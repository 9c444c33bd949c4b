"""The composition root: builds the Monitor from the settings, on first use and never at import."""

import functools
import hashlib
import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from detectors import DETECTORS
from drift import ids
from drift.arm.side_by_side import SideBySide
from drift.config.app_settings import Settings
from drift.config.clouds import Service
from drift.config.model import Config
from drift.config.secret import Secret
from drift.config.storage_account import azurite
from drift.controls.monitor_controls import MONITOR_CONTROLS
from drift.errors import NO_TOKEN, BadSettings, SourceUnavailable, StoreUnavailable, TransientError
from drift.intake.event_topics import required_events
from drift.intake.targets import Watched
from drift.lazy import Lazy
from drift.observation.throttle_gate import ThrottledReader
from drift.pipeline import Monitor
from drift.ports import Channel, Clients
from drift.services import AppInfo, Services

_ROOT: Final = Path(__file__).resolve().parent

_FIGURES: Final = (
    *("queues", "lastEvent", "due", "undelivered", "undeliveredOld", "unknown", "blind"),
    *("notUnderstood", "oldestUndelivered", "lastSweep", "accepted", "evidenceWaiting"),
    "evidenceRefused",
)
"""The fields of ``Monitor.health`` beside the status."""


def monitor() -> Monitor:
    """Return the app's monitor, built on the first call; raise BadSettings.

    A wrong setting fails the run that needs it; the host can still index the functions.
    """
    return _monitor.get()


def _build() -> Monitor:
    return Monitor(services(*load_configuration(os.environ)))


_monitor: Final = Lazy(_build)


def load_configuration(
    environ: Mapping[str, str], *, needs_channels: bool = True
) -> tuple[Settings, Config]:
    """Return the settings and monitor.toml; raise one BadSettings that names every problem.

    ``needs_channels``: at least one channel must be set, and each one that a route names.
    """
    from adapters import configuration as adapters_configuration
    from notifiers.channels import CHANNELS

    settings, config = adapters_configuration.load_configuration(
        environ, _controls(), CHANNELS, needs_channels=needs_channels
    )
    return settings, with_required_events(config)


def with_required_events(config: Config) -> Config:
    """Return the configuration with the events that the controls need from Event Grid."""
    events = required_events(Watched.by(each.CONTROL for each in DETECTORS))
    return replace(config, baseline=replace(config.baseline, required_events=events))


def load_monitor_toml(path: str, *, named_by: str = "MONITOR_CONFIG") -> Config:
    """Return monitor.toml as data, the defaults where no file is named; raise BadSettings."""
    from adapters import configuration as adapters_configuration
    from notifiers.channels import CHANNELS

    return adapters_configuration.load_monitor_toml(path, _controls(), CHANNELS, named_by=named_by)


def _controls() -> frozenset[str]:
    controls = (*(each.CONTROL for each in DETECTORS), *MONITOR_CONTROLS)
    return frozenset(each.id for each in controls)


def services(settings: Settings, config: Config) -> Services:
    """Return the services of the monitor with the real adapters; no call is made yet."""
    from adapters.lazy import LazyClients, LazyEvidence, LazyStore
    from notifiers.channels import CHANNELS, titles

    clock: Callable[[], datetime] = functools.partial(datetime.now, UTC)
    store = LazyStore(functools.partial(state, settings))
    log = LazyEvidence(functools.partial(evidence, settings))
    azure = LazyClients(functools.partial(clients, settings))
    told, close_sessions = channels(settings)
    reads = SideBySide()
    return Services(
        store=store.store,
        reader=ThrottledReader(azure.reader, store.store, clock),
        activity_log=azure.activity_log if settings.workspace_id else None,
        inventory=azure.inventory,
        change_log=azure.activity_log if settings.workspace_id else None,
        access_log=azure.activity_log if settings.workspace_id else None,
        metrics=azure.metrics,
        channels=told,
        detectors=DETECTORS,
        config=config,
        facts=facts(settings, config),
        clock=clock,
        run_reads=reads,
        closers=(reads.close, close_sessions, azure.close, store.close, log.close),
        channel_titles=titles(CHANNELS),
        evidence=log.log,
        dead_letters=azure.dead_letters if settings.dead_letters else None,
        check_store=functools.partial(check_state, settings),
    )


def state(settings: Settings) -> Any:
    """Return the store that the settings name; a SQLite file needs no SDK."""
    account = settings.state_account
    if account is None:
        from adapters.store.sqlite import SqliteStore

        return SqliteStore(settings.state_path)
    from adapters.azure_http.credential import azure_credential
    from adapters.store.tables import TableStore

    identity = None if account.key else azure_credential(settings.client_id, os.environ)
    return TableStore(account, identity)


def state_to_read(settings: Settings) -> Any:
    """Return the store that the settings name, read-only: a file is neither created nor changed."""
    if settings.state_account is not None:
        return state(settings)
    from adapters.store.sqlite import SqliteStore

    return SqliteStore(settings.state_path, read_only=True)


def evidence(settings: Settings) -> Any:
    """Return the evidence log that the settings name; no call is made yet."""
    from adapters.evidence_log import evidence_log

    return evidence_log(settings, os.environ)


def check_state(settings: Settings) -> None:
    """Raise StoreUnavailable where the state file can be read but not written: locked, or a full disk.

    An account is not asked: no other client locks its rows, and it does not get full.
    """
    if settings.state_account is None:
        from adapters.store.probe import check_file

        check_file(settings.state_path)


def open_state() -> None:
    """Open the state file, if the state is a file; raise BadSettings if it cannot be used."""
    settings, _ = load_configuration(os.environ)
    if settings.state_account is not None:
        return  # an account that does not answer now may answer later
    try:
        with closing(state(settings)) as store:
            store.open()
    except StoreUnavailable as error:
        raise BadSettings((f"STATE_STORE names a file that cannot be used: {error}",)) from None


def warm() -> None:
    """Import the Azure SDK before the first call needs it, except the library of Defender for Cloud."""
    from adapters import azure_clients  # noqa: F401
    from adapters.evidence import blobs  # noqa: F401
    from adapters.store import tables  # noqa: F401


def clients(settings: Settings) -> Clients:
    """Return the clients of ARM, Log Analytics, Resource Graph and Graph; no call is made yet."""
    from adapters.azure_clients import azure_clients

    return azure_clients(settings, os.environ)


def facts(settings: Settings, config: Config) -> AppInfo:
    """Return the facts about the app that every notice carries."""
    baseline = config.baseline
    workspaces = map(ids.key, baseline.approved_workspaces)
    rules = (config.digest, *workspaces, baseline.evidence_container, baseline.monitor_app)
    return AppInfo(
        cloud=settings.cloud,
        tenant_id=settings.tenant_id,
        console_url=settings.console_url,
        code_version=version(),
        config_hash=hashlib.sha256("\n".join(rules).encode()).hexdigest()[:16],
        subscriptions=settings.subscriptions,
        runbooks_url=settings.runbooks_url,
        management_group=settings.management_group,
        keeps_evidence=True,
        told_tags=(*config.phi.tag_names, *baseline.jumpbox_tag_names),
    )


@functools.cache
def version() -> str:
    """Return the version of the running code with its commit where that is known, as one word."""
    from adapters.checkout import code_version

    return code_version(_ROOT).word


def token(settings: Settings, environ: Mapping[str, str], service: Service) -> Secret:
    """Return a token for one of Azure's services; raise SourceUnavailable if there is none."""
    from adapters.azure_http.credential import NoToken, azure_credential

    with closing(azure_credential(settings.client_id, environ)) as credential:
        try:
            return Secret(credential.get_token_info(service.scope).token)
        except NoToken:
            raise SourceUnavailable(f"token for {service.scope}", 401, NO_TOKEN) from None


def connection_problem(url: Secret) -> str | None:
    """Return why a host cannot be reached, "" if it can, None if only a message would show."""
    from notifiers import handshake

    return handshake.connection_problem(url)


def channels(settings: Settings) -> tuple[tuple[Channel, ...], Callable[[], None]]:
    """Return the channels that are set, in the order of CHANNELS, and a function that closes them."""
    from notifiers.channels import CHANNELS, built
    from notifiers.sessions import Sessions
    from notifiers.spec import Tools
    from notifiers.tokens import LazyTokens

    sessions, tokens = Sessions(), LazyTokens(functools.partial(_channel_tokens, settings))
    closers = ExitStack()
    closers.callback(sessions.close)
    closers.callback(tokens.close)
    return built(CHANNELS, settings.channels, Tools(sessions, tokens)), closers.close


def _channel_tokens(settings: Settings) -> Any:
    from adapters.azure_http.channel_tokens import ChannelTokens
    from adapters.azure_http.credential import azure_credential

    return ChannelTokens(azure_credential(settings.client_id, os.environ))


def health(monitor: Callable[[], Monitor]) -> dict[str, Any]:
    """Return the body of ``/api/health``; a figure that the store cannot give is None."""
    try:
        figures = monitor().health()
    except StoreUnavailable:
        figures = {"status": "degraded", **dict.fromkeys(_FIGURES)}
    try:
        queues = queue_figures(os.environ.get("AzureWebJobsStorage", ""))
    except (ImportError, TransientError):  # the package is for development alone
        queues = queue_figures("")
    return {**figures, "queues": queues, "version": version()}


def runbook(control_id: str) -> str | None:
    """Return the runbook of a control, None if there is none."""
    name = control_id.upper()
    page = _ROOT / "docs" / "runbooks" / f"{name}.md"
    return page.read_text(encoding="utf-8") if name in _controls() and page.is_file() else None


def queue_figures(storage: str) -> Mapping[str, Any]:
    """Return the number of messages in each queue, None if unknown; raise TransientError."""
    from adapters.queues.protocol import figures

    if storage.startswith("sqlite:"):
        from adapters.queues.sqlite import SqliteQueues

        with closing(SqliteQueues(storage.removeprefix("sqlite:"))) as file:
            return figures(file.counts)
    if account := azurite(storage):
        from adapters.queues.azure_calls import QueueCalls

        with closing(QueueCalls(account)) as calls:
            return figures(calls.counts)
    return figures(None)  # a storage account: only the host reads its queues
