"""``phidrift explain``: what the state holds about one resource, what is due, and why it waits."""

import argparse
import json
import os
import sys
from collections.abc import Mapping, MutableMapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import bootstrap
from cli.explanation.data import data_of
from cli.explanation.layout import Layout
from cli.explanation.not_stored import to_try
from cli.explanation.stored import evaluated_with, stored_of
from cli.explanation.text import lines_of
from cli.output.colours import paint_for
from cli.output.width import terminal_width
from detectors import DETECTORS
from drift import ids
from drift.config.app_settings import Settings
from drift.config.model import Config
from drift.errors import BadSettings, NotUnderstood, StoreUnavailable
from drift.ports import Store
from drift.untrusted_json import arm_id, printable
from functions_host.settings import local_settings

_ROOT: Final = Path(__file__).resolve().parent.parent
_UNKNOWN: Final = 1
_WIDEST: Final = 110
_SHOWN: Final = 500


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = (
        "Settings are read as serve reads them; no channel is needed. The command only reads the "
        "state, also while serve runs, and calls nothing else in Azure. Exit code: 0 explained; 1 "
        "nothing is stored about the resource, or the state cannot be read; 2 this is not a "
        "resource id, or a setting is wrong."
    )
    parser.add_argument(
        "resource_id", metavar="RESOURCE_ID", help="the id as Azure shows it; its case is ignored"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print what the state holds about the resource; 1 if it holds nothing."""
    resource_id = resource_of(args.resource_id)
    settings, config = chosen(Path.cwd(), os.environ)
    missing = missing_file(settings)
    if missing:
        return _refused(missing)
    try:
        with closing(bootstrap.state_to_read(settings)) as store:
            return _explained(store, resource_id, settings, config, as_json=args.json)
    except NotUnderstood as error:
        return _refused(f"another version of the monitor wrote this record: {error}")
    except StoreUnavailable as error:
        return _refused(f"the state cannot be read: {error}")


def resource_of(text: str) -> str:
    """Return the resource id of an argument; raise BadSettings if it is not one."""
    found = arm_id(text) if text.strip().startswith("/") else ""
    if not found:
        named = printable(text, _SHOWN) or "an empty text"
        hint = "an id begins with /subscriptions/; `az resource list --query [].id` prints the ids"
        raise BadSettings((f"{named} is not a resource id: {hint}",))
    return found


def chosen(folder: Path, env: MutableMapping[str, str]) -> tuple[Settings, Config]:
    """Return settings and rules as serve reads them; raise BadSettings."""
    local_settings.add_values((folder, _ROOT), env)
    return bootstrap.load_configuration(env, needs_channels=False)


def missing_file(settings: Settings) -> str:
    """Return what to do if the file of the state does not exist, "" otherwise."""
    path = Path(settings.state_path)
    if settings.state_account is not None or path.exists():
        return ""
    return (
        f"there is no state in {path.absolute()}: run this where serve runs, or set STATE_STORE as "
        "it does"
    )


def _refused(why: str) -> int:
    print(f"phidrift explain: {printable(why, 2 * _SHOWN)}", file=sys.stderr)
    return _UNKNOWN


def _explained(
    store: Store, resource_id: str, settings: Settings, config: Config, *, as_json: bool
) -> int:
    stored = stored_of(store, resource_id, datetime.now(UTC), config.timing)
    if stored is None:
        above = evaluated_with(store, resource_id)
        why = list(to_try(resource_id, above, settings.subscriptions, DETECTORS))
        _print_unknown(resource_id, why, as_json=as_json)
        return _UNKNOWN
    subscription = ids.subscription_of(resource_id)
    is_watched = not subscription or subscription in settings.subscriptions
    stored = replace(stored, is_watched=is_watched)
    if as_json:
        _print(data_of(stored, config))
        return 0
    width = min(terminal_width(), _WIDEST)
    layout = Layout(stored.now, paint_for(sys.stdout, os.environ), width)
    print("\n".join(lines_of(stored, config, layout)))
    return 0


def _print_unknown(resource_id: str, why: list[str], *, as_json: bool) -> None:
    if as_json:
        _print({"resourceId": resource_id, "known": False, "try": why})
        return
    print(f"phidrift explain: nothing is stored about {resource_id}", file=sys.stderr)
    for each in why:
        print(f"  - {each}", file=sys.stderr)


def _print(data: Mapping[str, Any]) -> None:
    print(json.dumps(data, indent=2))
