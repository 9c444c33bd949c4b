"""``phidrift config check``: whether monitor.toml is valid, and which of its exceptions have no effect."""

import argparse
import os
import sys
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Final

import bootstrap
from cli.command_line.parsers import CommandAction, CommandParser
from cli.controls import every_control
from drift import ids
from drift.config.model import Config, Exemption
from drift.errors import BadSettings
from drift.model import Control
from drift.untrusted_json import printable
from functions_host.settings import local_settings

_GOOD: Final = 0
_WITHOUT_EFFECT: Final = 1
_ROOT: Final = Path(__file__).resolve().parent.parent
_MONITOR: Final = "phidrift/"
_SCOPES: Final = (ids.SUBSCRIPTION, ids.GROUP)
"""Types that contain resources of any type."""


def add_arguments(parser: CommandParser) -> None:
    """Declare the only action and its argument."""
    parser.epilog = (
        "`phidrift config check` names every problem of the file, and the exceptions in it that "
        "have no effect. Exit code: 0 valid; 1 valid, but an exception has ended or covers "
        "nothing; 2 the file is wrong or cannot be read. `phidrift doctor` checks whether each "
        "routed channel has its settings."
    )
    parser.add_actions(
        {"check": CommandAction("name what is wrong, and what has no effect", _file_argument)}
    )


def _file_argument(parser: CommandParser) -> None:
    parser.add_argument(
        "file", nargs="?", metavar="FILE", help="default: MONITOR_CONFIG, as serve reads it"
    )


def run(args: argparse.Namespace) -> int:
    """Check the file and print the result; raise BadSettings."""
    env = dict(os.environ)
    local_settings.add_values((Path.cwd(), _ROOT), env)
    path, named_by = args.file, ""
    if path is None:
        path, named_by = env.get("MONITOR_CONFIG", "").strip(), "MONITOR_CONFIG"
    if not path:
        raise BadSettings(("no file to check: name one, or set MONITOR_CONFIG",))
    config = bootstrap.load_monitor_toml(path, named_by=named_by)
    watched = _subscriptions(env.get("MONITORED_SUBSCRIPTIONS", ""))
    problems = list(idle_exceptions(config, every_control(), watched, datetime.now(UTC)))
    for each in problems:
        print(printable(f"{path}: {each}", 3000))
    print(printable(f"{path}: {summary(config, len(problems))}", 3000))
    sys.stdout.flush()
    return _WITHOUT_EFFECT if problems else _GOOD


def _subscriptions(text: str) -> frozenset[str]:
    return frozenset(each.strip().lower() for each in text.split(",") if each.strip())


def idle_exceptions(
    config: Config, controls: Iterable[Control], watched: Collection[str], now: datetime
) -> Iterator[str]:
    """Yield for each exception without effect the reason; ``watched`` empty: not known."""
    by_id = {each.id: each for each in controls}
    for place, each in enumerate(config.exemptions):
        why = _why_idle(each, by_id[each.control], watched, now)
        if why:
            yield f"exceptions[{place}]: {each.control} on {each.resource_id}: {why}"


def _why_idle(
    exemption: Exemption, control: Control, watched: Collection[str], now: datetime
) -> str:
    """Return why an exception has no effect, "" where it may have one."""
    if exemption.expires <= now:
        is_day = exemption.expires.time() == time.min
        form = "%Y-%m-%d" if is_day else "%Y-%m-%d %H:%M UTC"
        return f"it ended on {exemption.expires.strftime(form)}"
    subscription = ids.subscription_of(exemption.resource_id)
    if watched and subscription and subscription not in watched:
        return "its subscription is not in MONITORED_SUBSCRIPTIONS"
    if control.resource_types[0].startswith(_MONITOR):
        return "no exception covers what the monitor reports about itself"
    kind = ids.type_of(exemption.resource_id)
    kinds = control.resource_types
    if kind in _SCOPES or any(each == kind or each.startswith(f"{kind}/") for each in kinds):
        return ""
    return f"{control.id} does not evaluate {kind} or anything below it"


def summary(config: Config, idle: int) -> str:
    """Return a summary of the file, in one line."""
    exceptions, routes = len(config.exemptions), len(config.routes)
    text = f"valid; routes: {routes}, exceptions: {exceptions}"
    return f"{text}, of which {idle} without effect" if idle else text
