"""What the operator chose: settings, monitor.toml and the certificate authorities, all or nothing."""

import ssl
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from drift.config.app_settings import Settings
from drift.config.channel_settings import CHANNELS, silent_channels
from drift.config.model import Config
from drift.config.monitor_toml import parse
from drift.errors import BadSettings

_BUNDLES: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Where requests looks for authorities; the second counts where the first is not set."""


def chosen(
    environ: Mapping[str, str], controls: Collection[str], *, tells: bool
) -> tuple[Settings, Config]:
    """Return what the operator chose; raise one BadSettings naming all that is wrong with it.

    ``controls`` are the ids there are. ``tells``: there must be channels, those that the routes name.
    """
    problems: list[str] = []
    try:
        settings = Settings.from_env(environ, tells=tells)
    except BadSettings as error:
        problems += error.problems
    try:
        config = configuration(
            environ.get("MONITOR_CONFIG", "").strip(),
            controls,
            silent_channels=silent_channels(environ) if tells else frozenset(),
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
    *,
    named_by: str = "MONITOR_CONFIG",
    silent_channels: frozenset[str] = frozenset(),
) -> Config:
    """Return monitor.toml as data, the defaults where no file is named; raise BadSettings."""
    text = ""
    if path:
        try:
            text = Path(path).read_text(encoding="utf-8-sig")  # editors on Windows put a mark first
        except (OSError, UnicodeDecodeError) as error:
            told = f"{named_by} names a file that cannot be read ({type(error).__name__})"
            raise BadSettings((told,)) from None
    return parse(
        text,
        known_controls=frozenset(controls),
        known_channels=frozenset(CHANNELS),
        silent_channels=silent_channels,
    )


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
        return (f"{name} names no certificates that can be read ({type(error).__name__})",)
    return ()
