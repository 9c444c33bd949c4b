"""Read settings, monitor.toml and the certificate authorities together."""

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
"""The settings from which requests takes authorities; the second counts if the first is not set."""

_LONGEST_PATH: Final = 500


def load_configuration(
    environ: Mapping[str, str],
    controls: Collection[str],
    channels: Sequence[ChannelContract],
    *,
    needs_channels: bool,
) -> tuple[Settings, Config]:
    """Return the settings and monitor.toml; raise one BadSettings that names every problem.

    ``controls`` are the ids of all controls, ``channels`` all channels. ``needs_channels``: at
    least one channel must be set, and every one that a route names.
    """
    problems: list[str] = []
    try:
        settings = Settings.from_env(environ, channels, needs_channels=needs_channels)
    except BadSettings as error:
        problems += error.problems
    try:
        config = load_monitor_toml(
            environ.get("MONITOR_CONFIG", "").strip(),
            controls,
            channels,
            unset=unset_channels(channels, environ) if needs_channels else frozenset(),
        )
    except BadSettings as error:
        problems += error.problems
    problems += _bundle_problems(environ)
    if problems:
        raise BadSettings(tuple(problems))
    own = settings.workspace_resource_id
    if own and not config.baseline.approved_workspaces:
        config = replace(config, baseline=replace(config.baseline, approved_workspaces=(own,)))
    baseline = replace(
        config.baseline,
        evidence_container=settings.evidence_container,
        monitor_app=settings.monitor_app,
    )
    return settings, replace(config, baseline=baseline)


def load_monitor_toml(
    path: str,
    controls: Collection[str],
    channels: Sequence[ChannelContract],
    *,
    named_by: str = "MONITOR_CONFIG",
    unset: frozenset[str] = frozenset(),
) -> Config:
    """Return monitor.toml as data, the defaults where no file is named; raise BadSettings.

    ``named_by`` is the setting or option that names the file, "" where the path alone says it.
    """
    text = ""
    if path:
        try:
            text = Path(path).read_text(encoding="utf-8-sig")  # editors on Windows put a mark first
        except (OSError, UnicodeDecodeError) as error:
            prefix = f"{named_by}: " if named_by else ""
            raise BadSettings((f"{prefix}{_unreadable(path, error)}",)) from None
    return parse_config(
        text,
        known_controls=frozenset(controls),
        known_channels=frozenset(each.name for each in channels),
        unset_channels=unset,
        file=printable(path, _LONGEST_PATH) or "monitor.toml",
    )


def _unreadable(path: str, error: OSError | UnicodeDecodeError) -> str:
    """Return why a file cannot be read; a URL is not repeated, since it may contain a secret."""
    if "://" in path:
        return "an address is not the path of a file"
    match error:
        case ssl.SSLError():
            why = "it holds no certificate"
        case OSError():
            why = error.strerror or type(error).__name__
        case _:
            why = "it is not UTF-8"
    return f"{printable(path, _LONGEST_PATH)} cannot be read: {why}"


def _bundle_problems(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return a problem if the authorities that verify Azure's certificates cannot be read."""
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
