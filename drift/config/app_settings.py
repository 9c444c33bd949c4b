"""Read and validate the app settings; one error names every wrong value."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import urlsplit

from drift import ids
from drift.config import clouds, storage_account
from drift.config.channels import ChannelContract, setting_names, unset_channels
from drift.config.clouds import Service
from drift.config.env_values import Values, is_https, is_on_this_machine
from drift.config.evidence_settings import (
    evidence_container,
    evidence_folder,
    evidence_key,
    evidence_vault_key,
)
from drift.config.secret import Secret
from drift.config.storage_account import BLOBS_HOST, NoAccount, StorageAccount
from drift.errors import BadSettings

TICK_SCHEDULE: Final = "*/10 * * * * *"
SWEEP_SCHEDULE: Final = "0 0 4 * * *"
WATCH_LOGS_SCHEDULE: Final = "0 */5 * * * *"

_BEFORE_CHANNELS: Final = (
    *("AZURE_CLOUD", "ARM_ENDPOINT", "LOGS_ENDPOINT", "GRAPH_ENDPOINT"),
    *(
        "AZURE_CLIENT_ID",
        "AZURE_TENANT_ID",
        "MONITORED_SUBSCRIPTIONS",
        "MONITORED_MANAGEMENT_GROUP",
    ),
    *("LOG_ANALYTICS_WORKSPACE_ID", "LOG_ANALYTICS_WORKSPACE_RESOURCE_ID", "MONITOR_APP_ID"),
    *("AzureWebJobsStorage", "STATE_STORE", "EVIDENCE_STORE", "EVIDENCE_SIGNING_KEY"),
    *("PSEUDONYM_KEY", "MONITOR_CONFIG"),
)
_AFTER_CHANNELS: Final = (
    *("PAGERDUTY_WEBHOOK_SECRET", "CONSOLE_URL"),
    *("TICK_SCHEDULE", "SWEEP_SCHEDULE", "WATCH_LOGS_SCHEDULE"),
)

WITHOUT_EFFECT: Final[Mapping[str, str]] = {
    "PSEUDONYM_KEY": "",
    "PAGERDUTY_WEBHOOK_SECRET": "",
}
"""Settings without effect in this version, each with its default in the sample.

They are accepted, so that one environment works for every version, and their format is checked.
"""

_STATE: Final = "STATE_STORE"
_EMBEDDED: Final = "sqlite:.phidrift/state.db"
_SQLITE: Final = "sqlite:"
_HOST_NAME: Final = re.compile(r"[a-z0-9.-]+", re.IGNORECASE)
_WORKSPACE: Final = "microsoft.operationalinsights/workspaces"
_SITE: Final = "microsoft.web/sites"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The app settings; local.settings.sample.json lists the same names.

    ``channels`` maps the name of each configured channel to its settings. EVIDENCE_STORE names a
    folder, ``evidence_folder``, or the address of a container, ``evidence_container``; the other one
    is "". ``monitor_app`` is the end of the ARM id of the function app, lower case, "" where none is known.
    ``dead_letters`` is the address of the container in the host's storage into which Event Grid writes what
    it cannot deliver, "" where the host's storage is not named by its address.
    ``evidence_key`` is the path of the key that signs, ``evidence_vault_key`` the id of one in a vault;
    both are "" for one beside the state.
    """

    cloud: str
    arm: Service
    logs: Service
    graph: Service
    client_id: str
    tenant_id: str
    subscriptions: tuple[str, ...]
    management_group: str
    workspace_id: str
    workspace_resource_id: str
    monitor_app: str
    dead_letters: str
    state_path: str
    state_account: StorageAccount | None
    pseudonym_key: Secret | None
    config_path: str
    evidence_container: str
    evidence_folder: str
    evidence_key: str
    evidence_vault_key: str
    channels: Mapping[str, object]
    console_url: str
    runbooks_url: str
    tick_schedule: str
    sweep_schedule: str
    watch_logs_schedule: str

    @classmethod
    def from_env(
        cls,
        env: Mapping[str, str],
        channels: Sequence[ChannelContract],
        *,
        needs_channels: bool = True,
    ) -> Self:
        """Build from an environment; raise one BadSettings naming every problem.

        ``channels`` are those that exist. ``needs_channels``: at least one of them must be set.
        """
        values = Values(env)
        settings = cls._read(values, channels)
        _check_unstored(values)
        if needs_channels and len(unset_channels(channels, env)) == len(channels):
            first = ", ".join(each.setting_names[0] for each in channels)
            values.problems.append(f"No channel is configured: set one of {first}")
        if values.problems:
            raise BadSettings(tuple(values.problems))
        return settings

    @classmethod
    def _read(cls, values: Values, channels: Sequence[ChannelContract]) -> Self:
        cloud = values.choice("AZURE_CLOUD", tuple(clouds.CLOUDS))
        arm, logs, graph = clouds.CLOUDS[cloud]
        console = values.endpoint("CONSOLE_URL", "")
        return cls(
            cloud=cloud,
            arm=Service(values.endpoint("ARM_ENDPOINT", arm.url), arm.scope),
            logs=Service(values.endpoint("LOGS_ENDPOINT", logs.url), logs.scope),
            graph=Service(values.endpoint("GRAPH_ENDPOINT", graph.url), graph.scope),
            client_id=values.guid("AZURE_CLIENT_ID"),
            tenant_id=values.guid("AZURE_TENANT_ID"),
            subscriptions=values.subscriptions("MONITORED_SUBSCRIPTIONS"),
            management_group=values.management_group("MONITORED_MANAGEMENT_GROUP"),
            workspace_id=values.guid("LOG_ANALYTICS_WORKSPACE_ID"),
            workspace_resource_id=_workspace(values),
            monitor_app=monitor_app(values),
            dead_letters=_dead_letters(values),
            state_path=_state_path(values),
            state_account=_state_account(values),
            pseudonym_key=_secret(values.text("PSEUDONYM_KEY")),
            config_path=values.text("MONITOR_CONFIG"),
            evidence_container=evidence_container(values),
            evidence_folder=evidence_folder(values),
            evidence_key=evidence_key(values),
            evidence_vault_key=evidence_vault_key(values, cloud),
            channels=_channels(values, channels, cloud),
            console_url=console,
            runbooks_url=_runbooks_url(console, values),
            tick_schedule=values.schedule("TICK_SCHEDULE", TICK_SCHEDULE),
            sweep_schedule=values.schedule("SWEEP_SCHEDULE", SWEEP_SCHEDULE),
            watch_logs_schedule=values.schedule("WATCH_LOGS_SCHEDULE", WATCH_LOGS_SCHEDULE),
        )


