"""What the operator chose: settings, monitor.toml and the certificate authorities, read as one."""

import ssl
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from drift.config.app_settings import Settings
from drift.config.channels import ChannelContract, unset_channels
from drift.config.model import Config
from drift.config.monitor_toml import parse_config
from drift.errors import BadSettings
from drift.untrusted_json import printable

_BUNDLES: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Where requests looks for authorities; the second counts where the first is not set."""

_LONGEST_PATH: Final = 500


def chosen(
    environ: Mapping[str, str],
    controls: Collection[str],
    channels: Sequence[ChannelContract],
    *,
    needs_channel: bool,
) -> tuple[Settings, Config]:
    """Return what the operator chose; raise one BadSettings naming all that is wrong with it.

    ``controls`` are the ids of all controls, ``channels`` all channels.
    ``needs_channel``: at least one channel must be configured, and every channel that a route names.
    """
    problems: list[str] = []
    try:
        settings = Settings.from_env(environ, channels, needs_channel=needs_channel)
    except BadSettings as error:
        problems += error.problems
    try:
        config = configuration(
            environ.get("MONITOR_CONFIG", "").strip(),
            controls,
            channels,
            unset=unset_channels(channels, environ) if needs_channel else frozenset(),
        )
    except BadSettings as error:
        problems += error.problems
    problems += _bundle_problems(environ)
    if problems:
        raise BadSettings(tuple(problems))
    own = settings.workspace_resource_id
    if own and not config.baseline.approved_workspaces:
        config = replace(config, baseline=replace(config.baseline, approved_workspaces=(own,)))
    return settings, config


def configuration(
    path: str,
    controls: Collection[str],
    channels: Sequence[ChannelContract],
    *,
    named_by: str = "MONITOR_CONFIG",
    unset: frozenset[str] = frozenset(),
) -> Config:
    """Return monitor.toml as data, the defaults where no file is named; raise BadSettings."""
    text = ""
    if path:
        try:
            text = Path(path).read_text(encoding="utf-8-sig")  # editors on Windows put a mark first
        except (OSError, UnicodeDecodeError) as error:
            raise BadSettings((f"{named_by}: {_unreadable(path, error)}",)) from None
    return parse_config(
        text,
        known_controls=frozenset(controls),
        known_channels=frozenset(each.name for each in channels),
        unset_channels=unset,
        file=printable(path, _LONGEST_PATH) or "monitor.toml",
    )


def _unreadable(path: str, error: OSError | UnicodeDecodeError) -> str:
    """Say why a file cannot be read; an address is not repeated, since it may hold a secret."""
    if "://" in path:
        return "is an address, not the path of a file"
    match error:
        case ssl.SSLError():
            why = "it holds no certificate"
        case OSError():
            why = error.strerror or type(error).__name__
        case _:
            why = "it is not UTF-8"
    return f"{printable(path, _LONGEST_PATH)} cannot be read: {why}"


def _bundle_problems(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Look whether the authorities that Azure's certificates are checked against can be read."""
    name = next((each for each in _BUNDLES if environ.get(each)), "")
    if not name:
        return ()
    bundle = Path(environ[name])
    try:
        if not bundle.is_dir():
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=bundle)
    except OSError as error:  # ssl.SSLError, for a file that holds no certificate, is one
        return (f"{name}: {_unreadable(environ[name], error)}",)
    return ()