def all_setting_names(channels: Sequence[ChannelContract]) -> tuple[str, ...]:
    """Return the name of every app setting, in the order of docs/settings.md."""
    return (*_BEFORE_CHANNELS, *setting_names(channels), *_AFTER_CHANNELS)


def _channels(
    values: Values, channels: Sequence[ChannelContract], cloud: str
) -> Mapping[str, object]:
    """Return the settings of every configured channel, by its name."""
    read = {each.name: each.read(values, cloud) for each in channels}
    return {name: chosen for name, chosen in read.items() if chosen is not None}


def _check_unstored(values: Values) -> None:
    """Check the settings that have no field in Settings."""
    # In Azure the platform sets IDENTITY_ENDPOINT to an address on the instance's own network.
    if not values.in_azure:
        values.local_or_https("IDENTITY_ENDPOINT")


def _runbooks_url(console: str, values: Values) -> str:
    """Return where the runbooks are: below the console, else where the app serves them in Azure."""
    host = values.text("WEBSITE_HOSTNAME")
    if not console and values.in_azure and _HOST_NAME.fullmatch(host):
        console = f"https://{host}/api"
    return f"{console.rstrip('/')}/runbooks" if console else ""


def _secret(value: str) -> Secret | None:
    return Secret(value) if value else None


def _workspace(values: Values) -> str:
    name = "LOG_ANALYTICS_WORKSPACE_RESOURCE_ID"
    value = values.text(name)
    if value and not (ids.is_id(value) and ids.type_of(value) == _WORKSPACE):
        values.refuse(name, "is not the ARM id of a Log Analytics workspace")
    return ids.rooted(value.rstrip("/")) if value else ""


def monitor_app(values: Values) -> str:
    """Return the end of the id of the monitor's function app: all of it, or its name in Azure, else "".

    The platform names the app; the name is part of the app's address, so no other app has it.
    """
    name = "MONITOR_APP_ID"
    value = values.text(name)
    if value and not (ids.is_id(value) and ids.type_of(value) == _SITE):
        values.refuse(name, "is not the ARM id of a function app")
    if value:
        return ids.key(value)
    return f"/sites/{values.text('WEBSITE_SITE_NAME').lower()}" if values.in_azure else ""


def _dead_letters(values: Values) -> str:
    """Return the container of dead letters as the deployment makes it, beside the host's own containers."""
    address = values.text("AzureWebJobsStorage__blobServiceUri").rstrip("/")
    parts = urlsplit(address)
    is_of_blobs = is_https(address) and BLOBS_HOST.fullmatch(parts.netloc.lower())
    return f"{address}/dead-letters" if is_of_blobs and not parts.path else ""


def _state_path(values: Values) -> str:
    """Return the path of the state's file, "" where the state is in the tables of an account."""
    value = values.text(_STATE, _EMBEDDED)
    return values.local_path(_STATE, value, _SQLITE) if value.startswith(_SQLITE) else ""


def _state_account(values: Values) -> StorageAccount | None:
    """Return the account whose tables hold the state, None where the state is in a file."""
    value = values.text(_STATE, _EMBEDDED)
    if value.startswith(_SQLITE):
        return None
    try:
        account = storage_account.of_tables(value)
    except NoAccount as error:
        values.refuse(_STATE, str(error))
        return None
    if not values.text("PSEUDONYM_KEY"):
        values.refuse("PSEUDONYM_KEY", f"is required where {_STATE} is not sqlite:PATH")
    if is_on_this_machine(account.tables) and values.in_azure:
        values.refuse(_STATE, "names Azurite: in Azure each instance would have its own state")
    return account
